"""HTTP as a storefront speaks it: bounded concurrency, repeats with the same id, and a stopwatch on every call."""

import asyncio
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp

from inventory_service.outside.answer import Answer, Body

# Who pays, scans or looks does not stand in the queue of those who want in: a shopper's deadline is running.
AT_THE_DOOR_MAX = 24  # reserve calls in flight
INSIDE_MAX = 12  # all others
CALL_TIMEOUT_S = 20.0
ATTEMPTS_MAX = 8
RETRY_WAIT_MAX_S = 2.0
RATE_WINDOW_S = 2.0
RECENT_MAX = 2000  # calls that the live percentiles look at


@dataclass(slots=True)
class Pulse:
    """Counts and times of all calls, by kind ("reserve", "confirm", …)."""

    calls: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_ms: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _recent: deque[float] = field(default_factory=deque)

    def record(self, kind: str, status: int, elapsed_ms: float) -> None:
        self.calls += 1
        self.statuses[status] += 1
        self.latencies_ms[kind].append(elapsed_ms)
        self._recent.append(time.monotonic())

    def clear(self) -> None:
        self.calls = 0
        self.statuses.clear()
        self.latencies_ms.clear()
        self._recent.clear()

    def calls_per_second(self) -> float:
        """Over the last two seconds."""
        oldest = time.monotonic() - RATE_WINDOW_S
        while self._recent and self._recent[0] < oldest:
            self._recent.popleft()
        return len(self._recent) / RATE_WINDOW_S

    def percentile_ms(self, kind: str, percent: int, *, recent: bool = False) -> float:
        """Nearest rank; 0.0 when there was no such call. `recent`: of the last 2,000 only."""
        taken = self.latencies_ms[kind][-RECENT_MAX:] if recent else self.latencies_ms[kind]
        ordered = sorted(taken)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else 0.0


class InventoryClient:
    """One client of the service. Answers of every status are returned, none is raised."""

    def __init__(self, url: str, api_key: str) -> None:
        self.pulse = Pulse()
        self._door = asyncio.Semaphore(AT_THE_DOOR_MAX)
        self._inside = asyncio.Semaphore(INSIDE_MAX)
        self._session = aiohttp.ClientSession(
            url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S),
            connector=aiohttp.TCPConnector(limit=AT_THE_DOOR_MAX + INSIDE_MAX, keepalive_timeout=60),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def call(self, kind: str, method: str, path: str, body: Body | None = None) -> Answer:
        """Ask once."""
        async with self._slots(kind):
            started = time.perf_counter()
            answer = await self._exchange(method, path, body)
            self.pulse.record(kind, answer.status, (time.perf_counter() - started) * 1000)
            return answer

    async def settle(self, kind: str, method: str, path: str, body: Body | None = None) -> Answer:
        """Ask until the answer is definite, the same each time, at most `ATTEMPTS_MAX` times."""
        doubtful = False
        answer = await self.call(kind, method, path, body)
        for _ in range(ATTEMPTS_MAX - 1):
            if answer.definite:
                break
            doubtful = doubtful or answer.may_have_happened
            wait_ms = float(answer.body.get("retry_after_ms") or 200)
            await asyncio.sleep(min(RETRY_WAIT_MAX_S, wait_ms / 1000))
            answer = await self.call(kind, method, path, body)
        return Answer(answer.status, answer.body, answer.replayed, doubtful)

    async def cut(self, kind: str, method: str, path: str, body: Body, after_s: float) -> None:
        """Ask, and hang up after `after_s`: whether it happened is unknown, as after a lost answer."""
        async with self._slots(kind):
            try:
                async with asyncio.timeout(after_s):
                    await self._exchange(method, path, body)
            except TimeoutError:
                pass

    def _slots(self, kind: str) -> asyncio.Semaphore:
        return self._door if kind == "reserve" else self._inside

    async def _exchange(self, method: str, path: str, body: Body | None) -> Answer:
        try:
            async with self._session.request(method, path, json=body) as response:
                replayed = response.headers.get("Idempotent-Replayed") == "true"
                return Answer(response.status, await response.json(content_type=None), replayed)
        except (aiohttp.ClientError, TimeoutError, ValueError):  # ValueError: cut in the middle of the JSON
            return Answer(0, {})
