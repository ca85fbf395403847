"""Documents that no order can be made of: each is refused in words that name field and place."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.channels.mapping.applying import ELEMENTS_MAX, MISFITS_MAX, DoesNotFit
from tests.mapping.samples import SAMPLES, TAOBAO, TAOBAO_LINE, Document, douyin, order_of, taobao


def misfits_of(channel: str, document: object) -> list[tuple[str, str, str]]:
    with pytest.raises(DoesNotFit) as error:
        order_of(channel, document)
    assert (error.value.field, error.value.path, error.value.reason) == error.value.misfits[0]
    return [tuple(each) for each in error.value.misfits]  # type: ignore[misc]


@pytest.mark.parametrize("document", [None, [], "order", 7, True, [TAOBAO]])
def test_what_is_no_object(document: object) -> None:
    [(field, _, reason)] = misfits_of("taobao", document)
    assert (field, reason.endswith("not an object")) == ("order", True)


@pytest.mark.parametrize("channel", SAMPLES)
def test_everything_that_is_missing_is_told_at_once(channel: str) -> None:
    told = {field: reason for field, _, reason in misfits_of(channel, {})}
    assert set(told.values()) == {"is missing"}
    assert {"order.channel_order_id", "order.fulfilment", "amounts.paid_minor", "times.modified_ms"} <= told.keys()


@pytest.mark.parametrize(
    ("field", "value", "place", "reason"),
    [
        ("tid", [1], "order.channel_order_id", "is a list, not text or a whole number of up to 40 digits"),
        ("tid", {"a": 1}, "order.channel_order_id", "is an object, not text or a whole number of up to 40 digits"),
        ("tid", True, "order.channel_order_id", "is true or false, not text or a whole number of up to 40 digits"),
        ("tid", 10**4000, "order.channel_order_id", "is a number, not text or a whole number of up to 40 digits"),
        ("tid", Decimal("1.5"), "order.channel_order_id", "is a number, not text or a whole number of up to 40 digits"),
        ("tid", "1\x002", "order.channel_order_id", "holds a control character"),
        ("tid", "1\ud800", "order.channel_order_id", "holds a control character"),
        ("tid", "1 2", "order.channel_order_id", "holds whitespace, and no id does"),
        ("tid", "1" * 65, "order.channel_order_id", "has 65 characters, more than 64"),
        ("tid", "", "order.channel_order_id", "is missing"),
        ("status", ["WAIT_BUYER_PAY"], "order.payment", "is a list, not one of table payment"),
        ("status", "wait_buyer_pay", "order.payment", '"wait_buyer_pay" is not in table payment'),
        ("status", "X" * 1000, "order.payment", f'"{"X" * 40}…" is not in table payment'),
        ("payment", "93.805", "amounts.paid_minor", "has more than the 2 decimals of CNY"),
        ("payment", "1,000.00", "amounts.paid_minor", 'is "1,000.00", not an amount such as 12.30'),
        ("payment", "1e5", "amounts.paid_minor", 'is "1e5", not an amount such as 12.30'),
        ("payment", "NaN", "amounts.paid_minor", 'is "NaN", not an amount such as 12.30'),
        ("payment", "９３", "amounts.paid_minor", 'is "９３", not an amount such as 12.30'),
        ("payment", "-1.00", "amounts.paid_minor", "is less than nothing"),
        ("payment", 93.8, "amounts.paid_minor", "is a floating-point number, which has no exact cents"),
        ("payment", True, "amounts.paid_minor", "is true or false, not an amount"),
        ("payment", {}, "amounts.paid_minor", "is an object, not an amount"),
        ("payment", Decimal("1E+999999999"), "amounts.paid_minor", "is larger than an amount of CNY can be"),
        ("payment", Decimal("1E-999999999"), "amounts.paid_minor", "has more than the 2 decimals of CNY"),
        ("payment", "99999999999999", "amounts.paid_minor", "is larger than an amount of CNY can be"),
        ("modified", 1794326462, "times.modified_ms", 'is "1794326462", not a time such as 2026-01-01 12:00:00'),
        ("modified", "2026-02-30 00:00:00", "times.modified_ms", 'is "2026-02-30 00:00:00", which is no time'),
        ("modified", "1026-02-03 00:00:00", "times.modified_ms", 'is "1026-02-03 00:00:00", not in this century'),
        ("modified", "2026-11-11", "times.modified_ms", 'is "2026-11-11", not a time such as 2026-01-01 12:00:00'),
        ("orders", "x", "lines", "text stands where an object with order should be"),
        ("orders", {"order": {"oid": 1}}, "lines", "an object stands where a list should be"),
        ("orders", {"order": []}, "lines", "there is no line"),
        ("orders", None, "lines", "there is no line"),
        ("orders", {"order": [TAOBAO_LINE] * 2}, "lines", "line 2600000000000000011 stands there 2 times"),
        ("orders", {"order": [TAOBAO_LINE] * (ELEMENTS_MAX + 1)}, "lines", "has 1,001 elements, more than 1,000"),
    ],
)  # fmt: skip
def test_what_does_not_fit_a_trade(field: str, value: object, place: str, reason: str) -> None:
    told = misfits_of("taobao", {**TAOBAO, field: value})
    assert (place, reason) in [(where, words) for where, _, words in told]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("num", 0, 'is "0", not a whole number from 1 to 1,000,000'),
        ("num", -1, 'is "-1", not a whole number from 1 to 1,000,000'),
        ("num", "2.5", 'is "2.5", not a whole number from 1 to 1,000,000'),
        ("num", True, 'is "true", not a whole number from 1 to 1,000,000'),
        ("num", 10**30, f'is "{10**30}", not a whole number from 1 to 1,000,000'),
        ("num", Decimal("1E+999999999"), "is a number, not a whole number from 1 to 1,000,000"),
        ("num", None, "is missing"),
        ("oid", None, "is missing"),
        ("outer_sku_id", "TEE\x00", "holds a control character"),
        ("outer_sku_id", "T" * 129, "has 129 characters, more than 128"),
        ("status", 7, '"7" is not in table fulfilment'),
        ("refund_status", "MAYBE", '"MAYBE" is not in table refund'),
    ],
)
def test_what_does_not_fit_a_line_is_told_with_its_place(field: str, value: object, reason: str) -> None:
    lines = [TAOBAO_LINE, {**TAOBAO_LINE, "oid": 2, field: value}]
    [(where, path, words)] = misfits_of("taobao", {**TAOBAO, "orders": {"order": lines}})
    assert where.startswith("lines[1].")
    assert (path, words) == (f"orders.order[1].{field}", reason)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("update_time", 1794326462000, 'is "1794326462000", not seconds since 1970 in this century'),
        ("update_time", "2026-11-11 00:00:00", 'is "2026-11-11 00:00:00", not seconds since 1970 in this century'),
        ("update_time", -1, 'is "-1", not seconds since 1970 in this century'),
        ("update_time", 0, "is missing"),
        ("create_time", "0", "is missing"),
        ("pay_amount", Decimal("93.8"), "is a number, not a whole number of minor units"),
        ("pay_amount", "93.80", 'is "93.80", not a whole number of minor units'),
        ("pay_amount", 10**15, f'is "{10**15}", not a whole number of minor units'),
        ("order_status", 999, '"999" is not in table fulfilment'),
        ("post_addr", {"province": "上海市"}, "text stands where an object with name should be"),
    ],
)
def test_what_does_not_fit_a_douyin_order(field: str, value: object, reason: str) -> None:
    assert reason in [words for _, _, words in misfits_of("douyin", {**SAMPLES["douyin"], field: value})]


def test_a_stray_control_character_in_what_people_wrote_loses_no_sale() -> None:
    order = taobao({"title": "T恤\x07"}, buyer_message="加\x00急\ud800\r\n谢谢\uffff", receiver_name="\x1b[31m李")
    assert (order.buyer_message, order.receiver.name, order.lines[0].title) == ("加急\n谢谢", "[31m李", "T恤")


def test_no_reason_repeats_personal_data() -> None:
    secrets = {"receiver_mobile": ["13800008888"], "receiver_address": {"世纪大道": 1}, "buyer_message": "秘密" * 9999}
    told = misfits_of("taobao", {**TAOBAO, **secrets})
    assert [field for field, _, _ in told] == ["order.buyer_message", "receiver.phone", "receiver.address"]
    assert not any(secret in repr(told) for secret in ("1380000", "世纪", "秘密"))


def test_deep_nesting_and_many_misfits_have_an_end() -> None:
    deep: Any = "bottom"
    for _ in range(100_000):
        deep = [deep]
    assert misfits_of("taobao", {**TAOBAO, "tid": deep})
    assert len(misfits_of("taobao", {**TAOBAO, "orders": {"order": [{}] * ELEMENTS_MAX}})) == MISFITS_MAX
    while isinstance(deep, list):  # so that nothing has to be freed recursively
        deep = deep.pop()


def test_what_a_wrong_currency_makes_unreadable_is_told_once() -> None:
    told = misfits_of("generic", {**SAMPLES["generic"], "currency": "kwd", "paid": "93.805"})
    assert told == [("order.currency", "currency", "is no currency such as CNY")]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _places(node: Any) -> list[tuple[Any, Any]]:
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
    return [(node, key) for key in keys] + [place for key in keys for place in _places(node[key])]


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_whatever_stands_anywhere_there_is_an_order_or_a_reason(channel: str, data: st.DataObject) -> None:
    document: Document = json.loads(json.dumps(SAMPLES[channel]), parse_float=Decimal)
    for _ in range(data.draw(st.integers(1, 3))):
        node, key = data.draw(st.sampled_from(_places(document)))
        node[key] = data.draw(anything)
    try:
        order = order_of(channel, document)
    except DoesNotFit as error:
        json.dumps(error.misfits)
    else:
        json.dumps(order, ensure_ascii=False).encode()  # half a surrogate pair would fail here


@pytest.mark.parametrize("make", [taobao, douyin])
def test_the_same_document_is_always_the_same_order(make: Callable[[], object]) -> None:
    assert make() == make()
