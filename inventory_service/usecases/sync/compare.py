"""The platform's orders of a range of time against ours: how many, how much, and in which state each of them is."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.adapter import Arrived, Missed
from inventory_service.usecases.sync.duty import Line
from inventory_service.usecases.sync.ports import (
    Alarms,
    Run,
    RunBook,
    RunKind,
    RunOrder,
    Shops,
    Summary,
    SyncBook,
    TakesOrders,
)
from inventory_service.usecases.sync.runs import MISSING_THERE, RANGE_MS_MAX, row_id
from inventory_service.usecases.sync.watermark import SECOND_MS, Window

CHANNEL_DIFFERS = "channel_differs"
MISSING_HERE = "missing_here"
UNREAD = "unread"
EVERY_MS = 7 * 24 * 60 * 60 * 1000
LOOK_S = 60.0
BY = "schedule"
_COMPARED = {"payment": ("payment",), "fulfilment": ("fulfilment",), "amount": ("currency", "paid_minor")}


class Compare:
    def __init__(
        self,
        line: Line,
        runs: RunBook,
        book: SyncBook,
        orders: TakesOrders,
        alarms: Alarms,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._shop = line.shop
        self._adapter = line.adapter
        self._runs = runs
        self._book = book
        self._orders = orders
        self._alarms = alarms
        self._now_ms = now_ms

    async def window(self, run: Run, window: Window) -> None:
        theirs: dict[str, Summary] = {}
        unread: dict[str, RunOrder] = {}
        async for rows in self._adapter.placed(window):
            for row in rows:
                summary = None if isinstance(row, Missed) else self._read(row)
                if summary is not None:
                    theirs[summary.channel_order_id] = summary
                else:
                    unread[row_id(row)] = RunOrder(row_id(row), UNREAD)
        # Ours behind theirs: what arrives between the two is here then, and not what is missing there.
        reached_ms = (await self._book.begin(self._shop.shop, self._now_ms())).reached_ms
        ours = {each.channel_order_id: each for each in await self._ours(window, theirs)}
        found = [each for each in differences(theirs, ours, reached_ms) if each.channel_order_id not in unread]
        await self._runs.settle(run.run_id, [*unread.values(), *found])
        counted = Counter(run.counted) + _counted("theirs", theirs) + _counted("ours", ours)
        await self._runs.reach(run.run_id, window.end_ms + SECOND_MS, counted)

    async def ended(self, run: Run) -> None:
        """Raises NotReady."""
        counts = await self._runs.counts(run.run_id)
        if not counts:
            await self._alarms.close_alarm(CHANNEL_DIFFERS, self._shop.shop, self._now_ms())
            return
        named = {"shop": self._shop.shop, "channel": self._shop.channel, "responsible": self._shop.responsible}
        detail = {**named, "check_id": run.run_id, "differences": dict(counts)}
        await self._alarms.raise_anew(CHANNEL_DIFFERS, self._shop.shop, detail, self._now_ms())

    def _read(self, row: Arrived) -> Summary | None:
        return self._orders.read(self._shop.channel, self._shop.shop, row)

    async def _ours(self, window: Window, theirs: Mapping[str, Summary]) -> list[Summary]:
        """Those placed in the window, and those of theirs that we believe to have been placed at another time."""
        ours = list(await self._orders.placed(self._shop.channel, self._shop.shop, window))
        others = list(theirs.keys() - {each.channel_order_id for each in ours})
        return [*ours, *(await self._orders.known(self._shop.channel, self._shop.shop, others)).values()]


def differences(theirs: Mapping[str, Summary], ours: Mapping[str, Summary], reached_ms: int) -> Iterator[RunOrder]:
    """`reached_ms`: what changed there behind it is on its way to us, and no difference yet."""
    for key in sorted(theirs.keys() | ours.keys()):
        there, here = theirs.get(key), ours.get(key)
        if there is None:
            yield RunOrder(key, MISSING_THERE)
        elif there.modified_ms > reached_ms or (here and here.modified_ms > there.modified_ms):
            continue
        elif here is None:
            yield RunOrder(key, MISSING_HERE, 0, {"theirs": _told(there)})
        elif what := _differing(there, here):
            yield RunOrder(key, what, 0, {"theirs": _told(there), "ours": _told(here)})


def _differing(there: Summary, here: Summary) -> str:
    """The first of payment, fulfilment and amount, "": none."""
    for what, fields in _COMPARED.items():
        if any(getattr(there, field) != getattr(here, field) for field in fields):
            return what
    return ""


def _told(summary: Summary) -> Mapping[str, object]:
    return {field: getattr(summary, field) for fields in _COMPARED.values() for field in fields}


def _counted(whose: str, orders: Mapping[str, Summary]) -> Counter[str]:
    minor = sum(each.paid_minor or 0 for each in orders.values())
    return Counter({f"{whose}_orders": len(orders), f"{whose}_minor": minor})


class ScheduleChecks:
    """Every shop once a week, over the week before and whatever lies between it and the last one, however much people
    check themselves. `run_once` is a loop's.
    """

    def __init__(self, shops: Shops, book: SyncBook, runs: RunBook, now_ms: Callable[[], int] = wall_ms) -> None:
        self._shops = shops
        self._book = book
        self._runs = runs
        self._now_ms = now_ms

    async def run_once(self) -> float:
        """Raises NotReady, OutcomeUnknown."""
        now_ms = self._now_ms()
        newest = await self._runs.newest(RunKind.CHECK, BY)
        shops = self._shops.all()
        for progress in await self._book.progress():
            shop, run = shops.get(progress.shop), newest.get(progress.shop)
            last_ms = run.requested_ms if run else progress.began_ms
            if shop is None or not shop.enabled or now_ms - last_ms < EVERY_MS:
                continue
            end_ms = now_ms // SECOND_MS * SECOND_MS
            checked_ms = run.to_ms if run else end_ms
            start_ms = max(min(checked_ms, end_ms - EVERY_MS), end_ms - RANGE_MS_MAX)
            await self._runs.open(progress.shop, RunKind.CHECK, Window(start_ms, end_ms), BY, now_ms)
        return LOOK_S
