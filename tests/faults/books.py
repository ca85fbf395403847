"""Both stores as a harness reads them, past the proxies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.pool import make_pool
from tests.acceptance.waiting import eventually
from tests.faults.rig import Rig

DRAIN_SECONDS = 30.0
RETENTION_MS = 7 * 24 * 3600 * 1000
BACKLOG_LIMIT = 2_000_000


class Books:
    """Open as long as one check takes."""

    def __init__(self, hot: RedisState, pool: Any) -> None:
        self.hot = hot
        self.pool = pool

    async def caught_up(self) -> None:
        """Until the ledger has everything that Redis has. AssertionError when that takes too long."""

        async def there() -> bool:
            position = (await self.hot.inspect()).position
            row = await self.pool.fetchrow("SELECT epoch, seq FROM ledger_offsets")
            return row is not None and (row["epoch"], row["seq"]) == position

        await eventually(there, "the ledger has everything", DRAIN_SECONDS)


@asynccontextmanager
async def open_books(rig: Rig) -> AsyncIterator[Books]:
    hot = RedisState(rig.redis.url, RETENTION_MS, BACKLOG_LIMIT)
    try:
        async with make_pool(rig.database_url, size_max=2) as pool:
            yield Books(hot, pool)
    finally:
        await hot.close()


async def caught_up(rig: Rig) -> None:
    async with open_books(rig) as books:
        await books.caught_up()
