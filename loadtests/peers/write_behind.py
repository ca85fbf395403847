"""Orders on their way into Postgres: in memory, and nowhere else."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from loadtests.peers.postgres import Pool
from loadtests.peers.surface import UNREACHABLE

BATCH = 500
RETRY_SECONDS = 0.1
DRAIN_SECONDS = 30.0
_WRITE = """
    INSERT INTO reservations (reservation_id, sku, quantity, status, expires_at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[])
    ON CONFLICT (reservation_id) DO UPDATE SET status = EXCLUDED.status
"""


class Row(NamedTuple):
    reservation_id: str
    sku: str
    quantity: int
    status: str
    expires_at: datetime


class WriteBehind:
    """Rows in the order in which they were put, a batch per commit."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._rows: asyncio.Queue[Row] = asyncio.Queue()
        self._writing = asyncio.create_task(self._write())

    def put(self, row: Row) -> None:
        self._rows.put_nowait(row)

    async def close(self) -> None:
        """Write what is left, as far as Postgres takes it in time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rows.join(), DRAIN_SECONDS)
        self._writing.cancel()
        await asyncio.gather(self._writing, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            batch = [await self._rows.get()]
            while len(batch) < BATCH and not self._rows.empty():
                batch.append(self._rows.get_nowait())
            await self._commit(batch)
            for _ in batch:
                self._rows.task_done()

    async def _commit(self, batch: list[Row]) -> None:
        """Until Postgres has it. A repeat of what was committed without an answer changes nothing."""
        newest = {row.reservation_id: row for row in batch}
        while True:
            try:
                await self._pool.execute(_WRITE, *map(list, zip(*newest.values(), strict=True)))
            except UNREACHABLE:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return
