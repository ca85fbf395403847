"""A writer in a process of its own that dies inside a flush: `doomed_writer.py redis_url database_url place`."""

import asyncio
import os
import signal
import sys

from inventory_service.engine.redis_log import RedisLog
from inventory_service.ledger.pool import Connection, make_pool
from inventory_service.ledger.rows import Flush
from inventory_service.ledger.writer import PostgresLedgerWriter, Step

STEPS = 13
BEFORE_COMMIT = STEPS
AFTER_COMMIT = STEPS + 1


async def die(connection: Connection, flush: Flush) -> None:
    """What `kill -9` does, just there."""
    del connection, flush
    os.kill(os.getpid(), signal.SIGKILL)


class DoomedWriter(PostgresLedgerWriter):
    """Dies before step `place` of its first flush; BEFORE_COMMIT is a place behind the last step."""

    place = BEFORE_COMMIT

    def steps(self) -> tuple[Step, ...]:
        steps = super().steps()
        assert len(steps) == STEPS
        return (*steps[: self.place], die, *steps[self.place :])


async def main(redis_url: str, database_url: str, place: int) -> None:
    log = RedisLog(redis_url)
    async with make_pool(database_url, size_max=2) as pool:
        writer = PostgresLedgerWriter(pool) if place == AFTER_COMMIT else DoomedWriter(pool)
        DoomedWriter.place = place
        owned = await writer.claim()
        await writer.append(await log.read_after(owned.position, 10_000, 1))
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
