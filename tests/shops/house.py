"""Everything about shops on one Postgres, as two processes have it, and a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from inventory_service.bootstrap.probing import check_opens
from inventory_service.channels.mapping.own import MappingJudge
from inventory_service.domain.shops.credential import Credential
from inventory_service.domain.shops.shop import Shop
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.credentials import PostgresCredentials
from inventory_service.ledger.mappings import PostgresMappings
from inventory_service.ledger.pool import Pool, make_pool
from inventory_service.ledger.refresh import Refresh
from inventory_service.ledger.shops import PostgresShops
from inventory_service.sealing import Sealer
from inventory_service.usecases.shops.manage_credentials import ManageCredentials
from inventory_service.usecases.shops.manage_mappings import ManageMappings
from inventory_service.usecases.shops.manage_shops import ManageShops
from inventory_service.usecases.shops.tell_credentials import TellCredentials
from inventory_service.usecases.shops.watch_credentials import WatchCredentials
from tests.acceptance.waiting import eventually

NOW_MS = 1_794_355_200_000
OLD_KEY, NEW_KEY = {1: bytes(32)}, {1: bytes(32), 2: b"k" * 32}
CHANNELS = ("douyin", "generic", "taobao")
SHOP = Shop("tees", "taobao", "T恤店", "Li Lei", "https://gateway.example", 1800, {"calls_per_second": 2.5})
FIRST = Credential(version=0, app_key="key-1", app_secret="secret-of-the-first", access_token="token-of-the-first")
SECOND = Credential(version=0, app_key="key-1", app_secret="secret-of-the-second", access_token="token-of-the-second")


@dataclass
class Process:
    """The parts as one process has them."""

    shops: PostgresShops
    credentials: PostgresCredentials
    manage: ManageShops
    secrets: ManageCredentials
    watch: WatchCredentials
    tell: TellCredentials
    own_mappings: PostgresMappings
    mappings: ManageMappings


@dataclass
class House:
    """`now_ms`: of every process."""

    pool: Pool
    now_ms: int = NOW_MS

    def process(self, keys: dict[int, bytes] | None = None) -> Process:
        def now_ms() -> int:
            return self.now_ms

        shops = PostgresShops(self.pool)
        credentials = PostgresCredentials(self.pool, Sealer(keys or OLD_KEY), now_ms)
        alarms, own_mappings = PostgresAlarmBook(self.pool), PostgresMappings(self.pool)
        return Process(
            shops,
            credentials,
            ManageShops(shops, CHANNELS, check_opens, now_ms),
            ManageCredentials(shops, credentials, now_ms),
            WatchCredentials(shops, credentials, alarms, now_ms),
            TellCredentials(shops, credentials, alarms, now_ms),
            own_mappings,
            ManageMappings(shops, own_mappings, MappingJudge(), now_ms),
        )

    async def alarms(self, rule: str) -> list[dict[str, Any]]:
        """Those that were ever raised, oldest first."""
        rows = await self.pool.fetch(
            "SELECT cause, state, count, detail::text FROM alerts WHERE rule = $1 ORDER BY alert_id", rule
        )
        return [dict(row) for row in rows]


@asynccontextmanager
async def house(database_url: str) -> AsyncIterator[House]:
    async with make_pool(database_url, size_max=4) as pool:
        yield House(pool)


@asynccontextmanager
async def hearing(house: House, process: Process) -> AsyncIterator[None]:
    """The process listens to announcements meanwhile, as a running one does."""
    refresh = Refresh(house.pool, [process.shops, process.own_mappings, process.credentials])

    async def forever() -> None:
        while True:
            await refresh.run_once()

    async def has_read() -> bool:
        return process.credentials._known is not None

    working = asyncio.create_task(forever())
    try:
        await eventually(has_read, "it listens and has read everything once")
        yield
    finally:
        working.cancel()
        await asyncio.wait([working])
        await refresh.stop()


def numbered(credential: Credential, version: int) -> Credential:
    return replace(credential, version=version)
