"""Every status of a Douyin order, and what is peculiar about its fields."""

import pytest

from inventory_service.domain.orders.order import Amounts, Parcel, Presale
from inventory_service.domain.orders.states import PresaleStage
from tests.mapping.samples import DOUYIN, DOUYIN_LINE, douyin, order_of

STATUSES = {
    1: ("unpaid", "open"),
    105: ("paid", "on_hold"),
    2: ("paid", "open"),
    101: ("paid", "part_shipped"),
    3: ("paid", "shipped"),
    5: ("paid", "done"),
}


def test_an_order_as_it_stands() -> None:
    order = douyin()
    assert (order.channel, order.channel_order_id) == ("douyin", "4888888888888888888")
    assert order.amounts == Amounts(9980, 1200, 600, 9380)
    assert (order.times.modified_ms, order.times.shipped_ms) == (1794326462000, 0)
    assert order.times.ship_by_ms == 1794499260000
    [line] = order.lines
    assert (line.line_id, line.sku, line.channel_item) == ("4888888888888888889", "TEE-RED-M", "3500000000000000001")
    assert (line.list_price_minor, line.paid_minor, line.refund, line.is_gift) == (4990, 8780, "none", False)
    assert (order.receiver.name, order.receiver.district, order.receiver.town) == ("#c1ph3r#", "浦东新区", "花木街道")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("as_text", [False, True])
def test_every_status(status: int, as_text: bool) -> None:
    told = {"order_status": str(status) if as_text else status, "main_status": status}
    order = douyin(told, **told)
    assert (order.payment, order.fulfilment) == STATUSES[status]
    assert order.lines[0].fulfilment == order.fulfilment
    assert order.lines[0].shipped == (2 if status in (3, 5) else 0)
    assert bool(order.lines_to_ship) is (status in (2, 101))


@pytest.mark.parametrize(("pay_time", "payment"), [(0, "unpaid"), (None, "unpaid"), (1794326460, "refunded")])
def test_cancelled_before_or_after_it_was_paid(pay_time: int | None, payment: str) -> None:
    order = douyin(order_status=4, main_status=4, pay_time=pay_time)
    assert (order.payment, order.fulfilment, order.lines_to_ship) == (payment, "cancelled", ())


@pytest.mark.parametrize("main_status", [21, 22, 39])
def test_closed_by_a_refund(main_status: int) -> None:
    order = douyin({"main_status": main_status}, main_status=main_status)
    assert (order.payment, order.fulfilment, order.lines_to_ship) == ("refunded", "cancelled", ())


def test_a_line_closed_inside_a_live_order_is_never_shipped() -> None:
    lines = [DOUYIN_LINE, {**DOUYIN_LINE, "order_id": "2", "main_status": 21}, {**DOUYIN_LINE, "order_id": "3"}]
    lines[2]["order_status"] = 4
    order = order_of("douyin", {**DOUYIN, "sku_order_list": lines})
    assert [line.line_id for line in order.lines_to_ship] == ["4888888888888888889"]


def test_a_deposit_is_paid() -> None:
    order = douyin(order_status=1, main_status=103)
    assert (order.payment, order.presale) == ("deposit_paid", Presale(PresaleStage.DEPOSIT_PAID, None, 0))


@pytest.mark.parametrize(
    ("kind", "status", "refund_status", "refund"),
    [
        (2, 6, 1, "requested"),
        (0, 7, 1, "agreed"),
        (0, 8, 0, "requested"),
        (0, 11, 1, "returning"),
        (2, 12, 1, "agreed"),
        (2, 12, 3, "succeeded"),
        (2, 27, 0, "refused"),
        (2, 28, 1, "closed"),  # withdrawn by the buyer: the money's own state stays behind
        (0, 29, 1, "refused"),
        (2, 51, 3, "succeeded"),
        (2, 53, 1, "agreed"),
        (3, 12, 0, "none"),  # an exchange takes nothing back
        (3, 13, 0, "none"),
        (7, 14, 0, "none"),
        (6, 12, 3, "none"),  # money alone
    ],
)
def test_after_sales(kind: int, status: int, refund_status: int, refund: str) -> None:
    told = {"after_sale_type": kind, "after_sale_status": status, "refund_status": refund_status}
    assert douyin({"after_sale_info": told}).lines[0].refund == refund


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_no_after_sales(nothing: object) -> None:
    assert douyin({"after_sale_info": nothing}).lines[0].refund == "none"


@pytest.mark.parametrize(("bound", "is_gift"), [("FREE", True), ("MASTER", False), ("", False), (None, False)])
def test_gifts(bound: str | None, is_gift: bool) -> None:
    assert douyin({"given_product_type": bound}).lines[0].is_gift is is_gift


@pytest.mark.parametrize(
    ("code", "out_sku_id", "sku"), [("", "77", "77"), ("", 0, ""), (None, "0", ""), ("A", "7", "A")]
)
def test_merchant_codes(code: str | None, out_sku_id: object, sku: str) -> None:
    assert douyin({"code": code, "out_sku_id": out_sku_id}).lines[0].sku == sku


def test_cash_on_delivery_and_parcels() -> None:
    sent = [{"tracking_no": "YT1", "company": "yuantong", "company_name": "圆通"}, {"tracking_no": "", "company": "x"}]
    order = douyin(pay_type=0, pay_time=0, logistics_info=sent)
    assert (order.cash_on_delivery, order.payment, len(order.lines_to_ship)) == (True, "unpaid", 1)
    assert order.parcels == (Parcel("yuantong", "YT1", ""),)


def test_a_whole_answer_is_the_same_order() -> None:
    answer = {"code": 10000, "msg": "success", "data": {"shop_order_detail": DOUYIN}}
    assert order_of("douyin", answer) == douyin()
