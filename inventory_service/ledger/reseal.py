"""Everything that is sealed, sealed anew with the newest key: then the older keys can go.

Beside a running service: a row that somebody else has locked is left for the next round, so nobody waits for a row that
waits for him. Killed in the middle, what was committed stays, and the next time goes on with the rest.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from inventory_service.ledger.credentials import place_of
from inventory_service.ledger.orders.failures import about_failure
from inventory_service.ledger.orders.queries import QUERIES as OF_ORDERS
from inventory_service.ledger.orders.rows import document_about
from inventory_service.ledger.pool import Pool, changing, postgres_errors
from inventory_service.ledger.queries import QUERIES
from inventory_service.sealing import NotOpened, Sealer, version_of

AT_ONCE = 100
ROUNDS_MAX = 20
ROUND_PAUSE_S = 0.5

Statements = Mapping[str, str]
Show = Callable[[str, int, int], None]
"""Told after each batch: what of, how many are done, and how many there were to do."""


class Kind(NamedTuple):
    """`first`: the key before all of its rows. `about`: what each sealed column is bound to, by its name."""

    name: str
    statements: Statements
    first: tuple[object, ...]
    about: Callable[[Any], Mapping[str, str]]


class Resealed(NamedTuple):
    """Rows sealed anew by kind; what was altered, and opens with no key; rows that still need another key, by key."""

    done: Mapping[str, int]
    altered: Sequence[str]
    needed: Mapping[int, int]


def _credential(row: Any) -> Mapping[str, str]:
    return {"sealed": place_of(row["channel"], row["shop"], row["version"])}


def _order(row: Any) -> Mapping[str, str]:
    return {"personal": row["order_no"], "document": document_about(row["order_no"])}


def _failure(row: Any) -> Mapping[str, str]:
    return {"document": about_failure(row)}


KINDS = (
    Kind("credentials", QUERIES, ("", 0), _credential),
    Kind("orders", OF_ORDERS, ("",), _order),
    Kind("failures", OF_ORDERS, (0,), _failure),
)


class Reseal:
    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self._pool = pool
        self._sealer = sealer
        self._older = [bytes((version,)) for version in sorted(sealer.versions - {sealer.newest})]

    async def run(self, show: Show) -> Resealed:
        """Raises NotReady, OutcomeUnknown: say it again."""
        done: Counter[str] = Counter()
        altered: list[str] = []
        for kind in KINDS:
            done[kind.name] = await self._all(kind, altered, show)
        return Resealed(done, altered, await rows_by_key(self._pool, self._sealer.newest))

    async def _all(self, kind: Kind, altered: list[str], show: Show) -> int:
        done, total = 0, await self._to_do(kind)
        for number in range(ROUNDS_MAX):
            after: tuple[object, ...] | None = kind.first
            known = set(altered)
            while after is not None:
                batch, after = await self._batch(kind, after, known)
                done += batch
                if batch:
                    show(kind.name, done, max(total, done))
            altered += sorted(known - set(altered))
            if await self._to_do(kind) <= len(known):
                break
            await asyncio.sleep(ROUND_PAUSE_S if number else 0)
        return done

    async def _to_do(self, kind: Kind) -> int:
        """Rows that an older key at hand has sealed."""
        by_key = await _keys_of(self._pool, kind, self._sealer.newest)
        return sum(by_key.get(key[0], 0) for key in self._older)

    async def _batch(
        self, kind: Kind, after: tuple[object, ...], altered: set[str]
    ) -> tuple[int, tuple[object, ...] | None]:
        """How many were sealed anew, and behind which one to go on; None: that was the last."""
        width = len(kind.first)
        async with changing(self._pool) as connection, connection.transaction():
            rows = await connection.fetch(kind.statements[f"{kind.name}_to_reseal"], *after, self._older, AT_ONCE)
            anew = []
            for row in rows:
                try:
                    anew.append((*row[:width], *self._anew(row, kind.about(row))))
                except NotOpened as error:
                    altered.add(str(error))
            await connection.executemany(kind.statements[f"reseal_{kind.name}"], anew)
        return len(anew), tuple(rows[-1][:width]) if len(rows) == AT_ONCE else None

    def _anew(self, row: Any, about: Mapping[str, str]) -> Sequence[bytes | None]:
        """Each sealed column; one whose key is not at hand stays as it is. Raises NotOpened."""
        sealer = self._sealer
        return [
            sealer.seal(sealer.open(row[name], place), place)
            if row[name] and version_of(row[name]) in sealer.versions
            else row[name]
            for name, place in about.items()
        ]


async def rows_by_key(pool: Pool, newest: int) -> Mapping[int, int]:
    """Rows that another key than the newest has sealed, by the version of that key. Raises NotReady."""
    needed: Counter[int] = Counter()
    for kind in KINDS:
        needed.update(await _keys_of(pool, kind, newest))
    return dict(sorted(needed.items()))


async def _keys_of(pool: Pool, kind: Kind, newest: int) -> Mapping[int, int]:
    with postgres_errors():
        rows = await pool.fetch(kind.statements[f"{kind.name}_by_key"], bytes((newest,)))
    return {row["key"][0]: row["rows"] for row in rows}
