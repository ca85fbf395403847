"""A hub for tests of the process: shops and their secrets from a table beside the service's. Run as a script."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from inventory_service.bootstrap import hub
from inventory_service.bootstrap.hub import HubParts
from inventory_service.channels.clock import SystemClock
from inventory_service.domain.shops.credential import Credential
from inventory_service.ledger.pool import postgres_errors
from inventory_service.settings import Settings, load
from inventory_service.telemetry import configure_logs
from inventory_service.usecases.sync.adapter import Adapter, Arrived
from inventory_service.usecases.sync.ports import Shop, Took
from tests.channels.channel import Safe
from tests.sync.house import Registered, Registry, Shelves, Watch, opened_adapter
from tests.sync.orders import Orders

DIES_AT = "TEST_DIES_AT"


class Dying(Orders):
    """Takes its own life by SIGKILL once so many orders have arrived."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", dies_at: int) -> None:
        super().__init__(pool)
        self._left = dies_at

    async def arrive(self, channel: str, shop: str, arrived: Arrived) -> Took:
        took = await super().arrive(channel, shop, arrived)
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return took


class Table(Registry):
    """The shops of a table, with what opens each: read again every second."""

    def __init__(self, pool: Any) -> None:
        super().__init__()
        self._pool = pool
        self.safes: dict[str, Safe] = {}
        self.watches: dict[str, Watch] = {}

    async def refresh(self) -> None:
        with postgres_errors():
            rows = await self._pool.fetch("SELECT shop, described, credential FROM shops_registered")
        for row in rows:
            credential = Credential(**json.loads(row["credential"]))
            safe = self.safes.setdefault(row["shop"], Safe([credential]))
            if safe.versions[0].version != credential.version:
                safe.versions = [credential]
            self.watches.setdefault(row["shop"], Watch(safe))
        self.shops = {row["shop"]: Registered(**json.loads(row["described"])) for row in rows}

    async def may_call(self, shop: str) -> bool:
        return await self.watches[shop].may_call(shop)

    async def refused(self, shop: str, which: str, said: str) -> None:
        await self.watches[shop].refused(shop, which, said)

    async def went_well(self, shop: str) -> None:
        await self.watches[shop].went_well(shop)

    @asynccontextmanager
    async def open(self, shop: Shop) -> AsyncIterator[Adapter]:
        adapter = opened_adapter(self.shops[shop.shop], self.safes[shop.shop], SystemClock())
        try:
            yield adapter
        finally:
            await adapter.close()


@asynccontextmanager
async def parts(_: Settings, pool: Any) -> AsyncIterator[HubParts]:
    table = Table(pool)
    orders = Dying(pool, int(os.environ.get(DIES_AT, "0")))
    yield HubParts(table, table, table.open, orders, Shelves(), refreshed=[table])


if __name__ == "__main__":
    configure_logs("info")
    sys.exit(asyncio.run(hub.run(load({}), None, parts)))
