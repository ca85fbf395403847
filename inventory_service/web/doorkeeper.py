"""Refuses calls on the connection itself, as soon as their head is parsed: no task, no routing, no body, no JSON.

By way of a handler a refusal costs half as much as a reservation; at five times the capacity, refusing would be all
that is done. Reading and writing alone still take 100 µs of a processor, so refusals are paced, too: who is refused
when many are waits for it a little, and who ignores `Retry-After` cannot come back any sooner.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from inventory_service.telemetry import requests
from inventory_service.web.admission import Admission, Priority, overloaded
from inventory_service.web.answers import PROBLEM, problem_answer
from inventory_service.web.incoming import request_id_of
from inventory_service.web.problems import problem_of
from inventory_service.web.routes import Route

_VARIETY = 16  # refusals made ahead per class, each with a time of its own to come again
_ID = "-request-id-"
# As many refusals as answers, and some, so that refusing takes a sixth of the time at most. But nobody waits longer
# than this: a call is answered within 5 s.
PACE = 100
WAIT_SECONDS_MAX = 2.0
_TICK_SECONDS = 0.02
_BURST = 100

Message = Any  # aiohttp's RawRequestMessage, of its C parser or of its Python one


class Doorkeeper:
    """Has every refusal ready. One for all connections of a process."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.pace = Pace()
        self._refusals = {priority: [_refusal(priority) for _ in range(_VARIETY)] for priority in Priority}

    def refusal(self, route: Route, message: Message) -> bytes:
        """The response to a call that is not let in; b"": it is. Counts what it refuses."""
        if route.priority is None:
            return b""
        reason = self._admission.refusal(route.priority)
        if not reason:
            return b""
        requests.refused(route.path, message.method, route.priority.name.lower(), reason)
        head, before, after = random.choice(self._refusals[route.priority])  # noqa: S311  # as there
        request_id = request_id_of(message.headers).encode()
        closing = b"Connection: close\r\n" if message.should_close else b""
        body = b"" if message.method == "HEAD" else before + request_id + after
        length = len(before) + len(request_id) + len(after)
        return b"%b%d\r\nX-Request-Id: %b\r\n%b\r\n%b" % (head, length, request_id, closing, body)


class Pace:
    """Lets refusals out, first in, first out: one for each answer, and `PACE` a second."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._allowed = float(_BURST)
        self._at = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None

    def send(self, refuse: Callable[[], None]) -> None:
        """Call `refuse` when its turn comes, at once if few are refused."""
        self._waiting.append((time.monotonic(), refuse))
        if self._timer is None:
            self._let_out()

    def answered(self) -> None:
        self._allowed += 1

    def hurry(self) -> None:
        """Let everybody out: the process ends."""
        while self._waiting:
            self._waiting.popleft()[1]()

    def _let_out(self) -> None:
        now = time.monotonic()
        self._allowed = min(_BURST, self._allowed + (now - self._at) * PACE)
        self._at = now
        while self._waiting and (self._allowed >= 1 or self._waiting[0][0] < now - WAIT_SECONDS_MAX):
            self._allowed = max(0.0, self._allowed - 1)
            self._waiting.popleft()[1]()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_TICK_SECONDS, self._let_out) if self._waiting else None


def _refusal(priority: Priority) -> tuple[bytes, bytes, bytes]:
    """The head up to the length, and the body before and behind the request id."""
    answer = problem_answer(problem_of(overloaded(priority), _ID))
    lines = [f"{name}: {value}\r\n" for name, value in {"Content-Type": PROBLEM, **answer.headers}.items()]
    before, after = answer.body.split(_ID.encode())
    return f"HTTP/1.1 503 Service Unavailable\r\n{''.join(lines)}Content-Length: ".encode(), before, after
