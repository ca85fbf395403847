"""One process of callers: calls fall due by the clock, whether or not the service keeps up.

Raw sockets and ready-made bytes, because the generator shares its processors with what it measures.
"""

import asyncio
import json
import random
import re
import time
from collections import Counter, deque
from collections.abc import Container
from dataclasses import dataclass, field
from typing import cast

import uvloop

PATIENCE_SECONDS = 5.0  # what the contract promises; an answer that comes later is of no use
CONNECTIONS_MAX = 6000  # of one process; a call that finds none free is lost on its caller's side
WARM_UP_SECONDS = 3.0
TICK_SECONDS = 0.002
CLASSES = ("confirm", "reserve", "read", "list")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_RESERVATION_ID = re.compile(rb'"reservation_id":"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Task:
    """What a crowd is to do. `mix`: weights of CLASSES; a confirm needs a hold, without one it is a reserve."""

    port: int
    api_key: str
    name: str  # in every id
    per_second: float
    seconds: float
    skus: int
    mix: tuple[int, ...]


@dataclass(slots=True)
class Told:
    """What was asked for by class, and answers by class and status, between the warm-up and the end."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)  # of the useful ones
    asked: Counter[str] = field(default_factory=Counter)
    cpu_seconds: float = 0.0  # of the callers, per second
    service_seconds: float = 0.0  # of the service and its servers

    def per_processor(self) -> float:
        """Useful answers per processor second of the service: what others do on the machine, callers included, counts
        less in it.
        """
        return self.useful() / max(self.service_seconds, 0.01)

    def useful(self, kind: str = "") -> int:
        return self._count(kind, range(200, 300))

    def refused(self, kind: str = "") -> int:
        return self._count(kind, (429, 503))

    def _count(self, kind: str, wanted: Container[int]) -> int:
        return sum(n for (each, status), n in self.statuses.items() if status in wanted and kind in ("", each))

    def add(self, other: "Told") -> None:
        self.statuses += other.statuses
        self.seconds += other.seconds
        self.asked += other.asked
        self.cpu_seconds += other.cpu_seconds


class Caller(asyncio.Protocol):
    """A connection with one call at a time."""

    def __init__(self, crowd: "Crowd") -> None:
        self._crowd = crowd
        self._transport: asyncio.Transport
        self._answer = b""
        self._kind = ""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def call(self, kind: str, due: float, request: bytes) -> None:
        self._kind, self._due, self._answer = kind, due, b""
        self._transport.write(request)

    def hang_up(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, separator, body = self._answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if separator and length and len(body) >= int(length[1]):
            kind, self._kind = self._kind, ""
            self._crowd.answered(self, kind, self._due, int(head[9:12]), body)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's shape
        self._crowd.lost(self, self._kind)


class Crowd:
    """Everybody of one process."""

    def __init__(self, task: Task) -> None:
        self.told = Told()
        self._task = task
        self._idle: deque[Caller] = deque()
        self._open = 0
        self._holds: deque[bytes] = deque()
        self._number = 0
        self._head = f"\r\nHost: x\r\nAuthorization: Bearer {task.api_key}\r\n".encode()
        self._body_head = self._head + b"Content-Type: application/json\r\nContent-Length: "
        self._connecting: set[asyncio.Task[None]] = set()
        self._callers: set[Caller] = set()
        self._from = self._until = 0.0

    async def run(self) -> Told:
        began, began_cpu = time.perf_counter(), time.process_time()
        self._from = began + WARM_UP_SECONDS
        self._until = self._from + self._task.seconds
        total = round(self._task.per_second * (WARM_UP_SECONDS + self._task.seconds))
        made = 0
        while made < total:
            due = min(total, int((time.perf_counter() - began) * self._task.per_second))
            for number in range(made, due):
                self._call(began + number / self._task.per_second)
            made = max(made, due)
            await asyncio.sleep(TICK_SECONDS)
        for caller in list(self._callers):
            caller.hang_up()
        for connecting in self._connecting:
            connecting.cancel()
        self.told.cpu_seconds = (time.process_time() - began_cpu) / (WARM_UP_SECONDS + self._task.seconds)
        return self.told

    def _call(self, due: float) -> None:
        kind = random.choices(CLASSES, self._task.mix)[0]
        if kind == "confirm" and not self._holds:
            kind = "reserve"
        self.told.asked[kind] += due >= self._from
        if self._idle:
            self._idle.popleft().call(kind, due, self._request(kind))
        elif self._open < CONNECTIONS_MAX:
            self._open += 1
            connecting = asyncio.ensure_future(self._connect(kind, due))
            self._connecting.add(connecting)
            connecting.add_done_callback(self._connecting.discard)

    async def _connect(self, kind: str, due: float) -> None:
        try:
            _, caller = await asyncio.get_running_loop().create_connection(
                lambda: Caller(self), "127.0.0.1", self._task.port
            )
        except OSError:
            self._open -= 1
            return
        self._callers.add(caller)
        caller.call(kind, due, self._request(kind))

    def _request(self, kind: str) -> bytes:
        sku = f"S-{random.randrange(self._task.skus)}"
        if kind == "read":
            return f"GET /v1/stock/{sku} HTTP/1.1".encode() + self._head + b"\r\n"
        if kind == "list":
            return f"GET /v1/reservations?sku={sku}&limit=20 HTTP/1.1".encode() + self._head + b"\r\n"
        if kind == "confirm" and self._holds:
            hold = self._holds.popleft()
            return b"POST /v1/reservations/" + hold + b"/confirm HTTP/1.1" + self._body_head + b"0\r\n\r\n"
        self._number += 1
        order = {"reservation_id": f"{self._task.name}-{self._number}", "lines": [{"sku": sku, "quantity": 1}]}
        body = json.dumps(order).encode()
        return b"POST /v1/reservations HTTP/1.1" + self._body_head + b"%d\r\n\r\n%b" % (len(body), body)

    def answered(self, caller: Caller, kind: str, due: float, status: int, body: bytes) -> None:
        self._idle.append(caller)
        now = time.perf_counter()
        if self._from <= now <= self._until and now - due <= PATIENCE_SECONDS:
            self.told.statuses[kind, status] += 1
            if 200 <= status < 300:
                self.told.seconds.append(now - due)
        if status == 201:
            found = _RESERVATION_ID.search(body)
            if found:
                self._holds.append(found[1])

    def lost(self, caller: Caller, kind: str) -> None:
        self._open -= 1
        self._callers.discard(caller)
        if not kind:
            self._idle = deque(each for each in self._idle if each is not caller)


def crowd(task: Task) -> Told:
    """Run one crowd to its end, in a process of its own."""
    return uvloop.run(Crowd(task).run())
