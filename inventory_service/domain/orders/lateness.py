"""Warehouses that owe an answer, and from when on a person is told of it."""

from collections.abc import Iterator, Sequence

from inventory_service.domain.orders.intent import Wish, wish_of
from inventory_service.domain.orders.order import Order
from inventory_service.domain.orders.stock_side import StockSide, Telling
from inventory_service.domain.orders.telling import Entry

# Less than it mostly takes to pick and pack: a person can still stop the parcel, and the stock waits for the answer.
TAKEN_BACK_MS = 30 * 60 * 1000
# `ack` is a machine's word, due within seconds at any hour. Two hours outlast its maintenance, and leave the most part
# of the day that a platform gives for shipping.
TOLD_MS = 2 * 60 * 60 * 1000
# Scans wake no order: one that left without a word is found by looking again.
LOOK_MS = 10 * 60 * 1000


def asked(side: StockSide, entries: Sequence[Entry], at_ms: int) -> StockSide:
    """Each warehouse that was just told something owes an answer."""
    numbers = {entry.number for entry in entries}
    tellings = [each._replace(asked_ms=at_ms) if each.number in numbers else each for each in side.tellings]
    return side._replace(tellings=tuple(tellings))


def silent(order: Order, side: StockSide, awaits: bool, now_ms: int) -> tuple[str, ...]:
    """The warehouses that should have answered by now. `awaits`: stock waits for one to say that nothing left."""
    return tuple(each.warehouse for each in _owing(order, side, awaits) if _late_ms(each) <= now_ms)


def next_look_ms(order: Order, side: StockSide, awaits: bool, now_ms: int) -> int:
    """0: no answer is owed."""
    late = map(_late_ms, _owing(order, side, awaits))
    return min((late_ms if late_ms > now_ms else now_ms + LOOK_MS for late_ms in late), default=0)


def _owing(order: Order, side: StockSide, awaits: bool) -> Iterator[Telling]:
    """Of an order that has left only those that are to say what stayed behind."""
    has_left = wish_of(order) is Wish.LEFT
    for each in side.tellings:
        if each.asked_ms and not each.left and (not has_left or (awaits and each.taken_back)):
            yield each


def _late_ms(telling: Telling) -> int:
    return telling.asked_ms + (TAKEN_BACK_MS if telling.taken_back else TOLD_MS)
