"""Which version of an order holds, whatever arrives when."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.domain.orders.merging import Change, merged
from inventory_service.domain.orders.order import Order, OrderLine, Parcel, Receiver, Vanished
from inventory_service.domain.orders.states import Fulfilment, Payment, Refund
from tests.domain.orders.versions import line, lines, order, shipped_of, versions

several = st.lists(versions, min_size=1, max_size=6)


def after(messages: Iterable[Order]) -> Order:
    known: Order | None = None
    for message in messages:
        known, _ = merged(known, message)
    assert known is not None
    return known


@given(several, st.data())
def test_any_order_and_repetition_ends_in_the_same_state(messages: list[Order], data: st.DataObject) -> None:
    repeats = data.draw(st.lists(st.sampled_from(messages), max_size=6))
    shuffled = data.draw(st.permutations(messages + repeats))
    assert after(shuffled) == after(messages)


@given(several, several)
def test_what_two_processes_know_adds_up_to_the_same_either_way(left: list[Order], right: list[Order]) -> None:
    one, other = after(left), after(right)
    assert merged(one, other)[0] == merged(other, one)[0] == after([*left, *right])


@given(several)
def test_shipped_quantities_never_fall(messages: list[Order]) -> None:
    known: Order | None = None
    highest: dict[str, int] = {}
    for message in messages:
        known, _ = merged(known, message)
        told = shipped_of(message)
        highest |= {line_id: max(highest.get(line_id, 0), units) for line_id, units in told.items()}
        assert shipped_of(known) == highest


@given(several)
def test_everything_else_is_that_of_a_newest_version(messages: list[Order]) -> None:
    known = after(messages)
    newest_ms = max(message.times.modified_ms for message in messages)
    bare = known._replace(vanished=(), lines=tuple(each._replace(shipped=0) for each in known.lines))
    assert bare in [
        message._replace(lines=tuple(each._replace(shipped=0) for each in message.lines))
        for message in messages
        if message.times.modified_ms == newest_ms
    ]


@given(versions, versions)
def test_changes_are_told_exactly_when_there_are_any(known: Order, arrived: Order) -> None:
    result, changes = merged(known, arrived)
    assert bool(changes) is (result != known)
    assert merged(result, arrived) == (result, ())


def test_a_withdrawn_refund_is_withdrawn_and_a_late_request_does_not_bring_it_back() -> None:
    asked = order(2, lines=(line(refund=Refund.REQUESTED),))
    withdrawn = order(3, lines=(line(refund=Refund.CLOSED),))
    known, changes = merged(asked, withdrawn)
    assert known.lines[0].refund is Refund.CLOSED
    assert changes == (Change("modified_ms", "2", "3"), Change("refund", "requested", "closed", "a"))
    assert merged(known, asked) == (known, ())


def test_a_line_that_vanished_and_comes_back_still_knows_what_was_shipped() -> None:
    known = after([order(1, lines=(line("a", shipped=2), line("b"))), order(2, lines=(line("b"),))])
    assert known.vanished == (Vanished("a", 2),)
    back = after([known, order(3, lines=(line("a"), line("b")))])
    assert ([each.shipped for each in back.lines], back.vanished) == ([2, 0], ())


def test_a_late_version_adds_nothing_but_its_shipped_units() -> None:
    late = order(1, Payment.UNPAID, lines=(line(shipped=1),))
    known, changes = merged(order(2), late)
    assert (known.payment, known.lines[0].shipped, known.times.modified_ms) == (Payment.PAID, 1, 2)
    assert changes == (Change("shipped", "0", "1", "a"),)


@pytest.mark.parametrize(
    ("behind", "ahead"),
    [
        (order(payment=Payment.UNPAID), order(payment=Payment.PAID)),
        (order(), order(fulfilment=Fulfilment.ON_HOLD)),
        (order(), order(fulfilment=Fulfilment.CANCELLED)),
        (order(lines=(line(refund=Refund.CLOSED),)), order(lines=(line(refund=Refund.REQUESTED),))),
        # a platform that says "cancelled" and "unpaid" is further than one that says "paid" and "open"
        (order(payment=Payment.PAID), order(payment=Payment.UNPAID, fulfilment=Fulfilment.CANCELLED)),
    ],
)
def test_of_one_instant_the_version_further_along_holds(behind: Order, ahead: Order) -> None:
    assert merged(behind, ahead)[0] == merged(ahead, behind)[0] == ahead


def test_what_other_versions_added_decides_nothing() -> None:
    """Units shipped say nothing of how far along a version is: those known so far depend on what has arrived."""
    one = order(2, lines=(line("a"), line("b", quantity=2)))
    other = order(2, lines=(line("a", shipped=1), line("b", quantity=1)))
    early = order(1, lines=(line("a", shipped=2),))
    assert after([one, other, early]) == after([one, early, other]) == after([other, early, one])


def test_the_number_stays_whoever_arrives() -> None:
    known = order(1)._replace(order_no="N1")
    assert merged(known, order(2))[0].order_no == "N1"
    assert merged(order(2), known)[0].order_no == "N1"


def test_changes_name_lines_and_parcels_and_leave_personal_data_out() -> None:
    arrived = order(
        2, lines=(line("b", quantity=1),), parcels=(Parcel("SF", "SF1", ""),), receiver=Receiver("王五", "13800008888")
    )
    _, changes = merged(order(1), arrived)
    assert changes == (
        Change("modified_ms", "1", "2"),
        Change("receiver", "", ""),
        Change("parcels", "", "SF SF1"),
        Change("line", "3 × TEE", "", "a"),
        Change("line", "", "1 × TEE", "b"),
    )


def test_two_orders_are_never_merged() -> None:
    with pytest.raises(ValueError, match="two different orders"):
        merged(order(), order()._replace(shop="shop-2"))


SHIPPABLE = order(lines=(line("a"), line("b", Fulfilment.CANCELLED), line("c", refund=Refund.REQUESTED)))


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (SHIPPABLE, ["a"]),  # closed inside a live trade, and asked back
        (SHIPPABLE._replace(fulfilment=Fulfilment.ON_HOLD), []),
        (SHIPPABLE._replace(fulfilment=Fulfilment.CANCELLED), []),
        (SHIPPABLE._replace(payment=Payment.DEPOSIT_PAID), []),
        (SHIPPABLE._replace(payment=Payment.UNPAID), []),
        (SHIPPABLE._replace(payment=Payment.UNPAID, cash_on_delivery=True), ["a"]),
        (SHIPPABLE._replace(payment=Payment.PART_REFUNDED), ["a"]),
        (order(lines=(line("a", shipped=3), line("b", shipped=2))), ["b"]),
        (order(lines=(line("a", refund=Refund.REFUSED), line("b", refund=Refund.SUCCEEDED))), ["a"]),
    ],
)
def test_what_may_be_shipped(known: Order, told: list[str]) -> None:
    assert [each.line_id for each in known.lines_to_ship] == told


@given(lines)
def test_no_closed_line_is_ever_shipped(told: tuple[OrderLine, ...]) -> None:
    known = order(lines=told)
    assert not any(each.fulfilment is Fulfilment.CANCELLED for each in known.lines_to_ship)
