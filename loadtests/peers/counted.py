"""Stock as most databases keep it: a row per SKU with a count."""

import asyncio
from collections import defaultdict

from loadtests.peers.postgres import PostgresPeer
from loadtests.peers.surface import Line

AT_ONCE = 4  # orders of one SKU in Postgres: to queue for its row there costs more than to queue here
# Room on each page, so that a new version of a row stays beside the old one and no index hears of it.
_STOCK = """
    CREATE TABLE IF NOT EXISTS stock (
        sku text COLLATE "C" PRIMARY KEY,
        available bigint NOT NULL CHECK (available >= 0)
    ) WITH (fillfactor = 50)
"""
_BACK = "UPDATE stock SET available = available + quantity FROM released WHERE stock.sku = released.sku"
_RECEIVE = """
    INSERT INTO stock (sku, available) VALUES ($1, $2)
    ON CONFLICT (sku) DO UPDATE SET available = stock.available + EXCLUDED.available
"""


class CountedPeer(PostgresPeer):
    """`_turns`: taken, per SKU, for as long as an order is in Postgres."""

    def __init__(self, database_url: str, schema: str) -> None:
        super().__init__(database_url, schema, "stock", _STOCK, _BACK)
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))

    async def receive(self, line: Line) -> None:
        await self._pool.execute(_RECEIVE, line.sku, line.quantity)
