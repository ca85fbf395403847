"""Orders placed in a range of time are taken in again, and it is told what each was: new, changed, unchanged."""

from collections.abc import Mapping, Sequence

from inventory_service.usecases.sync.adapter import Arrived, Missed
from inventory_service.usecases.sync.duty import Line
from inventory_service.usecases.sync.ports import Run, RunBook, RunOrder, Summary, TakesOrders, Took
from inventory_service.usecases.sync.runs import row_id
from inventory_service.usecases.sync.taking import Taking
from inventory_service.usecases.sync.watermark import SECOND_MS, Window

PENDING = "pending"


class Backfill:
    """What is known of an order is noted before it is taken in, so that it can be told after a crash what it was."""

    def __init__(self, line: Line, runs: RunBook, orders: TakesOrders, taking: Taking) -> None:
        self._shop = line.shop
        self._adapter = line.adapter
        self._runs = runs
        self._orders = orders
        self._taking = taking

    async def window(self, run: Run, window: Window) -> None:
        async for rows in self._adapter.placed(window):
            await self._page(run, rows)
        await self._runs.reach(run.run_id, window.end_ms + SECOND_MS, {})

    async def ended(self, run: Run) -> None:
        pass

    async def _page(self, run: Run, rows: Sequence[Arrived | Missed]) -> None:
        by_id = {row_id(row): row for row in rows}
        known = await self._known(by_id)
        expected = [RunOrder(key, PENDING, known[key].modified_ms if key in known else 0) for key in by_id]
        noted = {each.channel_order_id: each for each in await self._runs.expect(run.run_id, expected)}
        took = dict(zip(by_id, await self._taking(self._shop, list(by_id.values())), strict=True))
        now = await self._known(by_id)
        settled = [
            RunOrder(each.channel_order_id, outcome(each, took[each.channel_order_id], noted, now), 0, detail)
            for each in expected
            for detail in [_detail(by_id[each.channel_order_id], now.get(each.channel_order_id))]
        ]
        await self._runs.settle(run.run_id, settled)

    async def _known(self, channel_order_ids: Mapping[str, object]) -> Mapping[str, Summary]:
        return await self._orders.known(self._shop.channel, self._shop.shop, list(channel_order_ids))


def outcome(expected: RunOrder, took: Took, noted: Mapping[str, RunOrder], now: Mapping[str, Summary]) -> Took:
    """What this run did with an order. `noted`: what it had noted of it on an earlier page, or before a crash."""
    earlier = noted.get(expected.channel_order_id)
    if earlier is None or took is Took.FAILED:
        return took
    if earlier.outcome == PENDING:
        return _since(earlier, took, now[expected.channel_order_id])
    if earlier.outcome in {Took.NEW, Took.CHANGED} and took is not Took.NEW:
        return Took(earlier.outcome)
    return took


def _since(earlier: RunOrder, took: Took, now: Summary) -> Took:
    """It may have been taken in already, and we ended before that was noted."""
    if earlier.before_ms == 0:
        return Took.NEW
    return Took.CHANGED if now.modified_ms > earlier.before_ms else took


def _detail(row: Arrived | Missed, summary: Summary | None) -> Mapping[str, object]:
    if isinstance(row, Missed):
        return {"reason": str(row.error)}
    return {"customer": summary.customer} if summary and summary.customer else {}
