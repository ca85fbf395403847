"""What documents of refunds make of an order's lines, whatever arrives when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.domain.orders.merging import Change, merged, refunded
from inventory_service.domain.orders.order import LineRefund, Order, OrderLine
from inventory_service.domain.orders.states import Fulfilment, Refund
from tests.domain.orders.versions import line, order, versions


def refund(
    state: Refund = Refund.SUCCEEDED,
    modified_ms: int = 2,
    units: int | None = 1,
    amount_minor: int | None = None,
    refund_id: str = "r1",
) -> LineRefund:
    return LineRefund(refund_id, "a", state, units, amount_minor, modified_ms)


documents = st.builds(
    refund,
    st.sampled_from(Refund),
    st.integers(1, 4),
    st.none() | st.integers(0, 3),
    st.none() | st.sampled_from([100, 999, 2997]),
    st.sampled_from(["r1", "r2", "r3"]),
)


def told(known: Order, message: Order | LineRefund) -> Order:
    return merged(known, message)[0] if isinstance(message, Order) else refunded(known, [message])[0]


def after(first: Order, *messages: Order | LineRefund) -> Order:
    known = first
    for message in messages:
        known = told(known, message)
    return known


def of_line(known: Order) -> tuple[Refund, int | None]:
    return known.lines[0].refund, known.lines[0].refunded


@given(versions, st.lists(versions | documents, max_size=7), st.data())
def test_any_order_and_repetition_ends_in_the_same_state(
    first: Order, messages: list[Order | LineRefund], data: st.DataObject
) -> None:
    """A refund needs an order to be known; which version of it does not matter."""
    end = after(first, *messages)
    repeats = data.draw(st.lists(st.sampled_from([first, *messages]), max_size=5))
    shuffled = data.draw(st.permutations([first, *messages, *repeats]))
    other = next(message for message in shuffled if isinstance(message, Order))
    assert after(other, *shuffled) == end


@given(versions, documents)
def test_changes_are_told_when_a_line_changes(known: Order, document: LineRefund) -> None:
    result, changes = refunded(known, [document])
    assert refunded(result, [document]) == (result, ())
    before = [(each.refund, each.refunded) for each in known.lines]
    assert bool(changes) is ([(each.refund, each.refunded) for each in result.lines] != before)


@pytest.mark.parametrize(
    ("messages", "result"),
    [
        ([refund()], (Refund.SUCCEEDED, 1)),
        ([refund(units=0)], (Refund.SUCCEEDED, 0)),
        ([refund(units=None)], (Refund.SUCCEEDED, None)),
        ([refund(units=9)], (Refund.SUCCEEDED, 3)),  # never more than were bought
        ([refund(Refund.REQUESTED)], (Refund.REQUESTED, None)),
        ([refund(Refund.REQUESTED), refund(Refund.CLOSED, 3)], (Refund.CLOSED, None)),  # withdrawn
        ([refund(Refund.CLOSED, 3), refund(Refund.REQUESTED)], (Refund.CLOSED, None)),  # … told before its request
        ([refund(), refund(Refund.REQUESTED, 3, refund_id="r2")], (Refund.REQUESTED, 1)),
        ([refund(), refund(Refund.CLOSED, 4, refund_id="r2")], (Refund.SUCCEEDED, 1)),
        ([refund(), refund(refund_id="r2")], (Refund.SUCCEEDED, 2)),
        ([refund(), refund(units=None, refund_id="r2")], (Refund.SUCCEEDED, None)),
        # The order is newer than its refund.
        ([refund(Refund.REQUESTED), order(3, lines=(line(refund=Refund.CLOSED),))], (Refund.CLOSED, None)),
        ([refund(), order(3, lines=(line(refund=Refund.SUCCEEDED),))], (Refund.SUCCEEDED, 1)),
        ([refund(), order(3, lines=(line(refund=Refund.CLOSED),))], (Refund.CLOSED, 1)),
        # … and tells of no refund: many orders never do.
        ([refund(Refund.REQUESTED), order(3)], (Refund.REQUESTED, None)),
        ([refund(Refund.REQUESTED), order(3), refund(Refund.CLOSED, 4)], (Refund.CLOSED, None)),
        ([refund(units=None), order(3)], (Refund.SUCCEEDED, None)),
        ([refund(), order(3)], (Refund.SUCCEEDED, 1)),
        # It succeeded, and how many units that was comes with the refund's next document.
        ([refund(Refund.AGREED), order(3, lines=(line(refund=Refund.SUCCEEDED),))], (Refund.SUCCEEDED, None)),
        (
            [refund(), order(3, lines=(line(refund=Refund.SUCCEEDED)._replace(refund_id="r2"),))],
            (Refund.SUCCEEDED, None),
        ),
        # Of one instant the one further along.
        ([refund(Refund.REQUESTED, 1), order(1, lines=(line(refund=Refund.AGREED),))], (Refund.AGREED, None)),
        # An order that counts by itself is believed.
        ([refund(), order(3, lines=(line(refund=Refund.SUCCEEDED)._replace(refunded=2),))], (Refund.SUCCEEDED, 2)),
    ],
)
def test_what_is_known_of_a_line(messages: list[Order | LineRefund], result: tuple[Refund, int | None]) -> None:
    assert of_line(after(order(1), *messages)) == result


@pytest.mark.parametrize(
    ("amount_minor", "units"),
    [(2997, 3), (3500, 3), (998, 0), (1, 0), (999, None), (1998, None), (None, None)],
)
def test_money_tells_units_where_it_leaves_no_doubt(amount_minor: int | None, units: int | None) -> None:
    """Three units were 29.97: all of it is all of them, and less than 9.99 is none; with the freight it is more."""
    known = after(order(1), refund(units=None, amount_minor=amount_minor))
    assert of_line(known) == (Refund.SUCCEEDED, units)


def test_of_a_line_that_cost_nothing_money_tells_nothing() -> None:
    gift: OrderLine = line()._replace(paid_minor=0, is_gift=True)
    assert of_line(after(order(1, lines=(gift,)), refund(units=None, amount_minor=0))) == (Refund.SUCCEEDED, None)


def test_changes_are_in_words() -> None:
    known, changes = refunded(order(1), [refund()])
    assert changes == (Change("refund", "none", "succeeded", "a"), Change("refunded", "", "1", "a"))
    assert refunded(known, [refund()]) == (known, ())


def test_a_line_that_comes_back_knows_its_refunds() -> None:
    without = order(3, lines=(line("b"),))
    back = order(4, lines=(line("a", Fulfilment.OPEN, Refund.SUCCEEDED),))
    assert of_line(after(order(1), refund(), without, back)) == (Refund.SUCCEEDED, 1)
