"""What the stock side is to do for an order is done: one step after the other, each begun in writing.

A step is noted before it is done. Whoever finds one that was begun repeats it, under the ids it had, before anything
new is decided: a crash, or two who settle the same order, cannot make two reservations.
Its warehouses are told in the transaction in which nothing more is left to do, so no entry is lost or made twice.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from inventory_service.domain import ids
from inventory_service.domain.errors import ServiceError
from inventory_service.domain.orders import lateness, progress, telling
from inventory_service.domain.orders.intent import Action, CaseCode, Intent, Parts, Step, Terms, decide
from inventory_service.domain.orders.order import Order, OrderLine
from inventory_service.domain.orders.stock_side import Hold, StockSide, grown, reservation_id
from inventory_service.domain.outcomes import Shortage
from inventory_service.domain.reservation import Reservation
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

STEPS_MAX = 16  # a look, a step, and again, for whatever changes meanwhile
SKUS_LOOKED_AT_MAX = 10
# Stock may come, or a SKU come to be; the others wait for a word of a person, the platform or the warehouse.
_CURED_BY_TIME = frozenset({CaseCode.OVERSOLD, CaseCode.STOCK_REFUSED, CaseCode.UNKNOWN_SKU})

_IN_VAIN = frozenset({Did.SHORT, Did.LOST, Did.REFUSED})

HoldSeconds = Callable[[str, str], int]  # of a channel and a shop


def _picked(side: StockSide, step: Step) -> StockSide:
    """An edit waits for a person then. What was to go back all the same has left, whatever its warehouse said."""
    handling = side.handling
    has_left = handling.shipped or handling.picking or step.action is Action.RELEASE
    return side._replace(handling=handling._replace(picking=True, shipped=has_left))


_SIDE_AFTER: Mapping[Did, Callable[[StockSide, Step], StockSide]] = {
    Did.DONE: progress.done,
    Did.KEPT: progress.kept,
    Did.GONE: lambda side, _: progress.gone(side),
    Did.LOST: lambda side, _: progress.gone(side),
    Did.PICKED: _picked,
}


class Looked(NamedTuple):
    """What the kernel has of an order's reservation, read after the order was: whoever began a step or told its
    warehouses something since then had a newer look, whoever woke it knows of something newer, and this one counts for
    nothing. `is_there`: what a refused amendment lacked.
    """

    number: int
    entries: int
    next_try_ms: int
    record: Reservation | None
    is_there: bool

    def fits(self, work: Work) -> bool:
        return self[:3] == (work.number, work.side.entries, work.next_try_ms)


class NeedsLook(Exception):
    """Nothing is to be done, and where the stock is must be seen before the warehouses are told. `lacks`: units by SKU
    that a refused amendment needs more than the order has.
    """

    def __init__(self, lacks: Mapping[str, int]) -> None:
        super().__init__()
        self.lacks = lacks


class _Deciding:
    """What to do next for an order, unless something was begun."""

    def __init__(self, settle: "SettleOrder", looked: Looked | None) -> None:
        self._settle = settle
        self._looked = looked
        self.needs_look: NeedsLook | None = None

    def __call__(self, stored: StoredOrder, parts: Parts) -> Kept | None:
        if stored.work.step is not None:
            return None
        try:
            return self._settle.begin(self._looked, stored, parts)
        except NeedsLook as needs_look:
            self.needs_look = needs_look
            return None


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
        What its warehouses are to ship then, they are told in the transaction that lets it rest.

        Raises Refused (`not_found`), and NotReady where not even that can be noted: the order stays due.
        """
        stored, needs_look = await self._begun(order_no, None)
        is_first = True  # whatever was refused in this go is not asked for again
        for _ in range(STEPS_MAX):
            try:
                if stored.work.step is not None:
                    stored, is_over = await self._done(stored, stored.work.step)
                    if is_over:
                        break
                    looked, is_first = None, False
                elif needs_look:
                    looked = await self._look(stored, needs_look.lacks if is_first else {})
                else:
                    break
            except ServiceError:
                return await self._book.change(order_no, partial(self._put_off, stored.work))
            stored, needs_look = await self._begun(order_no, looked)
        return stored

    async def _begun(self, order_no: str, looked: "Looked | None") -> tuple[StoredOrder, NeedsLook | None]:
        """With a step begun, or at rest, or with nothing to do once it was seen where the stock is."""
        deciding = _Deciding(self, looked)
        return await self._book.change(order_no, deciding), deciding.needs_look

    async def _done(self, stored: StoredOrder, step: Step) -> tuple[StoredOrder, bool]:
        """With what came of the step, and whether it was in vain: then it is over for now."""
        outcome = await self._steps.do(stored, step)
        missing = await self._missing(outcome.shortages)
        noted = await self._book.change(stored.order.order_no, partial(self._note, stored.work, outcome, missing))
        return noted, outcome.did in _IN_VAIN

    async def _look(self, stored: StoredOrder, lacks: Mapping[str, int]) -> "Looked":
        """Which warehouses have the order's stock now, and, once that is due, whether there is what it lacks."""
        work = stored.work
        record = await self._steps.record(reservation_id(stored.order.order_no, work.side.attempt))
        is_there = bool(lacks) and 0 < work.next_try_ms <= self._now_ms()
        for sku, units in lacks.items() if is_there else ():
            is_there = is_there and (await self._stock.one(sku, stored.order.channel)).sellable >= units
        return Looked(work.number, work.side.entries, work.next_try_ms, record, is_there)

    def begin(self, looked: "Looked | None", stored: StoredOrder, parts: Parts) -> Kept | None:
        """Decide, as nothing was begun; nothing to do is noted too, with what the warehouses are told then.

        Raises NeedsLook.
        """
        work = stored.work
        is_seen = looked is not None and looked.fits(work)
        record = looked.record if looked and is_seen else None
        if is_seen:
            work = work._replace(side=telling.looked(work.side, record))
        intent = decide(stored.order, work.side, parts, self._terms(stored.order))
        if intent.refused and looked and is_seen and looked.is_there:
            work = work._replace(side=work.side._replace(refused=""))
            intent = decide(stored.order, work.side, parts, self._terms(stored.order))
        unmapped = {code_of(line): line.title for line in stored.order.lines if _is_unmapped(line, intent, parts)}
        if intent.step is not None:
            now_ms = self._now_ms()
            due_ms = min(work.next_try_ms or now_ms, now_ms)  # whoever begins it may not live to end it
            begun = work._replace(number=work.number + 1, step=intent.step, next_try_ms=due_ms)
            return Kept(stored._replace(work=begun), unmapped=unmapped)
        if work.side.hold is Hold.CONFIRMED and not is_seen:
            raise NeedsLook(grown(work.side.backed, intent.refused))
        kept = self._rest(stored, work, _case(intent), record, intent.awaits_warehouse)
        if kept.stored.work == stored.work:
            return None
        case = kept.stored.work.case
        history = [] if case == work.case else [self._entry("case", {"code": case.code, **case.detail})]
        return kept._replace(history=[*history, *kept.history], unmapped=unmapped)

    def _rest(self, stored: StoredOrder, work: Work, case: Case, record: Reservation | None, awaits: bool) -> Kept:
        """Nothing is to be done now; the warehouses are told what has changed for them."""
        side, entries = telling.tell(stored.order, work.side, case.code, awaits, record)
        side = lateness.asked(side, entries, self._now_ms())
        told = [
            self._entry("told", {"warehouse": each.warehouse, "entry": each.kind, "number": each.number})
            for each in entries
        ]
        rested = self._rested(stored.order, work._replace(side=side), case, awaits)
        return Kept(stored._replace(work=rested), told, entries=entries)

    def _terms(self, order: Order) -> Terms:
        goes_to = ship_to(order.receiver)
        digest = ids.digest("destination", goes_to.country, goes_to.region) if goes_to else ""
        return Terms(self._hold_seconds(order.channel, order.shop), digest)

    def _rested(self, order: Order, work: Work, case: Case, awaits: bool) -> Work:
        """Nothing is to be done now: until time has cured it, or an answer of a warehouse is late."""
        now_ms = self._now_ms()
        if case.code in _CURED_BY_TIME:
            again_ms = next_try_ms(now_ms, work.attempts)
            return work._replace(case=case, attempts=work.attempts + 1, next_try_ms=again_ms)
        look_ms, attempts = lateness.next_look_ms(order, work.side, awaits, now_ms), 0
        if case.code == CaseCode.AMENDMENT_REFUSED and work.side.hold is Hold.CONFIRMED:  # a hold would never end
            is_waiting = work.next_try_ms > now_ms
            attempts = work.attempts + (not is_waiting)
            again_ms = work.next_try_ms if is_waiting else next_try_ms(now_ms, work.attempts)
            look_ms = min(look_ms or again_ms, again_ms)
        silent = lateness.silent(order, work.side, awaits, now_ms)
        if silent:
            case = Case(CaseCode.WAREHOUSE_SILENT, {"warehouses": list(silent)})
        return work._replace(case=case, attempts=attempts, next_try_ms=look_ms)

    def _note(
        self, begun: Work, outcome: Outcome, missing: Mapping[str, object], stored: StoredOrder, _: Parts
    ) -> Kept | None:
        """Unless another one has noted it, with more luck or as much."""
        step = stored.work.step or (begun.step if _has_more_luck(outcome, begun, stored.work) else None)
        if step is None or stored.work.number != begun.number:
            return None
        kept = self._after(stored, step, outcome, missing)
        told: dict[str, object] = {
            "reservation": reservation_id(stored.order.order_no, stored.work.side.attempt),
            "outcome": outcome.did,
        }
        is_news = outcome.did is not Did.SHORT or kept.stored.work.case != stored.work.case
        history = [self._entry(step.action, {**told, **missing})] if is_news else []
        return kept._replace(history=[*history, *kept.history])

    def _after(self, stored: StoredOrder, step: Step, outcome: Outcome, missing: Mapping[str, object]) -> Kept:
        idle = stored.work._replace(step=None)
        side = _SIDE_AFTER.get(outcome.did)
        if side is not None:
            idle = idle._replace(side=side(idle.side, step))
        if outcome.did in _IN_VAIN:
            code = CaseCode.OVERSOLD if outcome.shortages else CaseCode.STOCK_REFUSED
            return self._rest(stored, idle, Case(code, missing or {"detail": outcome.detail}), None, False)
        if outcome.did is Did.DONE:
            idle = idle._replace(case=NO_CASE, attempts=0)
        return Kept(stored._replace(work=idle))

    def _put_off(self, begun: Work, stored: StoredOrder, _: Parts) -> Kept | None:
        """The store is away, or nobody knows whether it is done: a step stays begun, and the order due."""
        work = stored.work
        if work.number != begun.number or work.step != begun.step:
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


def _has_more_luck(outcome: Outcome, begun: Work, noted: Work) -> bool:
    """Two did the same step, and stock came between them: what the second one took is nobody's until it is noted."""
    before, after = begun.side, noted.side
    is_as_before = (before.attempt, before.hold, before.backed) == (after.attempt, after.hold, after.backed)
    return outcome.did is Did.DONE and is_as_before


def code_of(line: OrderLine) -> str:
    """By what people know the variant: the merchant's code, or the platform's where there is none."""
    return line.sku or line.channel_sku or line.channel_item


def _is_unmapped(line: OrderLine, intent: Intent, parts: Parts) -> bool:
    return intent.case is CaseCode.UNKNOWN_SKU and line.line_id in intent.lines and line.line_id not in parts


def _case(intent: Intent) -> Case:
    if intent.case is None:
        return NO_CASE
    return Case(intent.case, {"lines": list(intent.lines)} if intent.lines else {})
