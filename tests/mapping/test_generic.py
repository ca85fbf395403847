"""One's own shop speaks the words of the order itself."""

import pytest

from inventory_service.domain.orders.order import Amounts, Parcel, Presale
from inventory_service.domain.orders.states import Fulfilment, Payment, PresaleStage, Refund
from tests.mapping.samples import GENERIC, order_of


def with_line(**fields: object) -> dict[str, object]:
    return {**GENERIC, "lines": [{**GENERIC["lines"][0], **fields}]}


def test_an_order_as_it_stands() -> None:
    order = order_of("generic", GENERIC)
    assert (order.channel_order_id, order.buyer_message, order.buyer_reference) == ("MP-1", "加急", "u-77")
    assert order.amounts == Amounts(9980, 1200, 600, 9380)
    assert (order.times.paid_ms, order.times.modified_ms) == (1767240000000, 1767240000250)
    assert order.parcels == (Parcel("SF", "SF1", "ACCEPT"),)
    assert order.receiver.phone == "13800008888"


@pytest.mark.parametrize(
    "document",
    [{"data": {"order": GENERIC}}, {"type": "order.paid", "timestamp": "2026-01-01T04:00:00Z", "data": GENERIC}],
)
def test_answers_and_messages_are_the_same_order(document: dict[str, object]) -> None:
    assert order_of("generic", document) == order_of("generic", GENERIC)


@pytest.mark.parametrize("fulfilment", Fulfilment)
def test_a_line_without_a_state_goes_the_way_of_its_order(fulfilment: Fulfilment) -> None:
    order = order_of("generic", {**GENERIC, "fulfilment": fulfilment.value})
    assert (order.fulfilment, order.lines[0].fulfilment) == (fulfilment, fulfilment)


@pytest.mark.parametrize("payment", Payment)
def test_every_payment(payment: Payment) -> None:
    assert order_of("generic", {**GENERIC, "payment": payment.value}).payment is payment


@pytest.mark.parametrize("refund", Refund)
def test_every_refund(refund: Refund) -> None:
    assert order_of("generic", with_line(refund=refund.value)).lines[0].refund is refund


def test_shipped_units_are_those_that_it_tells() -> None:
    assert order_of("generic", with_line(shipped=1, fulfilment="part_shipped")).lines[0].shipped == 1
    assert order_of("generic", with_line(shipped=0, fulfilment="shipped")).lines[0].shipped == 0
    assert order_of("generic", with_line(fulfilment="shipped")).lines[0].shipped == 2


def test_presale_gifts_and_other_currencies() -> None:
    presale = {"stage": "deposit_paid", "paid": "20", "final_payment_by": "2026-01-02T00:00:00+08:00"}
    order = order_of("generic", {**with_line(is_gift=True), "presale": presale})
    assert order.presale == Presale(PresaleStage.DEPOSIT_PAID, 2000, 1767283200000)
    assert order.lines[0].is_gift
    yen = {**with_line(price="50", paid="100"), "currency": "JPY", "total": 100, "discount": "-5"}
    assert order_of("generic", {**yen, "freight": None, "paid": 105}).amounts == Amounts(100, -5, None, 105)
