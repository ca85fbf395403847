"""What the stock side is to do for an order is done: one step after the other, each begun in writing.

A step is noted before it is done. Whoever finds one that was begun repeats it, under the ids it had, before anything
new is decided: a crash, or two who settle the same order, cannot make two reservations.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from inventory_service.domain import ids
from inventory_service.domain.errors import ServiceError
from inventory_service.domain.orders import progress
from inventory_service.domain.orders.intent import CaseCode, Intent, Parts, Step, Terms, decide
from inventory_service.domain.orders.order import Order, OrderLine
from inventory_service.domain.orders.stock_side import reservation_id
from inventory_service.domain.outcomes import Shortage
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders.back_off import next_try_ms
from inventory_service.usecases.orders.ports import (
    NO_CASE,
    Case,
    HistoryEntry,
    Kept,
    OrderBook,
    StoredOrder,
    Work,
)
from inventory_service.usecases.orders.stock_steps import Did, Outcome, StockSteps, ship_to
from inventory_service.usecases.read_stock import ReadStock

STEPS_MAX = 8
SKUS_LOOKED_AT_MAX = 10
# Stock may come, or a SKU come to be; the others wait for a word of a person, the platform or the warehouse.
_CURED_BY_TIME = frozenset({CaseCode.OVERSOLD, CaseCode.STOCK_REFUSED, CaseCode.UNKNOWN_SKU})

HoldSeconds = Callable[[str, str], int]  # of a channel and a shop


class SettleOrder:
    def __init__(
        self,
        book: OrderBook,
        steps: StockSteps,
        stock: ReadStock,
        hold_seconds: HoldSeconds,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._book = book
        self._steps = steps
        self._stock = stock
        self._hold_seconds = hold_seconds
        self._now_ms = now_ms

    async def __call__(self, order_no: str) -> StoredOrder:
        """The order with its stock as far as that can be had now; what cannot is noted with it and tried again later.

        Raises Refused (`not_found`), and NotReady where not even that can be noted: the order stays due.
        """
        stored = await self._book.change(order_no, self._begin)
        for _ in range(STEPS_MAX):
            if stored.work.step is None:
                break
            try:
                outcome = await self._steps.do(stored, stored.work.step)
                detail = await self._missing(outcome.shortages)
            except ServiceError:
                return await self._book.change(order_no, partial(self._put_off, stored.work))
            stored = await self._book.change(order_no, partial(self._note, stored.work, outcome, detail))
            if outcome.did in {Did.SHORT, Did.LOST, Did.REFUSED}:
                break
            stored = await self._book.change(order_no, self._begin)
        return stored

    def _begin(self, stored: StoredOrder, parts: Parts) -> Kept | None:
        """Decide, unless something was begun; nothing to do is noted too."""
        work, order = stored.work, stored.order
        if work.step is not None:
            return None
        intent = decide(order, work.side, parts, self._terms(order))
        unmapped = {code_of(line): line.title for line in order.lines if _is_unmapped(line, intent, parts)}
        if intent.step is not None:
            due_ms = work.next_try_ms or self._now_ms()  # whoever begins it may not live to end it
            begun = work._replace(number=work.number + 1, step=intent.step, next_try_ms=due_ms)
            return Kept(stored._replace(work=begun), unmapped=unmapped)
        case = _case(intent)
        rested = self._rested(work, case)
        if rested == work:
            return None
        history = [] if case == work.case else [self._entry("case", {"code": case.code, **case.detail})]
        return Kept(stored._replace(work=rested), history, unmapped=unmapped)

    def _terms(self, order: Order) -> Terms:
        goes_to = ship_to(order.receiver)
        digest = ids.digest("destination", goes_to.country, goes_to.region) if goes_to else ""
        return Terms(self._hold_seconds(order.channel, order.shop), digest)

    def _rested(self, work: Work, case: Case) -> Work:
        """Nothing is to be done now: for good, or until time has cured it."""
        if case.code not in _CURED_BY_TIME:
            return work._replace(case=case, attempts=0, next_try_ms=0)
        again_ms = next_try_ms(self._now_ms(), work.attempts)
        return work._replace(case=case, attempts=work.attempts + 1, next_try_ms=again_ms)

    def _note(
        self, begun: Work, outcome: Outcome, missing: Mapping[str, object], stored: StoredOrder, _: Parts
    ) -> Kept | None:
        """Unless another one has noted it."""
        step = stored.work.step
        if step is None or stored.work.number != begun.number:
            return None
        work = self._after(stored.work, step, outcome, missing)
        told: dict[str, object] = {
            "reservation": reservation_id(stored.order.order_no, work.side.attempt),
            "outcome": outcome.did,
        }
        is_news = outcome.did is not Did.SHORT or work.case != stored.work.case
        history = [self._entry(step.action, {**told, **missing})] if is_news else []
        return Kept(stored._replace(work=work), history)

    def _after(self, work: Work, step: Step, outcome: Outcome, missing: Mapping[str, object]) -> Work:
        idle = work._replace(step=None)
        if outcome.did is Did.DONE:
            return idle._replace(side=progress.done(work.side, step), case=NO_CASE, attempts=0)
        if outcome.did is Did.KEPT:
            return idle._replace(side=progress.kept(work.side, step))
        if outcome.did is Did.GONE:
            return idle._replace(side=progress.gone(work.side))
        if outcome.did is Did.PICKED:
            handling = work.side.handling._replace(picking=True)
            return idle._replace(side=work.side._replace(handling=handling))
        if outcome.did is Did.LOST:
            idle = idle._replace(side=progress.gone(work.side))
        if outcome.shortages:
            return self._rested(idle, Case(CaseCode.OVERSOLD, missing))
        return self._rested(idle, Case(CaseCode.STOCK_REFUSED, {"detail": outcome.detail}))

    def _put_off(self, begun: Work, stored: StoredOrder, _: Parts) -> Kept | None:
        """The store is away, or nobody knows whether it is done: the step stays begun."""
        work = stored.work
        if work.number != begun.number or work.step is None:
            return None
        again_ms = next_try_ms(self._now_ms(), work.attempts)
        return Kept(stored._replace(work=work._replace(attempts=work.attempts + 1, next_try_ms=again_ms)))

    async def _missing(self, shortages: Sequence[Shortage]) -> Mapping[str, object]:
        """What is missing, and where it could come from: where more of it lies, or is on its way."""
        if not shortages:
            return {}
        return {"missing": [await self._one_missing(each) for each in shortages[:SKUS_LOOKED_AT_MAX]]}

    async def _one_missing(self, short: Shortage) -> Mapping[str, object]:
        levels = (await self._stock.one(short.sku)).warehouses
        sources = [
            {"warehouse": level.warehouse, "available": level.available, "incoming": level.incoming}
            for level in levels
            if level.available > 0 or level.incoming > 0
        ]
        units = {"requested": short.requested, "available": short.available}
        return {"sku": short.sku, **units, "reason": short.reason, "sources": sources}

    def _entry(self, kind: str, detail: Mapping[str, object]) -> HistoryEntry:
        return HistoryEntry(self._now_ms(), kind, detail)


def code_of(line: OrderLine) -> str:
    """By what people know the variant: the merchant's code, or the platform's where there is none."""
    return line.sku or line.channel_sku or line.channel_item


def _is_unmapped(line: OrderLine, intent: Intent, parts: Parts) -> bool:
    return intent.case is CaseCode.UNKNOWN_SKU and line.line_id in intent.lines and line.line_id not in parts


def _case(intent: Intent) -> Case:
    if intent.case is None:
        return NO_CASE
    return Case(intent.case, {"lines": list(intent.lines)} if intent.lines else {})
