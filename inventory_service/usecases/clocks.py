"""Three clocks that have to agree before a time is believed that nobody saw pass: Redis's, Postgres's and our own."""

import time
from collections.abc import Awaitable, Callable, Mapping

from inventory_service.domain.errors import NotReady
from inventory_service.usecases.ports import HotState, LedgerSnapshots
from inventory_service.usecases.standing import Closed, HotInspection

APART_MAX_MS = 5_000
JUMP_MS = 60_000  # as in `lua/lib/clock.lua`
SLOW_MS = 2_000  # an answer that took longer says nothing about seconds


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Clocks:
    def __init__(self, hot: HotState, ledger: LedgerSnapshots, now_ms: Callable[[], int] = wall_ms) -> None:
        self._hot = hot
        self._ledger = ledger
        self._now_ms = now_ms

    async def require_agreement(self) -> None:
        """Raises NotReady with the figures while they are further apart than APART_MAX_MS."""
        redis_ms = await self._ahead_ms(self._redis_ms)
        postgres_ms = await self._ahead_ms(self._ledger.now_ms)
        ahead_ms = {"this machine": 0, "Redis": redis_ms, "Postgres": postgres_ms}
        if max(ahead_ms.values()) - min(ahead_ms.values()) > APART_MAX_MS:
            raise NotReady(
                f"The clocks disagree: {_told(ahead_ms)}. Let NTP set the clock of every machine: the gate opens once "
                f"they are within {APART_MAX_MS // 1000} s."
            )

    async def _redis_ms(self) -> int:
        return (await self._hot.inspect()).server_ms

    async def _ahead_ms(self, ask: Callable[[], Awaitable[int]]) -> int:
        """Of our own clock, in the middle between question and answer."""
        before_ms = self._now_ms()
        told_ms = await ask()
        after_ms = self._now_ms()
        if after_ms - before_ms > SLOW_MS:
            raise NotReady("The clocks cannot be compared: a store takes too long to tell its time.")
        return told_ms - (before_ms + after_ms) // 2


def needs_agreement(hot: HotInspection) -> bool:
    """Whether the kernel's clock stands where nobody saw it go: shut by it, ahead, behind, or never set."""
    return hot.closed == Closed.CLOCK or abs(hot.server_ms - hot.clock_ms) > JUMP_MS


def is_ahead(hot: HotInspection) -> bool:
    """Whether the kernel's clock has stopped, since it stands far ahead of the server's."""
    return hot.clock_ms - hot.server_ms > JUMP_MS


def _told(ahead_ms: Mapping[str, int]) -> str:
    first = min(ahead_ms, key=lambda name: ahead_ms[name])
    others = [
        f"{name} is {(ahead - ahead_ms[first]) / 1000:.1f} s ahead of {first}"
        for name, ahead in ahead_ms.items()
        if name != first
    ]
    return ", ".join(others)
