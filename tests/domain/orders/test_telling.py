"""What warehouses are told and may ship, whatever happens in whatever order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_service.domain.orders.intent import CaseCode
from inventory_service.domain.orders.states import Payment, Refund
from inventory_service.domain.orders.stock_side import Backed, Hold, Part, StockSide
from inventory_service.domain.orders.telling import Entry, EntryKind, Saying, allotted, answered, tell
from inventory_service.domain.reservation import Allocation, Line, Reservation
from tests.domain.orders.versions import line, order

WANTED = 3
SIDE = StockSide(0, Hold.CONFIRMED, (Backed("a", WANTED, (Part("TEE", 1),)),))
PAID = order(lines=(line(),))._replace(order_no="N")
ASKED = order(lines=(line(refund=Refund.REQUESTED),))._replace(order_no="N")
NONE_LEFT: dict[str, int] = {}


def record(has: dict[str, int], left: dict[str, int] = NONE_LEFT) -> Reservation:
    units = [Allocation(code, quantity, left.get(code, 0)) for code, quantity in has.items()]
    lines = [Line("TEE", WANTED, WANTED, 0, units)]
    return Reservation(1, "confirmed", 0, 0, 0, 0, 0, 1, "f", "orders", lines, [], "{}")


def told(side: StockSide, has: dict[str, int], known: object = PAID, case: str = "") -> tuple[StockSide, list[object]]:
    side, entries = tell(known, side, case, False, record(has))  # type: ignore[arg-type]
    return side, [(each.warehouse, each.kind, dict(each.units).get("TEE", 0)) for each in entries]


def test_one_entry_per_warehouse_and_none_where_nothing_changed() -> None:
    side, entries = told(SIDE, {"SHA": 2, "PEK": 1})
    assert entries == [("PEK", EntryKind.SHIP, 1), ("SHA", EntryKind.SHIP, 2)]
    assert told(side, {"SHA": 2, "PEK": 1}) == (side, [])


def test_a_request_cancels_everywhere_and_its_withdrawal_brings_it_back() -> None:
    side, _ = told(SIDE, {"SHA": 2, "PEK": 1})
    side, entries = told(side, {"SHA": 2, "PEK": 1}, ASKED)
    assert entries == [("PEK", EntryKind.CANCEL, 0), ("SHA", EntryKind.CANCEL, 0)]
    assert not side.handling.stopped("a")
    half = answered(side, 3, "PEK", Saying.NOT_SHIPPED)
    assert half
    assert not half.handling.stopped("a")
    assert answered(side, 3, "PEK", Saying.ACK) == side  # read is not stopped
    both = answered(half, 4, "SHA", Saying.NOT_SHIPPED)
    assert both
    assert both.handling.stopped("a")
    back, entries = told(both, {"SHA": 2, "PEK": 1})
    assert entries == [("PEK", EntryKind.SHIP, 1), ("SHA", EntryKind.SHIP, 2)]
    assert not back.handling.stopped("a")
    assert answered(back, 4, "SHA", Saying.NOT_SHIPPED) is None  # of the telling before
    again, _ = told(back, {"SHA": 2, "PEK": 1}, ASKED)
    assert answered(again, 4, "SHA", Saying.NOT_SHIPPED) is None


def test_what_moves_is_told_once_the_other_says_that_it_ships_less() -> None:
    side, _ = told(SIDE, {"SHA": 3})
    side, entries = told(side, {"SHA": 1, "PEK": 2})
    assert entries == [("SHA", EntryKind.CHANGE, 1)]
    assert told(side, {"SHA": 1, "PEK": 2}) == (side, [])
    agreed = answered(side, 2, "SHA", Saying.ACK)
    assert agreed
    assert told(agreed, {"SHA": 1, "PEK": 2})[1] == [("PEK", EntryKind.SHIP, 2)]


def test_told_again_before_it_answered_to_stop_it_may_still_ship_what_it_was_told_first() -> None:
    side, _ = told(SIDE, {"SHA": 3})
    side, _ = told(side, {"SHA": 3}, ASKED)
    side, entries = told(side, {"SHA": 1, "PEK": 2})
    assert entries == [("SHA", EntryKind.SHIP, 1)]
    agreed = answered(side, 3, "SHA", Saying.PICKING)
    assert agreed
    assert told(agreed, {"SHA": 1, "PEK": 2})[1] == [("PEK", EntryKind.SHIP, 2)]


def test_another_receiver_or_reservation_is_a_change() -> None:
    side, _ = told(SIDE, {"SHA": 3})
    assert told(side._replace(receiver=1), {"SHA": 3})[1] == [("SHA", EntryKind.CHANGE, 3)]
    assert told(side._replace(attempt=1), {"SHA": 3})[1] == [("SHA", EntryKind.CHANGE, 3)]


def test_an_edit_after_picking_changes_nothing_and_a_request_still_stops() -> None:
    side, _ = told(SIDE, {"SHA": 3})
    picked = answered(side, 1, "SHA", Saying.PICKING)
    assert picked
    assert told(picked._replace(receiver=1), {"SHA": 3}, case=CaseCode.EDITED_AFTER_PICKING)[1] == []
    assert told(picked, {"SHA": 3}, ASKED, CaseCode.EDITED_AFTER_PICKING)[1] == [("SHA", EntryKind.CANCEL, 0)]


def test_nothing_is_told_before_the_money_is_here_nor_after_it_left() -> None:
    deposit = PAID._replace(payment=Payment.DEPOSIT_PAID)
    assert told(SIDE, {"SHA": 3}, deposit) == (SIDE, [])
    side, _ = told(SIDE, {"SHA": 3})
    _, entries = tell(ASKED, side, "", False, record({"SHA": 3}, {"SHA": 3}))
    assert entries == ()
    shipped = order(lines=(line(shipped=3),))._replace(order_no="N")
    assert told(side, {"SHA": 3}, shipped)[1] == []


def test_of_what_ended_nothing_is_left_to_ship() -> None:
    ended = record({"SHA": 3})._replace(status="released")
    assert allotted(ended) == {}
    side, _ = told(SIDE, {"SHA": 3})
    assert [each.kind for each in tell(PAID, side, "", False, ended)[1]] == [EntryKind.CANCEL]


class Warehouse:
    """Reads its entries in order, may ship at any moment what it was told last, and answers as it knows."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.entries: list[Entry] = []
        self.read = 0
        self.shipped = 0

    @property
    def newest(self) -> Entry:
        return self.entries[self.read - 1]

    def units(self, entry: Entry) -> int:
        return dict(entry.units).get("TEE", 0)

    def ships(self) -> None:
        self.shipped = max(self.shipped, self.units(self.newest))

    @property
    def may_ack(self) -> bool:
        """That it read a cancel entry; of another one, that it does what it says."""
        return self.newest.kind is EntryKind.CANCEL or self.shipped <= self.units(self.newest)

    def answer(self) -> Saying:
        """Of the newest that it read."""
        if self.shipped > self.units(self.newest):
            return Saying.SHIPPED
        return Saying.NOT_SHIPPED if self.newest.kind is EntryKind.CANCEL else Saying.ACK


events = st.lists(
    st.tuples(
        st.sampled_from(["read", "late", "ship", "answer", "ack", "again", "request", "withdraw", "move"]),
        st.sampled_from(["SHA", "PEK"]),
        st.integers(0, WANTED),
    ),
    min_size=8,
    max_size=24,
)


@settings(max_examples=500)
@given(events)
def test_nothing_is_shipped_twice_and_nothing_is_given_back_that_may_have_left(happens: object) -> None:
    """Stock moves, requests come and go, warehouses read late, ship whenever they like, and say things again."""
    side, known, has = SIDE, PAID, {"SHA": WANTED}
    houses = {code: Warehouse(code) for code in ("SHA", "PEK")}
    said: list[tuple[int, str, Saying]] = []
    for kind, code, number in happens:  # type: ignore[attr-defined]
        house = houses[code]
        if kind in {"read", "late"}:
            house.read = len(house.entries) if kind == "read" else min(house.read + 1, len(house.entries))
        elif kind == "ship" and house.read:
            house.ships()
        elif kind == "answer" and house.read:
            said.append((house.newest.number, code, house.answer()))
            side = answered(side, *said[-1]) or side
        elif kind == "ack" and house.read and house.may_ack:
            said.append((house.newest.number, code, Saying.ACK))
            side = answered(side, *said[-1]) or side
        elif kind == "again" and said:
            side = answered(side, *said[number % len(said)]) or side
        elif kind in {"request", "withdraw"}:
            known = ASKED if kind == "request" else PAID
        elif kind == "move":
            has = {place: units for place, units in (("SHA", number), ("PEK", WANTED - number)) if units}
        before = dict.fromkeys(houses, 0) | {each.warehouse: each.number for each in side.tellings}
        side, entries = tell(known, side, "", False, record(has))
        for entry in entries:
            assert entry.number > before[entry.warehouse]
            houses[entry.warehouse].entries.append(entry)
        assert sum(each.shipped for each in houses.values()) <= WANTED
        if known is ASKED:
            assert all(not each.entries or each.entries[-1].kind is EntryKind.CANCEL for each in houses.values())
        if side.handling.stopped("a") and side.handling.told and not side.handling.shipped:
            assert not any(each.shipped for each in houses.values())
