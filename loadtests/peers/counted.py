"""Stock as most databases keep it: a row per SKU with a count."""

from loadtests.peers.postgres import PostgresPeer
from loadtests.peers.surface import Line

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
    def __init__(self, database_url: str, schema: str) -> None:
        super().__init__(database_url, schema, "stock", _STOCK, _BACK)

    async def receive(self, line: Line) -> None:
        await self._pool.execute(_RECEIVE, line.sku, line.quantity)
