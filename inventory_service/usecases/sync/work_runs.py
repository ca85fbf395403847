"""The backfills and checks of one shop, one window at a time: killed in between, it goes on with the same window."""

from collections.abc import Callable, Mapping
from typing import Protocol

from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.duty import Duty, Line
from inventory_service.usecases.sync.ports import Run, RunBook, RunKind
from inventory_service.usecases.sync.watermark import SECOND_MS, Window

LOOK_S = 1.0
SPAN_MS_MAX = 60 * 60 * 1000  # progress is told in steps, and a crash repeats no more than one


class WorksThrough(Protocol):
    async def window(self, run: Run, window: Window) -> None:
        """All orders placed in it, both ends included; then `RunBook.reach`. Raises ChannelErrors."""

    async def ended(self, run: Run) -> None: ...


class WorkRuns:
    """`run_once` is a loop's."""

    def __init__(
        self,
        line: Line,
        runs: RunBook,
        kinds: Mapping[RunKind, WorksThrough],
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._shop = line.shop
        self._span_ms = min(line.adapter.window_ms_max, SPAN_MS_MAX)
        self._runs = runs
        self._kinds = kinds
        self._duty = Duty("runs", line)
        self._now_ms = now_ms

    async def run_once(self) -> float:
        """Raises NotReady, OutcomeUnknown: the window is gone through again."""
        run = await self._runs.due(self._shop.shop, self._now_ms())
        if run is None:
            return LOOK_S
        outcome = await self._duty.attempt(lambda: self._step(run))
        if outcome.error is not None:
            # Others of this shop go on meanwhile: a range may be one that the platform does not tell any more.
            due_ms = self._now_ms() + round(outcome.wait_s * 1000)
            await self._runs.again(run.run_id, str(outcome.error), due_ms)
            return LOOK_S
        return outcome.wait_s

    async def _step(self, run: Run) -> float:
        worker = self._kinds[run.kind]
        if run.reached_ms < run.to_ms:
            end_ms = min(run.reached_ms + self._span_ms, run.to_ms)
            # Both ends are included, and no order is to be counted twice: neighbours share no second.
            await worker.window(run, Window(run.reached_ms, end_ms - SECOND_MS))
            if end_ms < run.to_ms:
                return 0.0
        await worker.ended(run)
        await self._runs.finish(run.run_id, self._now_ms())
        return 0.0
