"""What is taken at the door of an order in several parcels: all of it, and nothing twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.domain.orders.collecting import due_minor
from inventory_service.domain.orders.intent import CaseCode, Terms, decide
from inventory_service.domain.orders.order import Order, OrderLine
from inventory_service.domain.orders.states import Payment
from inventory_service.domain.orders.stock_side import Backed, Hold, Part, StockSide
from inventory_service.domain.orders.telling import EntryKind, Saying, answered, tell
from inventory_service.domain.reservation import Allocation, Line, Reservation
from tests.domain.orders.versions import line, order

Has = dict[str, dict[str, int]]  # by warehouse and SKU


def cod(due: int | None = 3797, lines: tuple[OrderLine, ...] = (line(),), payment: Payment = Payment.UNPAID) -> Order:
    made = order(payment=payment, lines=lines, cash_on_delivery=True)
    return made._replace(order_no="N", amounts=made.amounts._replace(paid_minor=due))


def side_of(known: Order) -> StockSide:
    """A line is a SKU of its name; line "s" is a set of one of X and two of Y."""
    parts = {"s": (Part("X", 1), Part("Y", 2))}
    backed = [
        Backed(each.line_id, each.quantity, parts.get(each.line_id, (Part(each.line_id, 1),))) for each in known.lines
    ]
    return StockSide(0, Hold.CONFIRMED, tuple(backed))


def record(has: Has, left: tuple[str, ...] = ()) -> Reservation:
    skus = sorted({sku for units in has.values() for sku in units})
    lines = []
    for sku in skus:
        of_sku = [
            Allocation(code, units[sku], units[sku] * (code in left)) for code, units in has.items() if sku in units
        ]
        lines.append(Line(sku, 9, 9, 0, of_sku))
    return Reservation(1, "confirmed", 0, 0, 0, 0, 0, 1, "f", "orders", lines, [], "{}")


def told(known: Order, side: StockSide, has: Has, left: tuple[str, ...] = ()) -> StockSide:
    return tell(known, side, "", False, record(has, left))[0]


def collects(side: StockSide) -> dict[str, int | None]:
    return {each.warehouse: each.collect_minor for each in side.tellings}


@pytest.mark.parametrize(
    ("known", "due"),
    [
        (order(), 0),
        (cod(), 3797),
        (cod(payment=Payment.PAID), 0),
        (cod(None), None),
        (cod(0), None),  # a platform that tells what has been paid so far
    ],
)
def test_what_is_due(known: Order, due: int | None) -> None:
    assert due_minor(known) == due
    assert collects(told(known, side_of(known), {"SHA": {"a": 3}})) == {"SHA": due}


def test_by_what_is_in_each_parcel_and_the_last_has_what_is_left() -> None:
    """Three shirts of 9.99 and 8.00 of freight, in one parcel of one and one of two."""
    known = cod()
    side = told(known, side_of(known), {"PEK": {"a": 1}, "SHA": {"a": 2}})
    assert collects(side) == {"PEK": 1265, "SHA": 2532}


def test_a_set_shares_its_price_among_its_units() -> None:
    known = cod(
        4000, (line("a", quantity=1)._replace(paid_minor=1000), line("s", quantity=1)._replace(paid_minor=3000))
    )
    side = told(known, side_of(known), {"PEK": {"a": 1, "X": 1}, "SHA": {"Y": 2}})
    assert collects(side) == {"PEK": 2000, "SHA": 2000}


@pytest.mark.parametrize("price", [None, 0])
def test_without_prices_every_unit_is_worth_the_same(price: int | None) -> None:
    known = cod(900, (line("a")._replace(paid_minor=price),))
    side = told(known, side_of(known), {"PEK": {"a": 1}, "SHA": {"a": 2}})
    assert collects(side) == {"PEK": 300, "SHA": 600}


def test_what_moves_takes_its_part_along_once_the_first_warehouse_agrees() -> None:
    known = cod(3000)
    side = told(known, side_of(known), {"SHA": {"a": 3}})
    side = told(known, side, {"PEK": {"a": 2}, "SHA": {"a": 1}})
    assert collects(side) == {"SHA": 1000}
    agreed = answered(side, 2, "SHA", Saying.ACK)
    assert agreed
    assert collects(told(known, agreed, {"PEK": {"a": 2}, "SHA": {"a": 1}})) == {"PEK": 2000, "SHA": 1000}


def test_another_sum_is_a_change_and_the_same_one_is_none() -> None:
    has: Has = {"PEK": {"a": 1}, "SHA": {"a": 2}}
    side = told(cod(3000), side_of(cod()), has)
    assert tell(cod(3000), side, "", False, record(has)) == (side, ())
    _, entries = tell(cod(3600), side, "", False, record(has))
    assert [(each.warehouse, each.kind) for each in entries] == [("PEK", EntryKind.CHANGE), ("SHA", EntryKind.CHANGE)]
    paid, _ = tell(cod(3000, payment=Payment.PAID), side, "", False, record(has))
    assert collects(paid) == {"PEK": 0, "SHA": 0}


def test_a_parcel_that_left_brings_what_it_was_told_to() -> None:
    has: Has = {"PEK": {"a": 1}, "SHA": {"a": 2}}
    side = told(cod(3000), side_of(cod()), has)
    assert collects(told(cod(3600), side, has, ("PEK",))) == {"PEK": 1000, "SHA": 2600}
    assert collects(told(cod(400), side, has, ("PEK",))) == {"PEK": 1000, "SHA": 0}


def test_what_is_in_hand_keeps_its_label_and_another_sum_is_for_a_person() -> None:
    has: Has = {"SHA": {"a": 3}}
    side = answered(told(cod(3000), side_of(cod()), has), 1, "SHA", Saying.PICKING)
    assert side
    assert tell(cod(3600), side, "", False, record(has)) == (side, ())
    parts = {"a": (Part("a", 1),)}
    assert decide(cod(3600), side, parts, Terms(900, "")).case is CaseCode.EDITED_AFTER_PICKING
    assert decide(cod(3000), side, parts, Terms(900, "")).case is None


def test_a_cancel_brings_nothing() -> None:
    known = cod()
    side = told(known, side_of(known), {"SHA": {"a": 3}})
    side, (entry,) = tell(known, side, CaseCode.OVERSOLD, False, record({"SHA": {"a": 3}}))
    assert (entry.kind, collects(side)) == (EntryKind.CANCEL, {"SHA": 0})


units = st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 4), min_size=1)


@given(
    st.integers(1, 10_000),
    st.lists(st.integers(0, 5000), min_size=2, max_size=2),
    st.lists(units, min_size=1, max_size=5),
)
def test_all_of_it_and_nothing_twice(due: int, prices: list[int], parcels: list[dict[str, int]]) -> None:
    bought = {sku: sum(parcel.get(sku, 0) for parcel in parcels) for sku in "ab"}
    lines = [
        line(sku, quantity=count)._replace(paid_minor=price)
        for (sku, count), price in zip(bought.items(), prices, strict=True)
        if count
    ]
    known = cod(due, tuple(lines))
    side = told(known, side_of(known), {f"W{number}": parcel for number, parcel in enumerate(parcels)})
    shares = [each.collect_minor or 0 for each in side.tellings]
    assert sum(shares) == due
    assert min(shares) >= 0
