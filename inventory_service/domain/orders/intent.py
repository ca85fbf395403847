"""What is to be done with the stock of an order: a comparison of what was done with what the order wants now.

It knows no past beside `StockSide`, so a version that is repeated, late or skipped asks for nothing that was done.
One step at a time: whoever did it comes back with what the stock side is now.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain import ids
from inventory_service.domain.orders import collecting
from inventory_service.domain.orders.order import Order, OrderLine
from inventory_service.domain.orders.states import (
    LEFT,
    REFUND_ASKED_FOR,
    STILL_TO_SHIP,
    Fulfilment,
    Payment,
    PresaleStage,
    Refund,
)
from inventory_service.domain.orders.stock_side import Backed, Hold, Part, StockSide

_COMMITS = frozenset({Payment.DEPOSIT_PAID, Payment.PAID, Payment.PART_REFUNDED})

Parts = Mapping[str, tuple[Part, ...]]  # by line id; a line whose SKU code nobody has mapped is not in it


class Wish(StrEnum):
    """What an order wants of the stock."""

    NOTHING = "nothing"
    HOLD = "hold"
    COMMIT = "commit"
    LEFT = "left"  # it has what it wanted


_OVER = frozenset({Wish.NOTHING, Wish.LEFT})


class Action(StrEnum):
    RESERVE = "reserve"
    CONFIRM = "confirm"
    RELEASE = "release"
    RELEASE_UNITS = "release_units"
    AMEND = "amend"  # the reservation becomes another one, all of it or nothing


class CaseCode(StrEnum):
    """Why an order waits for a person."""

    OVERSOLD = "oversold"
    UNKNOWN_SKU = "unknown_sku"
    AMENDMENT_REFUSED = "amendment_refused"
    EDITED_AFTER_PICKING = "edited_after_picking"
    REFUND_UNCLEAR = "refund_unclear"  # a refund succeeded for an open line, and nobody says for how many units
    STOCK_REFUSED = "stock_refused"
    SHIPPED_AFTER_RELEASE = "shipped_after_release"  # the warehouse said so of what has no stock
    SHIPPED_IN_PART = "shipped_in_part"  # one warehouse shipped its part, another one keeps what it had
    WAREHOUSE_FAILED = "warehouse_failed"  # one said that it cannot do what it was told
    WAREHOUSE_SILENT = "warehouse_silent"  # one says nothing of what it was told


class Step(NamedTuple):
    """`backed`: what the reservation holds stock for once it is done."""

    action: Action
    backed: tuple[Backed, ...]
    seconds: int = 0  # of a hold
    destination: str = ""
    confirms: bool = False  # right behind it


class Intent(NamedTuple):
    """`step` None: nothing is to be done now. `awaits_warehouse`: stock goes back once it says that nothing left.
    `refused`: what an amendment would have held, for which there was no stock.
    """

    step: Step | None
    case: CaseCode | None = None
    lines: tuple[str, ...] = ()  # that the case is about
    awaits_warehouse: bool = False
    refused: tuple[Backed, ...] = ()


class Terms(NamedTuple):
    """What an order's platform does not say: our hold time on that channel, and a digest of where it goes."""

    hold_seconds: int
    destination: str


def wish_of(order: Order) -> Wish:
    if order.fulfilment in LEFT:
        return Wish.LEFT
    is_forfeited = order.presale is not None and order.presale.stage is PresaleStage.FORFEITED
    if order.fulfilment is Fulfilment.CANCELLED or order.payment is Payment.REFUNDED or is_forfeited:
        return Wish.NOTHING
    is_accepted = order.cash_on_delivery and order.fulfilment in STILL_TO_SHIP
    return Wish.COMMIT if order.payment in _COMMITS or is_accepted else Wish.HOLD


def decide(order: Order, side: StockSide, parts: Parts, terms: Terms) -> Intent:
    """The next step, or why there is none."""
    if side.hold is Hold.NONE:
        return _first(order, side, parts, terms)
    wish = wish_of(order)
    if side.handling.shipped or (wish is Wish.LEFT and side.hold is Hold.HELD):
        is_kept = wish is not Wish.LEFT and any(each.keeps for each in side.tellings)
        step = _confirm(side) if side.hold is Hold.HELD and wish in {Wish.LEFT, Wish.COMMIT} else None
        return Intent(step, CaseCode.SHIPPED_IN_PART if is_kept else None)
    target = _Target(order, side, parts, terms, wish)
    step = target.step()
    if wish is Wish.LEFT:  # of what stayed behind the stock still goes back
        return Intent(step, awaits_warehouse=target.awaits)
    if step and step.action is Action.AMEND and amendment(step) == side.refused:
        paid = _confirm(side) if side.hold is Hold.HELD and wish is Wish.COMMIT else None  # what it has, it keeps
        return Intent(paid, CaseCode.AMENDMENT_REFUSED, awaits_warehouse=target.awaits, refused=step.backed)
    return Intent(step, target.case, target.case_lines, target.awaits)


def amendment(step: Step) -> str:
    return ids.digest("amendment", repr(step.backed), step.destination)


def is_stopped(order: Order) -> bool:
    """Whether somebody asked for money back, or got all of it: until that is settled nothing of it may leave."""
    asked = any(line.refund in REFUND_ASKED_FOR for line in order.lines)
    return asked or wish_of(order) is Wish.NOTHING


def to_ship(order: Order, side: StockSide, has_case: bool) -> tuple[tuple[str, int], ...]:
    """Line ids and units that a warehouse may be told to send now: all that can leave, or nothing.

    Never a line without stock, nor before the final payment, nor while a refund is asked for, a person is asked, or the
    platform forbids to ship one of them.
    """
    if side.hold is not Hold.CONFIRMED or has_case or is_stopped(order):
        return ()
    if any(line.fulfilment is Fulfilment.ON_HOLD and line.wanted > line.shipped for line in order.lines):
        return ()
    backed = {each.line_id for each in side.backed}
    lines = order.lines_to_ship
    if any(line.line_id not in backed for line in lines):
        return ()
    return tuple((line.line_id, line.wanted - line.shipped) for line in lines)


def _first(order: Order, side: StockSide, parts: Parts, terms: Terms) -> Intent:
    wish = wish_of(order)
    if side.handling.shipped:
        return Intent(None, CaseCode.SHIPPED_AFTER_RELEASE)
    if wish not in {Wish.HOLD, Wish.COMMIT}:
        return Intent(None)
    wanting = list(_wanting(order))
    unknown = tuple(line.line_id for line in wanting if line.line_id not in parts)
    backed = tuple(_backed(line, parts) for line in wanting if line.line_id in parts)
    case = CaseCode.UNKNOWN_SKU if unknown else None
    if not backed:
        return Intent(None, case, unknown)
    step = Step(Action.RESERVE, backed, terms.hold_seconds, terms.destination, wish is Wish.COMMIT)
    return Intent(step, case, unknown)


def _wanting(order: Order) -> Iterator[OrderLine]:
    """Lines that stock is needed for. One whose refund is only asked for may still be wanted."""
    for line in order.lines:
        if line.fulfilment is not Fulfilment.CANCELLED and line.fulfilment not in LEFT and line.wanted > line.shipped:
            yield line


def _backed(line: OrderLine, parts: Parts) -> Backed:
    return Backed(line.line_id, line.wanted - line.shipped, parts[line.line_id], line.shipped, line.variant)


def _is_another(line: OrderLine, side: StockSide, parts: Parts) -> bool:
    """Whether a line was edited to be of another article; a code that got another meaning is no edit."""
    backed = next((each for each in side.backed if each.line_id == line.line_id and each.variant), None)
    return backed is not None and backed.variant != line.variant and backed.parts != parts.get(line.line_id)


def _confirm(side: StockSide) -> Step:
    return Step(Action.CONFIRM, side.backed, destination=side.destination)


class _Target:
    """What the reservation is to hold from now on, line by line, as far as it may be touched."""

    def __init__(self, order: Order, side: StockSide, parts: Parts, terms: Terms, wish: Wish) -> None:
        self._order, self._side, self._terms, self._wish = order, side, terms, wish
        self._lines = {line.line_id: line for line in order.lines}
        shipped = {line.line_id: line.shipped for line in order.lines} | dict(order.vanished)
        self._shipped = {each.line_id: shipped.get(each.line_id, 0) - each.before for each in side.backed}
        self._exchanged = {each.line_id for each in _wanting(order) if _is_another(each, side, parts)}
        self._is_picked = side.handling.picking or any(units > 0 for units in self._shipped.values())
        self.awaits = False
        self.case: CaseCode | None = None
        self.case_lines: tuple[str, ...] = ()
        self._destination = side.destination
        kept = [each._replace(units=self._units(each)) for each in side.backed]
        self.backed = tuple(each for each in kept if each.units > 0) + self._added(parts)
        self._look_at_destination()
        self._look_at_amount()
        self._look_at_refunds()
        if any(each.failed for each in side.tellings):
            self._ask(CaseCode.WAREHOUSE_FAILED)

    def step(self) -> Step | None:
        if not self.backed:
            return Step(Action.RELEASE, ())
        before = {(each.line_id, each.parts): each.units for each in self._side.backed}
        grows = any(each.units > before.get((each.line_id, each.parts), 0) for each in self.backed)
        commits = self._wish is Wish.COMMIT
        if grows or self._destination != self._side.destination:
            confirms = commits or self._side.hold is Hold.CONFIRMED
            return Step(Action.AMEND, self.backed, self._terms.hold_seconds, self._destination, confirms)
        if self.backed != self._side.backed:
            return Step(Action.RELEASE_UNITS, self.backed, destination=self._side.destination)
        return _confirm(self._side) if commits and self._side.hold is Hold.HELD else None

    def _units(self, backed: Backed) -> int:
        """Of one line: what is wanted of it, unless the warehouse is in the way."""
        line = None if backed.line_id in self._exchanged else self._lines.get(backed.line_id)
        wanted, was_taken_back = self._wanted(line, backed)
        wanted = max(wanted - backed.before, self._shipped[backed.line_id], 0)
        if wanted < backed.units and was_taken_back:
            if not self._side.handling.stopped(backed.line_id):
                self.awaits = True
                return backed.units
        elif wanted != backed.units and self._is_picked:
            self._ask(CaseCode.EDITED_AFTER_PICKING, backed.line_id)
            return backed.units
        return wanted

    def _wanted(self, line: OrderLine | None, backed: Backed) -> tuple[int, bool]:
        """Units, and whether fewer of them are a cancellation or a refund rather than an edit."""
        if self._wish is Wish.NOTHING:
            return 0, True
        if line and line.fulfilment is Fulfilment.CANCELLED:
            return 0, True
        if self._has_left(line):
            return backed.units + backed.before, False
        return (line.wanted, bool(line.refunded)) if line else (0, False)

    def _has_left(self, line: OrderLine | None) -> bool:
        """Of an order that has left also what nobody says anything else of."""
        if line and line.fulfilment in LEFT:
            return True
        return self._wish is Wish.LEFT and not (line and line.refunded)

    def _added(self, parts: Parts) -> tuple[Backed, ...]:
        if self._wish in _OVER:
            return ()
        old = {each.line_id for each in self._side.backed} - self._exchanged
        added = [line for line in _wanting(self._order) if line.line_id not in old]
        for line in added:
            if line.line_id not in parts:
                self._ask(CaseCode.UNKNOWN_SKU, line.line_id)
            elif self._is_picked:
                self._ask(CaseCode.EDITED_AFTER_PICKING, line.line_id)
        if self._is_picked:
            return ()
        return tuple(_backed(line, parts) for line in added if line.line_id in parts)

    def _look_at_destination(self) -> None:
        if self._wish in _OVER:
            return
        if self._is_picked and any(each.units and each.receiver != self._side.receiver for each in self._side.tellings):
            self._ask(CaseCode.EDITED_AFTER_PICKING)
        wanted = self._terms.destination
        if not wanted or wanted == self._side.destination:
            return
        if self._is_picked:
            self._ask(CaseCode.EDITED_AFTER_PICKING)
        else:
            self._destination = wanted

    def _look_at_amount(self) -> None:
        """Another sum at the door than on the label of what is in hand."""
        told = self._side.due_minor
        if self._wish in _OVER or not self._side.handling.picking or not told:
            return
        if collecting.due_minor(self._order) != told:
            self._ask(CaseCode.EDITED_AFTER_PICKING)

    def _look_at_refunds(self) -> None:
        if self._wish in _OVER:
            return
        for line in self._order.lines:
            if line.refund is Refund.SUCCEEDED and line.refunded is None and line.fulfilment in STILL_TO_SHIP:
                self._ask(CaseCode.REFUND_UNCLEAR, line.line_id)

    def _ask(self, case: CaseCode, line_id: str = "") -> None:
        """The first reason is the one that is told; a line is named once."""
        if self.case is None:
            self.case = case
        if self.case is case and line_id and line_id not in self.case_lines:
            self.case_lines = (*self.case_lines, line_id)
