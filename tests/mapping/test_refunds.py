"""Documents of refunds: what each platform says of how many units they are for."""

from typing import Any

import pytest

from inventory_service.channels.mapping.applying import DoesNotFit, apply_refund
from inventory_service.channels.mapping.loading import loaded, shipped
from inventory_service.domain.orders.order import LineRefund
from inventory_service.domain.orders.states import Refund
from tests.mapping.samples import Document

TAOBAO: Document = {
    "refund_id": "7777777777777777001",
    "tid": 2600000000000000001,
    "oid": 2600000000000000011,
    "num": 2,
    "refund_fee": "43.90",
    "status": "SUCCESS",
    "good_status": "BUYER_NOT_RECEIVED",
    "has_good_return": False,
    "refund_phase": "onsale",
    "modified": "2026-11-11 00:01:02",
}
DOUYIN_INFO: Document = {
    "aftersale_id": "7777777777777777001",
    "aftersale_type": 2,
    "aftersale_status": 12,
    "refund_status": 3,
    "update_time": 1794326462,
}
DOUYIN_LINE: Document = {
    "sku_order_id": "4888888888888888889", "item_num": 2, "aftersale_item_num": 1, "aftersale_pay_amount": 4390,
}  # fmt: skip
GENERIC: Document = {
    "refund_id": "R-1",
    "order_id": "MP-1",
    "line_id": "a",
    "state": "succeeded",
    "quantity": 1,
    "amount": "43.90",
    "modified_at": "2026-11-11T00:01:02+08:00",
}
AT_MS = 1794326462000


def douyin(line: Document = DOUYIN_LINE, **info: Any) -> tuple[LineRefund, ...]:
    told = {"aftersale_info": DOUYIN_INFO | info, "order_info": {"shop_order_id": "1", "related_order_info": [line]}}
    return apply_refund(shipped("douyin"), told)


def taobao(**fields: Any) -> tuple[LineRefund, ...]:
    return apply_refund(shipped("taobao"), TAOBAO | fields)


def test_taobao_tells_the_money_and_not_for_how_many_units() -> None:
    """Its `num` is what was bought."""
    line = LineRefund("7777777777777777001", "2600000000000000011", Refund.SUCCEEDED, None, 4390, AT_MS)
    assert taobao() == (line,)
    assert taobao(oid=None)[0].line_id == "2600000000000000001"  # a trade with a single line


@pytest.mark.parametrize(("returned", "units"), [(True, 0), ("true", 0), (False, None), (None, None)])
def test_taobao_goods_that_come_back_had_left(returned: object, units: int | None) -> None:
    assert taobao(has_good_return=returned)[0].units == units


def test_douyin_counts() -> None:
    line = LineRefund("7777777777777777001", "4888888888888888889", Refund.SUCCEEDED, 1, 4390, AT_MS)
    assert douyin() == (line,)
    assert douyin({"sku_order_id": "1"})[0].units is None


@pytest.mark.parametrize(
    ("kind", "state", "units"),
    [(2, "succeeded", 1), (0, "succeeded", 0), (1, "succeeded", 0), (6, "none", 1), (3, "none", 1)],
)
def test_douyin_what_has_left_is_not_sent_less_and_what_takes_nothing_back_is_no_refund(
    kind: int, state: str, units: int
) -> None:
    (line,) = douyin(aftersale_type=kind)
    assert (line.state, line.units) == (state, units)


def test_douyin_one_after_sale_of_several_lines() -> None:
    lines = [DOUYIN_LINE, DOUYIN_LINE | {"sku_order_id": "2", "aftersale_item_num": 2}]
    told = {"aftersale_info": DOUYIN_INFO, "order_info": {"related_order_info": lines}}
    found = apply_refund(shipped("douyin"), told)
    assert [(each.line_id, each.units) for each in found] == [("4888888888888888889", 1), ("2", 2)]


def test_one_of_ones_own_shop() -> None:
    assert apply_refund(shipped("generic"), GENERIC) == (LineRefund("R-1", "a", Refund.SUCCEEDED, 1, 4390, AT_MS),)
    money = apply_refund(shipped("generic"), GENERIC | {"quantity": 0, "goods_return": None})
    assert money[0].units == 0
    assert apply_refund(shipped("generic"), GENERIC | {"goods_return": True})[0].units == 0


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (GENERIC | {"state": "maybe"}, "refund.state"),
        (GENERIC | {"quantity": -1}, "refund_line.units"),
        (GENERIC | {"line_id": None}, "refund_line.line_id"),
        (GENERIC | {"modified_at": None}, "refund.modified_ms"),
        ([], "refund"),
    ],
)
def test_what_does_not_fit_is_named(document: object, field: str) -> None:
    with pytest.raises(DoesNotFit) as error:
        apply_refund(shipped("generic"), document)
    assert error.value.field == field


def test_a_table_without_refunds_reads_none() -> None:
    text = b"""
version = 1
channel = "own"
[lists]
lines = "lines[]"
[order]
channel_order_id = { path = "id", type = "text", required = true }
payment = { path = "payment", type = "state", required = true }
fulfilment = { path = "fulfilment", type = "state", required = true }
currency = { type = "text", default = "CNY" }
[times]
created_ms = { path = "created", type = "unix_ms", required = true }
modified_ms = { path = "modified", type = "unix_ms", required = true }
[line]
line_id = { path = "id", type = "text", required = true }
quantity = { path = "quantity", type = "count", required = true }
"""
    assert apply_refund(loaded(text, "own.toml"), GENERIC) == ()
