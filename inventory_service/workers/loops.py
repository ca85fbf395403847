"""A process's loops: each a `run_once` and how long to wait behind it. The death of one ends the process."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded, ServiceError
from inventory_service.workers.shutdown import Shutdown

log = structlog.get_logger()

# While a store is away: often enough to be back within seconds, rarely enough to leave the stores alone.
RETRY_S = 1.0


@dataclass(frozen=True, slots=True)
class Loop:
    """`run_once` returns the seconds until it wants to run again, 0: at once, None: it is done.

    A store that is away is waited for, also one that may have heard: every loop may do again what it did. Every other
    error is a bug and leaves the loop.
    """

    name: str
    run_once: Callable[[], Awaitable[float | None]]

    async def run(self, shutdown: Shutdown) -> None:
        away = False
        wait_s: float | None
        while not shutdown.requested.is_set():
            try:
                wait_s = await self.run_once()
                away = self._note(away, None)
            except (NotReady, Overloaded, OutcomeUnknown) as error:
                wait_s = RETRY_S
                away = self._note(away, error)
            if wait_s is None:
                return
            await shutdown.pause(wait_s)

    def _note(self, away: bool, error: ServiceError | None) -> bool:
        """One line when a store goes away and one when it is back, not one per try."""
        if error is not None and not away:
            log.warning("loop.waiting", loop=self.name, reason=str(error))
        if error is None and away:
            log.info("loop.resumed", loop=self.name)
        return error is not None


async def run_loops(loops: Sequence[Loop], shutdown: Shutdown) -> None:
    """Run them until the shutdown is requested. The first error cancels the others and is raised as it is."""
    tasks = [asyncio.create_task(loop.run(shutdown), name=loop.name) for loop in loops]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
