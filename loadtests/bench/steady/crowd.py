"""One process of callers: operations fall due by the clock, whether or not the service keeps up.

Orders live their whole life: reserved, confirmed, scanned out. Lists of LIST operations take turns with single calls;
a few reads go beside them. What is refused or unanswered is counted and not repeated: its order ends there.
"""

import asyncio
import itertools
import signal
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
import orjson
import uvloop

LIST = 25
IN_FLIGHT_MAX = 64  # calls; one that falls due beyond it goes out late, and the report says so
READS_PER_SECOND = 10
CALL_SECONDS = 10.0
TICK_SECONDS = 0.002
SKUS = 200
WAREHOUSE = "W"
TTL_SECONDS = 7200
RESERVE, CONFIRM, SCAN, SHORT = 1, 2, 4, 8  # acknowledged steps of an order; SHORT: its hold was to expire
BITS = {"reserve": RESERVE, "short hold": RESERVE | SHORT, "confirm": CONFIRM, "scan": SCAN}
ACKNOWLEDGED = "acknowledged"
STEADY, AWAY, BACK = "steady", "away", "back"  # Postgres is there, is away, was started again
END = "end"


@dataclass(frozen=True, slots=True)
class Task:
    """`rate`: operations per second. `expiries`: so many short holds among them, in the first `seconds`."""

    url: str
    key: str
    rate: float
    seconds: float
    expiries: int


@dataclass(slots=True)
class Told:
    """`steps[n]`: bits of what order n was told. `answers`: operations by phase, kind, and what came of it."""

    steps: bytearray = field(default_factory=bytearray)
    answers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seconds: float = 0.0
    due: int = 0
    sent: int = 0
    behind_ms: float = 0.0  # the worst that an operation went out behind its time


@dataclass(frozen=True, slots=True)
class Call:
    """`orders`: what is done to which order; -1: to none."""

    method: str
    path: str
    body: Any
    orders: Sequence[tuple[str, int]]


class Crowd:
    """Everybody. `phases`: says its own first one when it begins, then hears them; the load ends with END, or with
    whoever tells.
    """

    def __init__(self, task: Task, phases: Connection) -> None:
        self.told = Told()
        self._task = task
        self._phases = phases
        self._phase = STEADY
        self._began = 0.0
        self._reads = 0
        self._shorts = 0
        self._turns = itertools.count()
        self._held: deque[int] = deque()
        self._confirmed: deque[int] = deque()
        self._in_flight: set[asyncio.Task[None]] = set()

    async def run(self) -> Told:
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
        headers = {"Authorization": f"Bearer {self._task.key}", "Content-Type": "application/json"}
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            self._task.url, headers=headers, timeout=timeout, connector=connector
        ) as session:
            self._phases.send(self._phase)
            self._began = time.perf_counter()
            while self._goes_on():
                self._send_due(session)
                await asyncio.sleep(TICK_SECONDS)
            self.told.seconds = time.perf_counter() - self._began
            await asyncio.gather(*self._in_flight)
        return self.told

    def _goes_on(self) -> bool:
        """Answers that come behind the end belong to the phase before it."""
        try:
            told = self._phases.recv() if self._phases.poll() else self._phase
        except EOFError:
            return False
        if told != END:
            self._phase = told
        return bool(told != END)

    def _send_due(self, session: aiohttp.ClientSession) -> None:
        elapsed = time.perf_counter() - self._began
        self.told.due = int(elapsed * self._task.rate)
        self.told.behind_ms = max(self.told.behind_ms, (elapsed - self.told.sent / self._task.rate) * 1000)
        while self.told.sent < self.told.due and len(self._in_flight) < IN_FLIGHT_MAX:
            call = self._next_call(elapsed)
            self.told.sent += len(call.orders)
            self._start(session, call)
        while self._reads < elapsed * READS_PER_SECOND and len(self._in_flight) < IN_FLIGHT_MAX:
            self._reads += 1
            self._start(session, _read(self._reads))

    def _start(self, session: aiohttp.ClientSession, call: Call) -> None:
        doing = asyncio.create_task(self._do(session, call))
        self._in_flight.add(doing)
        doing.add_done_callback(self._in_flight.discard)

    def _next_call(self, elapsed: float) -> Call:
        if next(self._turns) % 2 and self._held:
            order = self._held.popleft()
            return Call("POST", f"/v1/reservations/{_name(order)}/confirm", None, [("confirm", order)])
        if len(self._confirmed) >= LIST:
            orders = [self._confirmed.popleft() for _ in range(LIST)]
            scans = [_scan(order) for order in orders]
            return Call("POST", "/v1/wms/outbound-scans", {"scans": scans}, [("scan", order) for order in orders])
        return self._batch(elapsed)

    def _batch(self, elapsed: float) -> Call:
        """Short holds that are due, then at least as many confirms as new holds, as far as there are holds."""
        due = int(self._task.expiries * min(1.0, elapsed / self._task.seconds)) - self._shorts
        shorts = min(due, LIST // 2)
        self._shorts += shorts
        orders = [("short hold", self._open()) for _ in range(shorts)]
        confirms = min(len(self._held), (LIST - shorts + 1) // 2)
        orders += [("confirm", self._held.popleft()) for _ in range(confirms)]
        orders += [("reserve", self._open()) for _ in range(LIST - len(orders))]
        operations = [_operation(kind, order) for kind, order in orders]
        return Call("POST", "/v1/batch", {"operations": operations}, orders)

    def _open(self) -> int:
        self.told.steps.append(0)
        return len(self.told.steps) - 1

    async def _do(self, session: aiohttp.ClientSession, call: Call) -> None:
        outcomes = ["unanswered"] * len(call.orders)
        data = None if call.body is None else orjson.dumps(call.body)
        with suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with session.request(call.method, call.path, data=data) as answer:
                outcomes = _outcomes(answer.status, orjson.loads(await answer.read()), len(call.orders))
        for (kind, order), outcome in zip(call.orders, outcomes, strict=True):
            self.told.answers[self._phase, kind, outcome] += 1
            if outcome == ACKNOWLEDGED and order >= 0:
                self._acknowledged(kind, order)

    def _acknowledged(self, kind: str, order: int) -> None:
        self.told.steps[order] |= BITS[kind]
        if kind == "reserve":
            self._held.append(order)
        elif kind == "confirm":
            self._confirmed.append(order)


def number_of(name: str) -> int:
    """The order of a reservation id; -1: it is none of ours."""
    return int(name[1:]) if name[:1] == "o" and name[1:].isdecimal() else -1


def sku_of(order: int) -> str:
    return f"S-{order % SKUS}"


def _name(order: int) -> str:
    return f"o{order}"


def _operation(kind: str, order: int) -> dict[str, Any]:
    if kind == "confirm":
        return {"op": "confirm", "reservation_id": _name(order)}
    ttl_seconds = order % 2 + 1 if kind == "short hold" else TTL_SECONDS
    lines = [{"sku": sku_of(order), "quantity": 1}]
    return {"op": "reserve", "reservation_id": _name(order), "lines": lines, "ttl_seconds": ttl_seconds}


def _scan(order: int) -> dict[str, Any]:
    named = {"scan_id": f"{_name(order)}:s", "reservation_id": _name(order)}
    return {**named, "warehouse": WAREHOUSE, "sku": sku_of(order), "quantity": 1}


def _read(number: int) -> Call:
    if number % 2:
        return Call("GET", f"/v1/stock/{sku_of(number)}", None, [("read", -1)])
    return Call("GET", "/v1/reservations?status=confirmed&limit=20", None, [("list", -1)])


def _outcomes(status: int, body: Any, count: int) -> list[str]:
    """ACKNOWLEDGED, or the code of the problem, for each of `count` operations of a call."""
    if status >= 400:
        return [str(body["code"])] * count
    return [_outcome(result) for result in body["results"]] if "results" in body else [ACKNOWLEDGED]


def _outcome(result: Any) -> str:
    if "result" in result:
        return ACKNOWLEDGED if result["result"] == "applied" else f"{result['result']} {result.get('code', '')}"
    return ACKNOWLEDGED if result["status"] < 400 else str(result["body"]["code"])


def crowd(task: Task, link: Connection) -> None:
    """Run to the end, in a process of its own, and send Told. Whoever started it has the Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    told = uvloop.run(Crowd(task, link).run())
    with suppress(OSError):
        link.send(told)
