"""Callers who wait for news: few enough, in nobody's way meanwhile, and let go at once when the process ends."""

import asyncio
import time
from typing import Protocol

from inventory_service.telemetry.context import current
from inventory_service.web.admission import Admission, Priority, overloaded

WAITING_MAX = 256  # in one process; each costs a connection, and a question to Postgres whenever there is news


class Counts(Protocol):
    """A metric. Given, since whoever merely knows a waiting room, as the worker does, tells of no requests."""

    def inc(self) -> None: ...
    def dec(self) -> None: ...


class WaitingRoom:
    """Of one process."""

    def __init__(self, admission: Admission, counts: Counts) -> None:
        self._admission = admission
        self._counts = counts
        self._waiting: set[asyncio.Event] = set()
        self._is_closed = False

    async def wait(self, news: asyncio.Event, until: float) -> bool:
        """Whether there is news before `until`, of `time.monotonic`. False at once when the process ends.

        Raises Overloaded.
        """
        if self._is_closed or time.monotonic() >= until:
            return False
        if len(self._waiting) >= WAITING_MAX:
            raise overloaded(Priority.LIST)
        began = time.monotonic()
        self._waiting.add(news)
        self._counts.inc()
        self._admission.calls -= 1  # it asks for nothing: what is bounded there are calls at work
        try:
            async with asyncio.timeout(until - began):
                await news.wait()
        except TimeoutError:
            return False
        finally:
            self._admission.calls += 1
            self._counts.dec()
            self._waiting.discard(news)
            _leave_out(time.monotonic() - began)
        return not self._is_closed

    def close(self) -> None:
        """Let everybody go, and nobody wait any more."""
        self._is_closed = True
        for news in self._waiting:
            news.set()


def _leave_out(seconds: float) -> None:
    """It was meant to take so long: that is no slow answer."""
    request = current.get()
    if request is not None:
        request.waited_seconds += seconds
