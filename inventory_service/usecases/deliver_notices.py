"""Notices reach one sink: at least once each, no faster than it takes them, whatever becomes of the other sinks."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.notice_ports import Claimed, NoticeBook, Sink, SinkFailed

LOOK_APART_S = 1.0
BACK_OFF_FIRST_MS = 5_000
BACK_OFF_MAX_MS = 600_000
# Longer than any sink takes to fail: only a worker that has died leaves a notice under way for so long.
ABANDONED_MS = 120_000


class Tell(Protocol):
    def __call__(self, sink: str, notice_id: str, answer: str, *, arrived: bool, attempts: int) -> None: ...


class DeliverNotices:
    """`run_once` is a loop's, one per sink."""

    def __init__(
        self, name: str, sink: Sink, book: NoticeBook, tell: Tell, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        self._name = name
        self._sink = sink
        self._book = book
        self._tell = tell
        self._now_ms = now_ms
        self._tried: deque[int] | None = None
        self._quiet_ms = self._quiet_until_ms = 0

    async def run_once(self) -> float:
        """Seconds until the next look. Raises NotReady."""
        wait_ms = await self._wait_ms()
        if wait_ms > 0:
            return wait_ms / 1000
        now_ms = self._now_ms()
        claimed = await self._book.claim(self._name, now_ms, now_ms - ABANDONED_MS)
        if claimed is None:
            return LOOK_APART_S
        await self._send(claimed)
        return 0.0

    async def _wait_ms(self) -> int:
        """What the sink's own limits demand, counted over restarts too."""
        now_ms = self._now_ms()
        longest_ms = max((limit.window_ms for limit in self._sink.limits), default=0)
        if self._tried is None:
            self._tried = deque(await self._book.tried_since(self._name, now_ms - longest_ms))
        while self._tried and not now_ms - longest_ms < self._tried[0] <= now_ms:  # the clock may have gone back
            self._tried.popleft()
        quiet_ms = self._quiet_until_ms - now_ms
        full = [limit for limit in self._sink.limits if len(self._tried) >= limit.messages]
        free_ms = [self._tried[-limit.messages] + limit.window_ms for limit in full]
        return max([quiet_ms if quiet_ms <= self._quiet_ms else 0, *(free - now_ms for free in free_ms)])

    async def _send(self, claimed: Claimed) -> None:
        if self._tried is not None:
            self._tried.append(self._now_ms())
        try:
            answer = await self._sink.send(claimed.notice)
        except SinkFailed as error:
            self._quiet_ms, self._quiet_until_ms = error.wait_ms, self._now_ms() + error.wait_ms
            again_ms = self._now_ms() + max(error.wait_ms, back_off_ms(claimed.attempts))
            await self._book.failed(claimed.number, str(error), again_ms)
            self._told(claimed, str(error), arrived=False)
        else:
            await self._book.sent(claimed.number, answer, self._now_ms())
            self._told(claimed, answer, arrived=True)

    def _told(self, claimed: Claimed, answer: str, *, arrived: bool) -> None:
        self._tell(self._name, claimed.notice.notice_id, answer, arrived=arrived, attempts=claimed.attempts)


def back_off_ms(attempts: int) -> int:
    """Behind the first, second, … attempt that failed."""
    return int(min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** min(attempts - 1, 20)))
