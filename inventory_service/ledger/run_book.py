"""The RunBook port on Postgres: backfills and checks, how far they are, and what they found."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec

from inventory_service.ledger.pool import Pool, changing, postgres_errors
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.sync.ports import Run, RunKind, RunOrder
from inventory_service.usecases.sync.watermark import Window

PAGE = 1000
_ID_DIGITS_MAX = 18


class PostgresRunBook:
    """Implements `usecases.sync.ports.RunBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def open(self, shop: str, kind: RunKind, window: Window, by: str, now_ms: int) -> Run:
        async with changing(self._pool) as connection, connection.transaction():
            await connection.execute(QUERIES["lock_runs_of"], shop)
            row = await connection.fetchrow(QUERIES["open_run_like"], shop, kind, *window)
            if row is None:
                row = await connection.fetchrow(QUERIES["add_run"], shop, kind, *window, by, now_ms)
        return _run(row)

    async def due(self, shop: str, now_ms: int) -> Run | None:
        with postgres_errors():
            row = await self._pool.fetchrow(QUERIES["run_due"], shop, now_ms)
        return None if row is None else _run(row)

    async def one(self, run_id: str) -> Run | None:
        number = _number(run_id)
        with postgres_errors():
            row = None if number is None else await self._pool.fetchrow(QUERIES["run"], number)
        return None if row is None else _run(row)

    async def newest(self, kind: RunKind, by: str = "") -> Mapping[str, Run]:
        with postgres_errors():
            rows = await self._pool.fetch(QUERIES["newest_runs"], kind, by)
        return {row["shop"]: _run(row) for row in rows}

    async def expect(self, run_id: str, orders: Sequence[RunOrder]) -> Sequence[RunOrder]:
        ids = [order.channel_order_id for order in orders]
        outcomes, before = [order.outcome for order in orders], [order.before_ms for order in orders]
        async with changing(self._pool) as connection, connection.transaction():
            known = await connection.fetch(QUERIES["run_orders_among"], int(run_id), ids)
            await connection.execute(QUERIES["expect_run_orders"], int(run_id), ids, outcomes, before)
        return [_order(row) for row in known]

    async def settle(self, run_id: str, orders: Sequence[RunOrder]) -> None:
        ids, outcomes = [order.channel_order_id for order in orders], [order.outcome for order in orders]
        details = [msgspec.json.encode(order.detail).decode() for order in orders]
        with postgres_errors():
            await self._pool.execute(QUERIES["settle_run_orders"], int(run_id), ids, outcomes, details)

    async def reach(self, run_id: str, reached_ms: int, counted: Mapping[str, int]) -> None:
        with postgres_errors():
            told = msgspec.json.encode(counted).decode()
            await self._pool.execute(QUERIES["run_reached"], int(run_id), reached_ms, told)

    async def finish(self, run_id: str, now_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["finish_run"], int(run_id), now_ms)

    async def again(self, run_id: str, reason: str, due_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["run_again"], int(run_id), reason, due_ms)

    async def counts(self, run_id: str) -> Mapping[str, int]:
        with postgres_errors():
            rows = await self._pool.fetch(QUERIES["count_run_orders"], int(run_id))
        return {row["outcome"]: row["orders"] for row in rows}

    async def orders(self, run_id: str) -> AsyncIterator[Sequence[RunOrder]]:
        after = ""
        while True:
            with postgres_errors():
                rows = await self._pool.fetch(QUERIES["run_orders_after"], int(run_id), after, PAGE)
            if rows:
                yield [_order(row) for row in rows]
                after = rows[-1]["channel_order_id"]
            if len(rows) < PAGE:
                return


def _number(run_id: str) -> int | None:
    """None for what no run can be called."""
    is_one = run_id.isascii() and run_id.isdigit() and len(run_id) <= _ID_DIGITS_MAX
    return int(run_id) if is_one else None


def _run(row: Any) -> Run:
    return Run(
        run_id=str(row["run_id"]),
        shop=row["shop"],
        kind=RunKind(row["kind"]),
        from_ms=row["from_ms"],
        to_ms=row["to_ms"],
        reached_ms=row["reached_ms"],
        attempts=row["attempts"],
        reason=row["reason"],
        requested_by=row["requested_by"],
        requested_ms=row["requested_ms"],
        ended_ms=row["ended_ms"],
        counted=msgspec.json.decode(row["counted"], type=dict[str, int]),
    )


def _order(row: Any) -> RunOrder:
    detail = msgspec.json.decode(row["detail"], type=dict[str, object])
    return RunOrder(row["channel_order_id"], row["outcome"], row["before_ms"], detail)
