"""Every status of a Taobao trade, and what is peculiar about its fields."""

import pytest

from inventory_service.channels.mapping.applying import DoesNotFit
from inventory_service.channels.mapping.loading import shipped
from inventory_service.domain.orders.order import Amounts, Parcel, Presale
from inventory_service.domain.orders.states import Fulfilment, PresaleStage
from tests.mapping.samples import TAOBAO, TAOBAO_LINE, order_of, taobao

STATUSES = {
    "TRADE_NO_CREATE_PAY": ("unpaid", "open"),
    "WAIT_BUYER_PAY": ("unpaid", "open"),
    "PAY_PENDING": ("unpaid", "open"),
    "WAIT_PRE_AUTH_CONFIRM": ("unpaid", "open"),
    "WAIT_SELLER_SEND_GOODS": ("paid", "open"),
    "PAID_FORBID_CONSIGN": ("paid", "on_hold"),
    "SELLER_CONSIGNED_PART": ("paid", "part_shipped"),
    "WAIT_BUYER_CONFIRM_GOODS": ("paid", "shipped"),
    "TRADE_BUYER_SIGNED": ("paid", "shipped"),
    "TRADE_FINISHED": ("paid", "done"),
    "TRADE_CLOSED": ("refunded", "cancelled"),
    "TRADE_CLOSED_BY_TAOBAO": ("unpaid", "cancelled"),
}
REFUNDS = {
    "NO_REFUND": "none",
    "WAIT_SELLER_AGREE": "requested",
    "WAIT_BUYER_RETURN_GOODS": "agreed",
    "WAIT_SELLER_CONFIRM_GOODS": "returning",
    "SELLER_REFUSE_BUYER": "refused",
    "CLOSED": "closed",
    "SUCCESS": "succeeded",
}


def test_a_trade_as_it_stands() -> None:
    order = taobao()
    assert (order.channel, order.channel_order_id, order.currency) == ("taobao", "2600000000000000001", "CNY")
    assert order.amounts == Amounts(9980, 1200, 600, 9380)
    assert order.times.modified_ms == 1794326462000  # 2026-11-11 00:01:02 at GMT+8
    assert (order.times.shipped_ms, order.presale, order.cash_on_delivery, order.parcels) == (0, None, False, ())
    [line] = order.lines
    assert (line.line_id, line.sku, line.channel_sku, line.quantity) == ("2600000000000000011", "TEE-RED-M", "4821", 2)
    assert (line.list_price_minor, line.paid_minor, line.shipped) == (4990, 8780, 0)
    assert order.buyer_message == "加急 发货&<ok>"


@pytest.mark.parametrize("status", STATUSES)
def test_every_status(status: str) -> None:
    order = taobao({"status": status}, status=status)
    assert (order.payment, order.fulfilment) == STATUSES[status]
    assert order.lines[0].fulfilment == order.fulfilment
    has_left = order.fulfilment in (Fulfilment.SHIPPED, Fulfilment.DONE)
    assert order.lines[0].shipped == (2 if has_left else 0)
    assert bool(order.lines_to_ship) is (status in ("WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART"))


def test_the_tables_know_these_and_no_others() -> None:
    rows = {row.field: row for section in shipped("taobao").sections.values() for row in section}
    tables = {each.table.name: set(each.table.meanings) for row in rows.values() for each in row.sources if each.table}
    assert tables["payment"] == tables["fulfilment"] == STATUSES.keys()
    assert tables["refund"] == REFUNDS.keys()


@pytest.mark.parametrize("status", REFUNDS)
def test_every_refund(status: str) -> None:
    order = taobao({"refund_status": status, "refund_id": "99"})
    assert (order.lines[0].refund, order.lines[0].refund_id) == (REFUNDS[status], "99")
    assert order.payment == ("part_refunded" if status == "SUCCESS" else "paid")


@pytest.mark.parametrize("closed", ["TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"])
def test_a_line_closed_inside_a_live_trade_is_never_shipped(closed: str) -> None:
    lines = [TAOBAO_LINE, {**TAOBAO_LINE, "oid": 12, "status": closed}]
    order = order_of("taobao", {**TAOBAO, "orders": {"order": lines}})
    assert (order.fulfilment, [line.fulfilment for line in order.lines]) == ("open", ["open", "cancelled"])
    assert [line.line_id for line in order.lines_to_ship] == ["2600000000000000011"]


@pytest.mark.parametrize(
    ("status", "step", "payment", "stage"),
    [
        ("WAIT_BUYER_PAY", "FRONT_NOPAID_FINAL_NOPAID", "unpaid", PresaleStage.DEPOSIT_DUE),
        ("WAIT_BUYER_PAY", "FRONT_PAID_FINAL_NOPAID", "deposit_paid", PresaleStage.DEPOSIT_PAID),
        ("WAIT_SELLER_SEND_GOODS", "FRONT_PAID_FINAL_PAID", "paid", PresaleStage.FINAL_PAID),
        ("TRADE_CLOSED", "FRONT_PAID_FINAL_PAID", "refunded", PresaleStage.FINAL_PAID),
        ("TRADE_CLOSED_BY_TAOBAO", "FRONT_PAID_FRONT_FORFEITED", "deposit_paid", PresaleStage.FORFEITED),
    ],
)
def test_presale(status: str, step: str, payment: str, stage: PresaleStage) -> None:
    order = taobao(status=status, step_trade_status=step, step_paid_fee="20.00")
    assert (order.payment, order.presale) == (payment, Presale(stage, 2000, 0))
    assert bool(order.lines_to_ship) is (payment == "paid")


@pytest.mark.parametrize("merchant_code", [None, "", "  "])
def test_a_variant_without_a_code_takes_that_of_its_item(merchant_code: str | None) -> None:
    assert taobao({"outer_sku_id": merchant_code}).lines[0].sku == "TEE"
    assert taobao({"outer_sku_id": merchant_code, "outer_iid": None}).lines[0].sku == ""


def test_what_was_paid_for_a_line_never_holds_the_freight() -> None:
    unpaid = {key: value for key, value in TAOBAO_LINE.items() if key != "divide_order_fee"}
    order = order_of("taobao", {**TAOBAO, "orders": {"order": [unpaid]}})
    assert order.lines[0].paid_minor == 8980  # of total_fee; payment has 6.00 of freight in it


def test_a_county_of_a_province_is_its_city_too() -> None:
    receiver = taobao().receiver
    assert (receiver.province, receiver.city, receiver.district) == ("河南省", "济源市", "济源市")
    assert taobao(receiver_city="郑州市").receiver.city == "郑州市"


def test_cash_on_delivery_is_not_paid_before_it_is_delivered() -> None:
    sent = taobao(type="cod", pay_time=None)
    assert (sent.cash_on_delivery, sent.payment, len(sent.lines_to_ship)) == (True, "unpaid", 1)
    assert taobao(type="cod", pay_time=None, status="TRADE_FINISHED").payment == "paid"
    assert taobao(type="cod", status="TRADE_BUYER_SIGNED").payment == "paid"


def test_each_parcel_is_told_once() -> None:
    sent = {**TAOBAO_LINE, "logistics_company": "顺丰速运", "invoice_no": "SF1"}
    lines = [sent, {**sent, "oid": 12}, {**sent, "oid": 13, "invoice_no": "SF2"}, {**TAOBAO_LINE, "oid": 14}]
    order = order_of("taobao", {**TAOBAO, "orders": {"order": lines}})
    assert order.parcels == (Parcel("顺丰速运", "SF1", ""), Parcel("顺丰速运", "SF2", ""))


@pytest.mark.parametrize(
    "document",
    [
        {"trade_fullinfo_get_response": {"trade": TAOBAO, "request_id": "r"}},
        {"trade": TAOBAO},
        {**TAOBAO, "orders": [TAOBAO_LINE]},  # simplify=true
    ],
)
def test_whole_answers_and_simplified_ones_are_the_same_order(document: dict[str, object]) -> None:
    assert order_of("taobao", document) == order_of("taobao", TAOBAO)


def test_a_status_that_nobody_knows_is_told_and_never_guessed() -> None:
    with pytest.raises(DoesNotFit) as error:
        taobao(status="TRADE_EXPLODED")
    assert [(each.field, each.path) for each in error.value.misfits] == [
        ("order.payment", "status"),
        ("order.fulfilment", "status"),
    ]
    assert error.value.reason == '"TRADE_EXPLODED" is not in table payment'
