"""A writer in a process of its own that dies inside a flush: `doomed_writer.py redis_url database_url place`."""

import asyncio
import os
import signal
import sys

from inventory_service.engine.redis_log import RedisLog
from inventory_service.ledger import projections
from inventory_service.ledger.pool import Connection, Pool, make_pool
from inventory_service.ledger.projections import Projections
from inventory_service.ledger.writer import PostgresLedgerWriter, Step

PROJECTING = 14  # steps of the projections, which come first here
STEPS = PROJECTING + 4
BEFORE_COMMIT = STEPS
AFTER_COMMIT = STEPS + 1


async def die(connection: Connection, written: object) -> None:
    """What `kill -9` does, just there."""
    del connection, written
    os.kill(os.getpid(), signal.SIGKILL)


class DoomedProjections(Projections):
    """Die before step `place` of their first flush, if they have so many."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self._place = place

    def steps(self) -> tuple[projections.Step, ...]:
        steps = super().steps()
        assert len(steps) == PROJECTING
        return (*steps[: self._place], die, *steps[self._place :]) if self._place < PROJECTING else steps


class DoomedWriter(PostgresLedgerWriter):
    """Dies before step `place` of its first flush; BEFORE_COMMIT is a place behind the last step."""

    def __init__(self, pool: Pool, place: int) -> None:
        super().__init__(pool)
        self._place = place - PROJECTING
        self._projections = DoomedProjections(place)

    def steps(self) -> tuple[Step, ...]:
        steps = super().steps()
        assert len(steps) == STEPS - PROJECTING
        return (*steps[: self._place], die, *steps[self._place :]) if self._place >= 0 else steps


async def main(redis_url: str, database_url: str, place: int) -> None:
    log = RedisLog(redis_url)
    async with make_pool(database_url, size_max=2) as pool:
        writer = PostgresLedgerWriter(pool) if place == AFTER_COMMIT else DoomedWriter(pool, place)
        owned = await writer.claim()
        await writer.append(await log.read_after(owned.position, 10_000, 1))
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
