"""What the warehouses are to be told of an order, and what their answers mean.

An entry says what is to leave a warehouse for an order in all, so one that is read twice, or told again, ships nothing
twice. Nor does stock that moves to another warehouse: that one is told once the first has said that it ships less.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.orders import collecting, stock_side
from inventory_service.domain.orders.collecting import Collecting
from inventory_service.domain.orders.intent import CaseCode, Wish, is_stopped, to_ship, wish_of
from inventory_service.domain.orders.order import Order
from inventory_service.domain.orders.states import NOT_LEFT
from inventory_service.domain.orders.stock_side import ALL_LINES, StockSide, Telling, Units, Word
from inventory_service.domain.reservation import OPEN_STATUSES, Reservation

# The warehouse goes on as it was told while a person looks at it: what it has in hand is not called back for an edit.
_GOES_ON = frozenset({"", CaseCode.EDITED_AFTER_PICKING, CaseCode.WAREHOUSE_FAILED, CaseCode.SHIPPED_IN_PART})


class EntryKind(StrEnum):
    SHIP = "ship"
    CHANGE = "change"
    CANCEL = "cancel"


class Entry(NamedTuple):
    """One warehouse is told. `units`: all that is to leave it for the order; of a CANCEL nothing is."""

    number: int
    kind: EntryKind
    warehouse: str
    reservation: str
    units: Units


class Saying(StrEnum):
    """What a warehouse, or a person for it, answers to an entry."""

    ACK = "ack"
    PICKING = "picking"
    SHIPPED = "shipped"
    NOT_SHIPPED = "not-shipped"  # what the entry takes back has not left, and will not
    FAILED = "failed"  # it cannot do what the entry says


class Allotted(NamedTuple):
    """What a warehouse has for an order in the kernel's eyes. `left`: it was all scanned."""

    units: Units
    left: bool
    shipped: Units


def allotted(record: Reservation | None) -> Mapping[str, Allotted]:
    """By warehouse; nothing of a reservation that ended without a parcel."""
    units: dict[str, dict[str, int]] = {}
    shipped: dict[str, dict[str, int]] = {}
    still_open: set[str] = set()
    is_alive = record is not None and (record.status in OPEN_STATUSES or any(line.shipped for line in record.lines))
    for line in record.lines if record and is_alive else ():
        for each in line.allocations:
            if each.quantity > 0:
                _count(units, each.warehouse, line.sku, each.quantity)
                _count(shipped, each.warehouse, line.sku, each.shipped)
                still_open |= {each.warehouse} if each.open else set()
    return {code: Allotted(_units(units[code]), code not in still_open, _units(shipped[code])) for code in units}


def looked(side: StockSide, record: Reservation | None) -> StockSide:
    """With what the scans say. Where one that was to stop has shipped all it had, no word of it is waited for."""
    has = allotted(record)
    tellings = tuple(each._replace(left=_has_left(each, has)) for each in side.tellings)
    side = side._replace(tellings=tellings)
    return _put_back(side) if any(each.left and each.taken_back for each in tellings) else side


def tell(
    order: Order, side: StockSide, case: str, awaits: bool, record: Reservation | None
) -> tuple[StockSide, tuple[Entry, ...]]:
    """Who is to be told what now. `awaits`: stock waits for a warehouse to say that nothing left."""
    stops = _stops(order, side, case, awaits)
    has = allotted(record)
    seen = {each.warehouse: _seen(each, has) for each in side.tellings}
    if stops is None:
        return side._replace(tellings=tuple(seen.values())), ()
    # What is in hand has its label already: `intent` makes another amount a case.
    due = side.due_minor if side.handling.picking else collecting.due_minor(order)
    side = side._replace(due_minor=due)
    wanted = {code: () if stops else has[code].units for code in has}
    collect = Collecting(due, seen, wanted, collecting.worth_of(order, side.backed))
    telling = _Telling(side, stock_side.reservation_id(order.order_no, side.attempt), seen, wanted, collect)
    entries = tuple(entry for code in sorted({*seen, *has}) if (entry := telling.entry(code, has.get(code))))
    handling = side.handling
    if any(entry.kind is not EntryKind.CANCEL for entry in entries):
        handling = stock_side.told(handling)
    tellings = tuple(telling.seen[code] for code in sorted(telling.seen))
    return side._replace(tellings=tellings, entries=side.entries + len(entries), handling=handling), entries


def answered(side: StockSide, number: int, warehouse: str, saying: Saying) -> StockSide | None:
    """None: the answer says nothing of what the warehouse is told now, and changes nothing.

    That a parcel left is believed whenever it is said.
    """
    mine = next((each for each in side.tellings if each.warehouse == warehouse), None)
    if saying is Saying.SHIPPED:
        handling = stock_side.heard(side.handling, Word.SHIPPED)
        return _with(side, mine and mine._replace(failed=False, asked_ms=0))._replace(handling=handling)
    if mine is None or mine.keeps:
        return None
    if saying is Saying.PICKING:
        side = side._replace(handling=stock_side.heard(side.handling, Word.PICKING))
    elif number < mine.taken_back or (saying is Saying.NOT_SHIPPED and not mine.taken_back):
        return None
    if saying is Saying.FAILED:
        return _with(side, mine._replace(failed=True, asked_ms=0))
    settles = mine.taken_back <= number and (bool(mine.units) or saying is Saying.NOT_SHIPPED)
    asked_ms = 0 if settles and number >= mine.number else mine.asked_ms
    mine = mine._replace(failed=False, taken_back=0 if settles else mine.taken_back, asked_ms=asked_ms)
    return _put_back(_with(side, mine))


def _stops(order: Order, side: StockSide, case: str, awaits: bool) -> bool | None:
    """Whether nothing of it may leave now; None: what the warehouses were told stands, whatever it is."""
    if wish_of(order) is Wish.LEFT:
        return None
    if awaits or is_stopped(order):
        return True
    if case == CaseCode.EDITED_AFTER_PICKING:
        return None
    if to_ship(order, side, case not in _GOES_ON):
        return False
    rest = any(line.fulfilment in NOT_LEFT and line.wanted > line.shipped for line in order.lines)
    return True if rest or case not in _GOES_ON else None


def _has_left(telling: Telling, has: Mapping[str, Allotted]) -> bool:
    """By the scans, one of which may have been undone, and more may have been moved there since."""
    return has[telling.warehouse].left if telling.warehouse in has else telling.left


def _seen(telling: Telling, has: Mapping[str, Allotted]) -> Telling:
    """By the scans; where all that it was told has left, and more is to leave it, that has a label of its own."""
    telling = telling._replace(left=_has_left(telling, has))
    if telling.left or telling.warehouse not in has:
        return telling
    shipped = has[telling.warehouse].shipped
    if _shrinks(telling.gone, shipped):  # its scan was undone
        telling = telling._replace(gone=(), gone_minor=0)
    if not shipped or shipped != telling.units or shipped == telling.gone:
        return telling
    brought = (telling.gone_minor, telling.collect_minor)
    gone_minor = None if None in brought else sum(minor or 0 for minor in brought)
    return telling._replace(gone=shipped, gone_minor=gone_minor, collect_minor=0)


def _count(units: dict[str, dict[str, int]], code: str, sku: str, quantity: int) -> None:
    of_warehouse = units.setdefault(code, {})
    of_warehouse[sku] = of_warehouse.get(sku, 0) + quantity


def _units(skus: Mapping[str, int]) -> Units:
    return tuple((sku, units) for sku, units in sorted(skus.items()) if units)


def _with(side: StockSide, telling: Telling | None) -> StockSide:
    if telling is None:
        return side
    others = {each.warehouse: each for each in side.tellings} | {telling.warehouse: telling}
    return side._replace(tellings=tuple(others[code] for code in sorted(others)))


def _put_back(side: StockSide) -> StockSide:
    """Once every warehouse keeps what has not left it, the stock may go, and nobody has it in hand any more."""
    if not all(each.keeps or each.left for each in side.tellings):
        return side
    if not any(each.keeps for each in side.tellings):
        return side
    handling = stock_side.heard(side.handling, Word.NOT_SHIPPED, (ALL_LINES,))
    return side._replace(handling=handling._replace(picking=False))


def _shrinks(before: Units, after: Units) -> bool:
    now = dict(after)
    return any(now.get(sku, 0) < units for sku, units in before)


def _smaller(before: Units, after: Units) -> Units:
    now = dict(after)
    both = ((sku, min(units, now.get(sku, 0))) for sku, units in before)
    return tuple((sku, units) for sku, units in both if units)


class _Telling:
    def __init__(
        self,
        side: StockSide,
        reservation: str,
        seen: dict[str, Telling],
        wanted: Mapping[str, Units],
        collect: Collecting,
    ) -> None:
        self._side, self._reservation, self._wanted, self._collect = side, reservation, wanted, collect
        self._number = side.entries
        self.seen = seen
        # They may still ship more than they are told by now.
        self._pending = {
            code
            for code, each in seen.items()
            if not each.left and (each.taken_back or _shrinks(each.units, wanted.get(code, ())))
        }

    def entry(self, code: str, has: Allotted | None) -> Entry | None:
        known = self.seen.get(code)
        if (known and known.left) or (known is None and has is not None and has.left):
            return None
        before, after = known.units if known else (), self._wanted.get(code, ())
        if self._pending - {code}:
            after = _smaller(before, after)
        if not before and not after:
            return None
        receiver, collect = self._side.receiver, self._collect.of(code, after)
        told = known and (before, known.reservation, known.receiver, known.collect_minor)
        if told == (after, self._reservation, receiver, collect):
            return None
        self._number += 1
        is_open = _shrinks(before, after) or (known is not None and known.taken_back > 0)
        taken_back = self._number if is_open else 0
        mine = Telling(code, self._number, after, self._reservation, receiver, taken_back)
        mine = mine._replace(collect_minor=collect)
        self.seen[code] = mine._replace(gone=known.gone, gone_minor=known.gone_minor) if known else mine
        kind = EntryKind.CANCEL if not after else EntryKind.CHANGE if before else EntryKind.SHIP
        return Entry(self._number, kind, code, self._reservation, after)
