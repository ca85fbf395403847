"""Read-your-writes: wait until the ledger holds what had been acknowledged."""

import asyncio
from collections.abc import Awaitable, Callable

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Position
from inventory_service.ledger.pool import Pool, postgres_errors
from inventory_service.ledger.queries import QUERIES

WAIT_MAX_S = 1.0
LOOK_APART_S = 0.01

Acknowledged = Callable[[], Awaitable[Position]]


class Arrival:
    """One look at the offset serves all who wait. `acknowledged` tells the position of Redis's last entry."""

    def __init__(self, pool: Pool, acknowledged: Acknowledged, partition: int = 0) -> None:
        self._pool = pool
        self._acknowledged = acknowledged
        self._partition = partition
        self._arrived = Position(0, 0)
        self._look: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Until the ledger holds what is acknowledged now, at most WAIT_MAX_S: then it answers with what it has.

        While Redis is away the ledger answers at once. Raises NotReady when Postgres is away.
        """
        try:
            wanted = await self._acknowledged()
        except NotReady:
            return
        try:
            async with asyncio.timeout(WAIT_MAX_S):
                while self._arrived < wanted:
                    await self._next_look()
        except TimeoutError:
            return

    async def _next_look(self) -> None:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_once(), name="ledger arrival")
            self._look.add_done_callback(_seen)
        await asyncio.shield(self._look)

    async def _look_once(self) -> None:
        before = self._arrived
        with postgres_errors():
            row = await self._pool.fetchrow(QUERIES["ledger_position"], self._partition)
        if row is not None:
            self._arrived = Position(row["epoch"], row["seq"])
        if self._arrived == before:
            await asyncio.sleep(LOOK_APART_S)


def _seen(task: asyncio.Task[None]) -> None:
    """Whoever waited may be gone by now; an error that nobody awaits is no news."""
    if not task.cancelled():
        task.exception()
