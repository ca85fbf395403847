"""The SyncBook port on Postgres: how far each shop is pulled, and what it is wont to sell."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from inventory_service.ledger.pool import Pool, postgres_errors
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.sync.ports import Progress


class PostgresSyncBook:
    """Implements `usecases.sync.ports.SyncBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, shop: str, now_ms: int) -> Progress:
        with postgres_errors():
            # Who waited for another one that begins sees what that one wrote with the next statement only.
            row: Any = await self._begun(shop, now_ms) or await self._begun(shop, now_ms)
        return Progress(*row)

    async def _begun(self, shop: str, now_ms: int) -> Any:
        return await self._pool.fetchrow(QUERIES["begin_sync"], shop, now_ms)

    async def progress(self) -> Sequence[Progress]:
        with postgres_errors():
            return [Progress(*row) for row in await self._pool.fetch(QUERIES["all_sync"])]

    async def set_up(self) -> AbstractSet[str]:
        with postgres_errors():
            return {row["shop"] for row in await self._pool.fetch(QUERIES["shops_set_up"])}

    async def rest(self, shops: Sequence[str], now_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["sync_rests"], shops, now_ms)

    async def reach(self, shop: str, reached_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["sync_reached"], shop, reached_ms)

    async def went_well(self, shop: str, now_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["sync_went_well"], shop, now_ms)

    async def failed(self, shop: str, reason: str, now_ms: int) -> int:
        with postgres_errors():
            failures: int = await self._pool.fetchval(QUERIES["sync_failed"], shop, reason, now_ms)
        return failures

    async def count(self, shop: str, orders: Mapping[int, int]) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["count_hours"], shop, list(orders), list(orders.values()))

    async def hours(self, since_ms: int) -> Mapping[str, Mapping[int, int]]:
        with postgres_errors():
            rows = await self._pool.fetch(QUERIES["hours_since"], since_ms)
        found: dict[str, dict[int, int]] = defaultdict(dict)
        for row in rows:
            found[row["shop"]][row["hour_ms"]] = row["orders"]
        return found
