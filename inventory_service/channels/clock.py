"""Two clocks: ours, which also waits, and the platform's, as its answers tell it."""

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import Protocol

DIFFERENCE_MS_MAX = 24 * 60 * 60 * 1000  # a clock further off is no clock: a test machine, or a proxy's page


class Clock(Protocol):
    def now_ms(self) -> int: ...

    async def wait(self, wait_ms: int) -> None: ...


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    async def wait(self, wait_ms: int) -> None:
        await asyncio.sleep(wait_ms / 1000)


class PlatformClock:
    """Ours and the difference that the last `Date` header showed: a little behind the platform's, never ahead of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_ms = 0

    def now_ms(self) -> int:
        return self._clock.now_ms() + self._ahead_ms

    def hear(self, date: str) -> None:
        """Take the time of an answer; what is no date, or an absurd one, is passed over."""
        try:
            ahead_ms = round(parsedate_to_datetime(date).timestamp() * 1000) - self._clock.now_ms()
        except (ValueError, OverflowError):
            return
        if abs(ahead_ms) <= DIFFERENCE_MS_MAX:
            self._ahead_ms = ahead_ms
