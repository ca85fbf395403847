"""What is to be done with an order's stock, case by case, and what holds whatever comes in whatever order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.domain.orders import progress, stock_side
from inventory_service.domain.orders.intent import Action, CaseCode, Intent, Terms, decide, to_ship
from inventory_service.domain.orders.merging import merged
from inventory_service.domain.orders.order import Order, OrderLine, Presale
from inventory_service.domain.orders.states import Fulfilment, Payment, PresaleStage, Refund
from inventory_service.domain.orders.stock_side import NO_STOCK, Hold, Part, StockSide, Word, units_by_sku
from tests.domain.orders.versions import line, order

TEE, BUNDLE = (Part("TEE", 1),), (Part("MUG", 1), Part("TEA", 2))
PARTS = {"a": TEE, "b": BUNDLE}
TERMS = Terms(900, "here")
STEPS_MAX = 4


def settled(known: Order, side: StockSide = NO_STOCK, parts: Any = PARTS, terms: Terms = TERMS) -> StockSide:
    """Everything done, with all the stock of the world."""
    for _ in range(STEPS_MAX):
        step = decide(known, side, parts, terms).step
        if step is None:
            return side
        side = progress.done(side, step)
    raise AssertionError("it never comes to an end")


def asked(known: Order, side: StockSide = NO_STOCK, terms: Terms = TERMS) -> Intent:
    return decide(known, side, PARTS, terms)


def action(known: Order, side: StockSide = NO_STOCK) -> Action | None:
    step = asked(known, side).step
    return step.action if step else None


def told(side: StockSide) -> StockSide:
    return side._replace(handling=stock_side.told(side.handling))


def heard(side: StockSide, word: Word, *line_ids: str) -> StockSide:
    return side._replace(handling=stock_side.heard(side.handling, word, line_ids or (stock_side.ALL_LINES,)))


UNPAID, PAID = order(payment=Payment.UNPAID), order(payment=Payment.PAID)
TWO = order(lines=(line("a"), line("b", quantity=2)))
COMMITTED = settled(PAID)
CANCELLED = order(2, Payment.REFUNDED, Fulfilment.CANCELLED)


def test_unpaid_is_held_for_the_time_of_the_channel_and_paid_confirms() -> None:
    step = asked(UNPAID).step
    assert step
    assert (step.action, step.seconds, step.confirms) == (Action.RESERVE, 900, False)
    held = settled(UNPAID)
    assert (held.hold, action(UNPAID, held), action(PAID, held)) == (Hold.HELD, None, Action.CONFIRM)


def test_where_unpaid_orders_are_not_seen_it_is_held_and_confirmed_at_once() -> None:
    step = asked(PAID).step
    assert step
    assert (step.action, step.confirms) == (Action.RESERVE, True)
    assert (COMMITTED.hold, action(PAID, COMMITTED)) == (Hold.CONFIRMED, None)


@pytest.mark.parametrize(("fulfilment", "hold"), [(Fulfilment.ON_HOLD, Hold.HELD), (Fulfilment.OPEN, Hold.CONFIRMED)])
def test_cash_on_delivery_is_confirmed_on_acceptance(fulfilment: Fulfilment, hold: Hold) -> None:
    assert settled(order(1, Payment.UNPAID, fulfilment, cash_on_delivery=True)).hold is hold


def test_a_presale_is_confirmed_with_its_deposit_and_leaves_with_the_rest() -> None:
    deposit = order(1, Payment.DEPOSIT_PAID, presale=Presale(PresaleStage.DEPOSIT_PAID, 9, 9))
    side = settled(deposit)
    assert (side.hold, to_ship(deposit, side, False)) == (Hold.CONFIRMED, ())
    assert to_ship(PAID, side, False) == (("a", 3),)
    missed = deposit._replace(presale=Presale(PresaleStage.FORFEITED, 9, 9))
    assert action(missed, side) is Action.RELEASE


def test_bundles_and_gifts_are_several_skus() -> None:
    gift = line("g", quantity=1)._replace(is_gift=True)
    side = settled(TWO._replace(lines=(*TWO.lines, gift)), parts=PARTS | {"g": (Part("TEE", 1),)})
    assert units_by_sku(side.backed) == {"MUG": 2, "TEA": 4, "TEE": 4}


def test_before_picking_an_edit_is_one_amendment_or_a_release_of_units() -> None:
    more, fewer = order(2, lines=(line(quantity=5),)), order(2, lines=(line(quantity=1),))
    side = told(COMMITTED)
    assert (action(more, side), action(fewer, side)) == (Action.AMEND, Action.RELEASE_UNITS)
    assert action(order(2, lines=(line("b"),)), side) is Action.AMEND  # another article instead
    amended = settled(more, side)
    assert (amended.attempt, amended.hold, units_by_sku(amended.backed)) == (1, Hold.CONFIRMED, {"TEE": 5})
    elsewhere = decide(PAID, side, PARTS, Terms(900, "there")).step
    assert elsewhere
    assert (elsewhere.action, elsewhere.destination) == (Action.AMEND, "there")


@pytest.mark.parametrize("quantity", [1, 5])
def test_after_picking_an_edit_is_for_a_person(quantity: int) -> None:
    side = heard(told(COMMITTED), Word.PICKING)
    intent = asked(order(2, lines=(line(quantity=quantity),)), side)
    assert intent == Intent(None, CaseCode.EDITED_AFTER_PICKING, ("a",))
    assert asked(order(2), side, Terms(900, "there")).case is CaseCode.EDITED_AFTER_PICKING


def test_a_refused_amendment_is_not_asked_for_again() -> None:
    more = order(2, lines=(line(quantity=5),))
    step = asked(more, COMMITTED).step
    assert step
    side = progress.kept(COMMITTED, step)
    assert (side.attempt, side.hold, side.backed) == (1, Hold.CONFIRMED, COMMITTED.backed)
    assert asked(more, side) == Intent(None, CaseCode.AMENDMENT_REFUSED, refused=step.backed)
    assert action(order(3, lines=(line(quantity=4),)), side) is Action.AMEND


def test_a_request_stops_the_order_and_keeps_its_stock() -> None:
    asked_for = order(2, lines=(line(refund=Refund.REQUESTED), line("b", quantity=2)))
    side = told(settled(TWO))
    assert (action(asked_for, side), to_ship(asked_for, side, False)) == (None, ())
    withdrawn = order(3, lines=(line(refund=Refund.CLOSED), line("b", quantity=2)))
    assert dict(to_ship(withdrawn, side, False)) == {"a": 3, "b": 2}


def test_stock_goes_back_once_the_warehouse_says_that_nothing_left() -> None:
    side = told(COMMITTED)
    assert asked(CANCELLED, side) == Intent(None, awaits_warehouse=True)
    assert action(CANCELLED, heard(side, Word.NOT_SHIPPED)) is Action.RELEASE
    assert action(CANCELLED, COMMITTED) is Action.RELEASE  # nobody was told to ship it
    assert asked(CANCELLED, heard(heard(side, Word.NOT_SHIPPED), Word.SHIPPED)) == Intent(None)


def test_an_answer_to_an_earlier_telling_releases_nothing() -> None:
    """Stopped, not shipped, withdrawn, told again: by now it may be in a parcel."""
    again = told(heard(told(COMMITTED), Word.NOT_SHIPPED))
    assert asked(CANCELLED, again) == Intent(None, awaits_warehouse=True)


def test_a_refund_of_money_moves_no_stock_and_one_of_units_does() -> None:
    money = line(refund=Refund.SUCCEEDED)._replace(refunded=0)
    units = line(refund=Refund.SUCCEEDED)._replace(refunded=1)
    part = Payment.PART_REFUNDED
    assert action(order(2, part, lines=(money,)), COMMITTED) is None
    assert to_ship(order(2, part, lines=(money,)), COMMITTED, False) == (("a", 3),)
    known = order(2, part, lines=(units,))
    assert units_by_sku(settled(known, COMMITTED).backed) == {"TEE": 2}
    assert to_ship(known, COMMITTED, False) == (("a", 2),)
    assert asked(known, told(COMMITTED)).awaits_warehouse
    assert asked(known, heard(told(COMMITTED), Word.NOT_SHIPPED, "b")).awaits_warehouse
    assert action(known, heard(told(COMMITTED), Word.NOT_SHIPPED, "a")) is Action.RELEASE_UNITS
    unclear = order(2, part, lines=(line(refund=Refund.SUCCEEDED),))
    assert asked(unclear, COMMITTED) == Intent(None, CaseCode.REFUND_UNCLEAR, ("a",))


def test_after_shipping_nothing_is_released() -> None:
    left = order(2, Payment.REFUNDED, Fulfilment.CANCELLED, (line(shipped=3),))
    assert action(left, told(COMMITTED)) is None
    partly = order(2, Payment.REFUNDED, Fulfilment.CANCELLED, (line(shipped=2),))
    side = heard(told(COMMITTED), Word.NOT_SHIPPED)
    assert units_by_sku(settled(partly, side).backed) == {"TEE": 2}


def test_what_left_without_stock_is_for_a_person() -> None:
    side = heard(settled(CANCELLED, COMMITTED), Word.SHIPPED)
    assert asked(CANCELLED, side) == asked(PAID, side) == Intent(None, CaseCode.SHIPPED_AFTER_RELEASE)


def test_a_closed_line_of_a_live_order_is_never_shipped() -> None:
    known = order(2, lines=(line(fulfilment=Fulfilment.CANCELLED), line("b", quantity=2)))
    side = settled(known, settled(TWO))
    assert (to_ship(known, side, False), units_by_sku(side.backed)) == ((("b", 2),), {"MUG": 2, "TEA": 4})


def test_a_reopened_order_is_held_anew_under_the_next_number() -> None:
    released = settled(CANCELLED, COMMITTED)
    assert released == StockSide(1)
    assert settled(order(3), released).attempt == 1
    assert stock_side.reservation_id("N", 0) == "N"
    assert stock_side.reservation_id("N", 1) == "N.1"


def test_an_unknown_code_waits_and_joins_once_it_is_mapped() -> None:
    known = TWO
    intent = decide(known, NO_STOCK, {"a": TEE}, TERMS)
    assert (intent.case, intent.lines) == (CaseCode.UNKNOWN_SKU, ("b",))
    side = settled(known, parts={"a": TEE})
    assert (units_by_sku(side.backed), to_ship(known, side, False)) == ({"TEE": 3}, ())
    assert decide(known, side, {"a": TEE}, TERMS) == Intent(None, CaseCode.UNKNOWN_SKU, ("b",))
    assert units_by_sku(settled(known, side).backed) == {"MUG": 2, "TEA": 4, "TEE": 3}


def test_what_left_before_we_knew_of_it_needs_no_stock() -> None:
    known = order(1, fulfilment=Fulfilment.PART_SHIPPED, lines=(line(shipped=1),))
    side = settled(known)
    assert (units_by_sku(side.backed), action(known, side)) == ({"TEE": 2}, None)
    assert action(order(1, fulfilment=Fulfilment.SHIPPED)) is None


# ── Whatever comes in whatever order ─────────────────────────────────────────

_refunds = st.sampled_from([Refund.NONE, Refund.REQUESTED, Refund.CLOSED])
_closed = st.sampled_from([Fulfilment.OPEN, Fulfilment.OPEN, Fulfilment.CANCELLED])


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Order], bool]:
    """The versions of an order in their order, and whether its warehouse ships it. What is unpaid comes first."""
    count = draw(st.integers(1, 5))
    unpaid = draw(st.integers(0, count - 1))
    return [draw(_version(number, number < unpaid)) for number in range(count)], draw(st.booleans())


@st.composite
def _version(draw: st.DrawFn, number: int, is_unpaid: bool) -> Order:
    lines = draw(st.lists(st.builds(line, st.sampled_from("ab"), _closed, _refunds), min_size=1, max_size=2,
                          unique_by=lambda each: each.line_id))  # fmt: skip
    is_over = draw(st.integers(0, 3)) == 0
    fulfilment = Fulfilment.CANCELLED if is_over else Fulfilment.OPEN
    payment = Payment.UNPAID if is_unpaid else Payment.REFUNDED if is_over else Payment.PAID
    return order(number + 1, payment, fulfilment, tuple(lines))


def run(versions: list[Order], ships: bool) -> tuple[Order, StockSide]:
    """Every version as it comes; the warehouse is told what may leave, and answers what it was asked."""
    known: Order | None = None
    side = NO_STOCK
    for version in versions:
        known, _ = merged(known, version)
        side = _settled_and_checked(known, side)
        if to_ship(known, side, False):
            side = told(side)
            assert all(each.fulfilment is Fulfilment.OPEN for each in _lines(known, side))
    assert known is not None
    for _ in range(STEPS_MAX):
        if decide(known, side, PARTS, TERMS).awaits_warehouse:
            side = heard(side, Word.SHIPPED if ships else Word.NOT_SHIPPED)
        side = _settled_and_checked(known, side)
    return known, side


def _lines(known: Order, side: StockSide) -> list[OrderLine]:
    return [each for each in known.lines if each.line_id in dict(to_ship(known, side, False))]


def _settled_and_checked(known: Order, side: StockSide) -> StockSide:
    for _ in range(STEPS_MAX):
        step = decide(known, side, PARTS, TERMS).step
        if step is None:
            return side
        is_open = side.hold is not Hold.NONE
        assert is_open == (step.action is not Action.RESERVE)  # never a second reservation beside an open one
        if side.handling.shipped:
            assert step.action is Action.CONFIRM
        side = progress.done(side, step)
    raise AssertionError("it never comes to an end")


@given(lives(), st.data())
def test_reordered_and_repeated_versions_end_in_the_same_stock(
    life: tuple[list[Order], bool], data: st.DataObject
) -> None:
    versions, _ = life
    shuffled = data.draw(st.permutations([*versions, *data.draw(st.lists(st.sampled_from(versions), max_size=3))]))
    (known, side), (also_known, other) = run(versions, False), run(shuffled, False)
    assert known == also_known
    assert (side.hold, units_by_sku(side.backed)) == (other.hold, units_by_sku(other.backed))


@given(lives(), st.data())
def test_what_shipped_stays(life: tuple[list[Order], bool], data: st.DataObject) -> None:
    versions, ships = life
    _, side = run(data.draw(st.permutations(versions)), ships)
    if side.handling.shipped:
        later = order(99, Payment.REFUNDED, Fulfilment.CANCELLED)
        assert settled(later, side).backed == side.backed
