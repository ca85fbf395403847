"""Arrivals that could not be taken in, kept with their reason and sealed document."""

import re
from collections.abc import Sequence
from typing import Any

from inventory_service.ledger.cursors import NEWEST, decode_cursor, page
from inventory_service.ledger.events import number_in
from inventory_service.ledger.orders.queries import QUERIES
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.pool import Pool, answering, changing
from inventory_service.usecases.orders import documents
from inventory_service.usecases.orders.ports import Failure, FailuresOfField, Misfit, OrderKey, refund_key
from inventory_service.usecases.ports import Page

PREFIX = "fail_"
_ERASED_AT_ONCE = 100


class PostgresFailures:
    """Implements `usecases.orders.ports.FailureBook`."""

    def __init__(self, pool: Pool, seals: Seals) -> None:
        self._pool = pool
        self._seals = seals

    async def keep(
        self, key: OrderKey, modified_ms: int, misfit: Misfit, document: bytes, times: tuple[int, int]
    ) -> None:
        sealed = self._seals.seal(document, _about(key))
        async with changing(self._pool) as connection:
            await connection.execute(QUERIES["keep_failure"], *key, modified_ms, *misfit, sealed, *times)

    async def again(self, failure_id: str, misfit: Misfit, times: tuple[int, int]) -> None:
        async with changing(self._pool) as connection:
            await connection.execute(QUERIES["fail_again"], number_in(failure_id, PREFIX), *misfit, *times)

    async def cured(self, key: OrderKey, modified_ms: int) -> None:
        async with changing(self._pool) as connection:
            await connection.execute(QUERIES["cure_failure"], *key, modified_ms)

    async def refunds(self, key: OrderKey) -> Sequence[tuple[Failure, bytes]]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["failed_refunds"], *refund_key(key, ""))
        return [(_failure(row), self._document(row)) for row in rows]

    async def due(self, now_ms: int, limit: int) -> Sequence[Failure]:
        self._seals.check()
        async with answering():
            rows = await self._pool.fetch(QUERIES["due_failures"], now_ms, limit)
        return [_failure(row) for row in rows]

    async def failure(self, failure_id: str) -> tuple[Failure, bytes] | None:
        self._seals.check()
        async with answering():
            row = await self._pool.fetchrow(QUERIES["failure"], number_in(failure_id, PREFIX))
        return (_failure(row), self._document(row)) if row else None

    async def failures(self, state: str, limit: int, cursor: str) -> Page[Failure]:
        self._seals.check()
        before = decode_cursor("order_failures", cursor, int) if cursor else NEWEST
        async with answering():
            rows = await self._pool.fetch(QUERIES["list_failures"], before, limit + 1, state)
        return page("order_failures", rows, limit, lambda row: row["failure_id"], _failure)

    async def by_field(self, limit: int) -> Sequence[FailuresOfField]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["failures_by_field"], limit)
        return [FailuresOfField(**{**dict(row), "newest": _shown(row["newest"])}) for row in rows]

    async def erase(self, channel: str, words: str) -> int:
        """Those of erased orders. Whose the others are nobody knows: each is opened and looked through."""
        async with answering():
            rows = await self._pool.fetch(QUERIES["failures_of_erased_orders"], channel)
        erased, after = await self._erase([row["failure_id"] for row in rows]), 0
        naming = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")
        while True:
            async with answering():
                rows = await self._pool.fetch(QUERIES["open_failures_of_channel"], channel, after, _ERASED_AT_ONCE)
            if not rows:
                return erased
            after = rows[-1]["failure_id"]
            erased += await self._erase([row["failure_id"] for row in rows if naming.search(self._text(row))])

    async def _erase(self, failure_ids: Sequence[int]) -> int:
        if not failure_ids:
            return 0
        async with changing(self._pool) as connection, connection.transaction():
            rows = await connection.fetch(QUERIES["erase_failures"], failure_ids)
            keys = [row["shop"] for row in rows], [row["channel_order_id"] for row in rows]
            await connection.execute(QUERIES["erase_from_runs"], *keys)
        return len(rows)

    def _text(self, row: Any) -> str:
        """Its document as people would read it: a name in Chinese is itself, and no escape."""
        return documents.spelled(documents.unpacked(self._document(row)))

    def _document(self, row: Any) -> bytes:
        sealed = row["document"]
        return self._seals.open(sealed, about_failure(row)) if sealed else b""


def about_failure(row: Any) -> str:
    return _about(_key(row))


def _about(key: OrderKey) -> str:
    return " ".join(("failure", *key))


def _key(row: Any) -> OrderKey:
    return OrderKey(row["channel"], row["shop"], row["channel_order_id"])


def _shown(failure_id: int) -> str:
    return f"{PREFIX}{failure_id:016}"


def _failure(row: Any) -> Failure:
    return Failure(
        failure_id=_shown(row["failure_id"]),
        key=_key(row),
        modified_ms=row["modified_ms"],
        state=row["state"],
        misfit=Misfit(row["field"], row["path"], row["reason"]),
        attempts=row["attempts"],
        first_ms=row["first_ms"],
        last_ms=row["last_ms"],
        next_try_ms=row["next_try_ms"] if row["state"] == "open" else 0,
    )
