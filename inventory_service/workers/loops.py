"""A process's loops: each a `run_once` and how long to wait behind it. The death of one ends the process."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded
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
        reason = ""
        wait_s: float | None
        while not shutdown.requested.is_set():
            try:
                wait_s = await self.run_once()
                reason = self._note(reason, "")
            except (NotReady, Overloaded, OutcomeUnknown) as error:
                wait_s = RETRY_S
                reason = self._note(reason, str(error) or type(error).__name__)
            if wait_s is None:
                return
            await shutdown.pause(wait_s)

    def _note(self, before: str, reason: str) -> str:
        """One line per reason to wait and one when it goes on, not one per try."""
        if reason and _gist(reason) != _gist(before):
            log.warning("loop.waiting", loop=self.name, reason=reason)
        if before and not reason:
            log.info("loop.resumed", loop=self.name)
        return reason


def _gist(reason: str) -> str:
    """Without the figures and addresses that differ from try to try."""
    return re.sub(r"\b(0x)?[0-9a-f]*\d[0-9a-f]*\b", "", reason)


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
