"""Who is let in when more is asked for than can be done.

What ends a promise goes before a new one, that before looking, that before lists: each may wait for an answer while
fewer calls are under way than its own bound. So at any load the calls that are let in are few enough to be answered
in time, and refusing the others costs next to nothing (`web/doorkeeper.py`). The kernel's queue stays first in, first
out, since a confirm must not overtake its reserve: who goes first is decided here, at the door.
"""

import math
import random
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Protocol, Self

from inventory_service.domain.brownout import Brownout
from inventory_service.domain.errors import Overloaded


class Priority(IntEnum):
    """The first goes first. A batch may confirm as well as reserve and counts as a change."""

    FINISH = 0  # confirm, release, extend, scan
    CHANGE = 1  # new holds, batches, movements, what people set by hand
    READ = 2  # one thing
    LIST = 3


# Calls under way in one process, while it answers in time.
CALLS_MAX = {Priority.FINISH: 1024, Priority.CHANGE: 512, Priority.READ: 256, Priority.LIST: 64}
# When even the fastest answer of an interval took longer than the target, everybody waits in a standing queue, and the
# bounds shrink; a single slow call (a list, a store that pauses) says nothing.
TARGET_SECONDS = 0.4
INTERVAL_SECONDS = 0.25
BUSY_SECONDS = 0.25  # that a process calls itself busy behind a refusal of a change
_SHRINK, _GROW, _SHARE_MIN = 0.8, 0.05, 0.05
# How long the kernel's queue may take. Beyond 1.5 s the queue itself gives up what waits in it.
QUEUE_SECONDS_MAX = {Priority.CHANGE: 1.0, Priority.READ: 0.5, Priority.LIST: 0.25}
# From this step on nobody of the class is let in. New holds are the kernel's to refuse: it knows repeats from new ones.
BROWNOUT_STEPS = {Priority.READ: Brownout.READS, Priority.LIST: Brownout.LISTS}
# Bodies that arrive in pieces, all together; a body is at most 6 MiB.
BODY_BYTES_MAX = 64 * 1024 * 1024
# When to come again: the less urgent, the later, and not all at once.
RETRY_AFTER_MS = {Priority.FINISH: 300, Priority.CHANGE: 700, Priority.READ: 1500, Priority.LIST: 3000}


class Admission:
    """Of one process. `calls`: read from a connection and not answered yet. `brownout`: set from outside.

    `queue_seconds` tells how long the kernel's oldest command has waited.
    """

    def __init__(self, queue_seconds: Callable[[], float] = lambda: 0.0) -> None:
        self.calls = 0
        self.brownout = Brownout.NONE
        self._queue_seconds = queue_seconds
        self._body_bytes = 0
        self._share = 1.0  # of CALLS_MAX
        self._fastest = math.inf
        self._interval_ends = 0.0
        self._busy_until = 0.0

    def refusal(self, priority: Priority) -> str:
        """Why a further call of this class is not let in, one of telemetry.requests.REASONS; "": it is."""
        reason = self._reason(priority)
        if reason and priority <= Priority.CHANGE:
            self._busy_until = time.monotonic() + BUSY_SECONDS
        return reason

    @property
    def is_busy(self) -> bool:
        """Whether there was just now more to do than can be done."""
        return time.monotonic() < self._busy_until

    def _reason(self, priority: Priority) -> str:
        if self.calls >= CALLS_MAX[priority] * self._share:
            return "calls"
        if priority == Priority.FINISH:
            return ""
        if self._queue_seconds() > QUEUE_SECONDS_MAX[priority]:
            return "queue"
        step = BROWNOUT_STEPS.get(priority)
        return "brownout" if step is not None and self.brownout >= step else ""

    def answered(self, seconds: float) -> None:
        """The kernel decided a call, so long after it began to be served."""
        self._fastest = min(self._fastest, seconds)
        now = time.monotonic()
        if now >= self._interval_ends:
            if self._fastest > TARGET_SECONDS:
                self._share = max(_SHARE_MIN, self._share * _SHRINK)
            elif self._fastest < TARGET_SECONDS / 2:
                self._share = min(1.0, self._share + _GROW)
            self._fastest, self._interval_ends = math.inf, now + INTERVAL_SECONDS

    def check(self, priority: Priority) -> None:
        """Raises Overloaded."""
        if self.refusal(priority):
            raise overloaded(priority)

    def body(self) -> "Body":
        return Body(self)

    def take_bytes(self, number: int) -> None:
        """Raises Overloaded."""
        if self._body_bytes + number > BODY_BYTES_MAX:
            raise overloaded(Priority.CHANGE)
        self._body_bytes += number

    def give_bytes(self, number: int) -> None:
        self._body_bytes -= number


class Caller(Protocol):
    """The connection that a call came on, which counts it as under way."""

    def pauses(self) -> None:
        """The call waits for its caller, who may take long over a body: until `goes_on` it is not under way."""

    def goes_on(self) -> None: ...


class Body:
    """What one body that arrives in pieces takes of the bound."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._bytes = 0

    def grow(self, number: int) -> None:
        """Raises Overloaded."""
        self._admission.take_bytes(number)
        self._bytes += number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._admission.give_bytes(self._bytes)


def overloaded(priority: Priority) -> Overloaded:
    """With a time to come again that is spread over a factor of two: all who were refused at once would be back at
    once.
    """
    after_ms = RETRY_AFTER_MS[priority] * random.uniform(0.7, 1.4)  # noqa: S311  # spreads load, guards nothing
    return Overloaded("More is asked for than can be done.", round(after_ms))
