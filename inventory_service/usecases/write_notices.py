"""Alarms become notices: gathered by kind, sink and person, so that a burst is one message."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence

from inventory_service.domain.notices import Pace, Rules, due, is_nothing, place_of
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.notice_ports import NoticeBook, Thread, Unseen

LOOK_APART_S = 2.0
APART_TIMES = 20  # as long as the look took: 100,000 open alarms cost Postgres 0.1 to 0.6 s each time
LOOKED_AT_MAX = 1_000
KEPT_MS = 30 * 24 * 3600 * 1000  # what was sent, for questions afterwards
CLEAR_APART_MS = 3600 * 1000


class WriteNotices:
    """`run_once` is a loop's. What it wrote is sent by `DeliverNotices`, however long that takes."""

    def __init__(
        self, book: NoticeBook, rules: Rules, sinks: Sequence[str], pace: Pace, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        self._book = book
        self._rules = rules
        self._sinks = sinks
        self._pace = pace
        self._now_ms = now_ms
        self.begun = False  # until then a predecessor's notices may still count as under way
        self._cleared_ms = 0

    async def run_once(self) -> float:
        """Raises NotReady."""
        began_s = time.monotonic()
        if not self.begun:
            await self._book.begin(self._sinks)
            self.begun = True
        await self._see()
        await self._tell()
        await self._clear()
        return max(LOOK_APART_S, (time.monotonic() - began_s) * APART_TIMES)

    async def _see(self) -> None:
        """The position is read first: what comes meanwhile is behind it."""
        newest = await self._book.position()
        while unseen := await self._book.unseen(self._pace.gather_ms, LOOKED_AT_MAX):
            threads: dict[Thread, list[int]] = defaultdict(list)
            for each in unseen:
                for thread in self._threads(each):
                    threads[thread].append(each.alert_id)
            await self._book.see(threads, self._now_ms())
        await self._book.looked(newest)

    def _threads(self, unseen: Unseen) -> list[Thread]:
        rule = self._rules.rule_of(unseen.alarm)
        person = self._rules.person_for(unseen.alarm, place_of(unseen.detail))
        return [Thread(sink, unseen.alarm, person, rule.severity) for sink in rule.sinks]

    async def _tell(self) -> None:
        now_ms = self._now_ms()
        for standing in await self._book.standings(self._pace, now_ms):
            if is_nothing(standing, self._pace):
                await self._book.forget(standing)
            elif step := due(standing, self._pace, now_ms):
                await self._book.write(standing, step, now_ms)

    async def _clear(self) -> None:
        now_ms = self._now_ms()
        if now_ms - self._cleared_ms >= CLEAR_APART_MS:
            await self._book.clear_sent(now_ms - KEPT_MS)
            self._cleared_ms = now_ms
