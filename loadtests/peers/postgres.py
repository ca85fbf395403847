"""What the peers on Postgres share: connections, the table of reservations, and what becomes of a hold.

READ COMMITTED throughout; an answer is given behind its commit.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import asyncpg

from loadtests.peers.surface import NOT_FOUND, RELEASED, Answer, Line, Order, Reservation

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Pool = Any

CONNECTIONS = 16  # of 2, 4, 8, 16 and 32 the best for 1,000 SKUs on two processors
COMMAND_SECONDS = 60.0  # 1,000,000 units as rows take a while
_RESERVATIONS = """
    CREATE TABLE IF NOT EXISTS reservations (
        reservation_id text COLLATE "C" PRIMARY KEY,
        sku text COLLATE "C" NOT NULL,
        quantity bigint NOT NULL,
        status text NOT NULL,
        expires_at timestamptz NOT NULL
    )
"""
_LOOK = "SELECT reservation_id, status, expires_at FROM reservations WHERE reservation_id = $1"
_CONFIRM = """
    UPDATE reservations SET status = 'confirmed' WHERE reservation_id = $1 AND status = 'held'
    RETURNING reservation_id, status, expires_at
"""
_RELEASE = """
    WITH released AS (
        UPDATE reservations SET status = 'released' WHERE reservation_id = $1 AND status <> 'released' RETURNING *
    ), back AS ({back})
    SELECT reservation_id, status, expires_at FROM released
"""


async def open_pool(database_url: str, schema: str, *tables: str) -> Pool:
    """Connections to `schema`, which has the table of reservations and these.

    A statement is prepared once per connection, planned once, and takes one round trip.
    """
    pool = await asyncpg.create_pool(
        database_url,
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        max_queries=2**31,  # a connection stays
        max_inactive_connection_lifetime=0,
        max_cached_statement_lifetime=0,
        command_timeout=COMMAND_SECONDS,
        reset=_nothing,
        server_settings={
            "application_name": schema,
            "search_path": schema,
            "jit": "off",
            "plan_cache_mode": "force_generic_plan",
            "synchronous_commit": "on",
        },
    )
    await pool.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for table in (_RESERVATIONS, *tables):
        await pool.execute(table)
    return pool


async def _nothing(connection: object) -> None:
    """No peer changes its connections, so none needs the round trip that would set them back."""


class PostgresPeer(ABC):
    """Stock in a table of its own kind, reservations beside it, both in a schema of this peer's."""

    def __init__(self, database_url: str, schema: str, stock: str, stock_table: str, back: str) -> None:
        """`stock`: name of the table that `stock_table` makes. `back`: puts units of `released` rows back into it."""
        self._database_url = database_url
        self._schema = schema
        self._stock = stock
        self._stock_table = stock_table
        self._release = _RELEASE.format(back=back)
        self._pool: Pool

    async def open(self) -> None:
        self._pool = await open_pool(self._database_url, self._schema, self._stock_table)

    async def close(self) -> None:
        await self._pool.close()

    async def prepare(self) -> None:
        await self._pool.execute(f"TRUNCATE reservations, {self._stock}")

    @abstractmethod
    async def receive(self, line: Line) -> None: ...

    @abstractmethod
    async def reserve(self, order: Order) -> Answer: ...

    async def confirm(self, reservation_id: str) -> Answer:
        row = await self._pool.fetchrow(_CONFIRM, reservation_id)
        if row is not None:
            return Answer(200, Reservation(*row))
        found = await self._look(reservation_id)
        if found is None:
            return NOT_FOUND
        return RELEASED if found.status == "released" else Answer(200, found)

    async def release(self, reservation_id: str) -> Answer:
        row = await self._pool.fetchrow(self._release, reservation_id)
        found = await self._look(reservation_id) if row is None else Reservation(*row)
        return NOT_FOUND if found is None else Answer(200, found)

    async def _look(self, reservation_id: str) -> Reservation | None:
        row = await self._pool.fetchrow(_LOOK, reservation_id)
        return None if row is None else Reservation(*row)
