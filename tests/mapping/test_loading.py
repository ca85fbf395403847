"""Tables are checked when they are loaded: each problem is named with file, table and key."""

import pytest

from inventory_service.channels.mapping.applying import DoesNotFit, apply
from inventory_service.channels.mapping.checking import WrongMapping
from inventory_service.channels.mapping.loading import BYTES_MAX, loaded, shipped, shipped_channels
from tests.mapping.samples import TAOBAO, TAOBAO_LINE

SHOP = 'version = 1\nextends = "taobao"\n'
# A channel that nobody has written a line of code for.
KIOSK = """
version = 1
channel = "kiosk"
utc_offset = "+09:00"
lists.lines = "baskets[].goods[]"

[order]
channel_order_id = { path = "no", type = "text" }
payment = { path = "state", type = "state", table = "payment" }
fulfilment = { path = "state", type = "state", table = "fulfilment" }
currency = { type = "text", default = "JPY" }

[times]
created_ms = { path = "at", type = "local_time" }
modified_ms = { path = ["changed", "at"], type = "local_time" }

[line]
line_id = { path = "ref", type = "text" }
sku = { path = "code", type = "text", transform = ["drop_prefix:K-", "upper", "before:/"] }
quantity = { path = "count[0]", type = "count" }
is_gift = { path = "free", type = "flag" }

[tables.payment]
due = "unpaid"
"*" = "paid"

[tables.fulfilment]
gone = "shipped"
"*" = "open"
"""
BASKETS = [
    {"goods": [{"ref": 1, "code": "K-tee/red", "count": ["2"], "free": "FALSE"}]},
    {"goods": [{"ref": 2, "code": "cap", "count": [1], "free": 1}]},
    {"goods": None},
]


PURCHASE = {"no": 7, "state": "gone", "at": "2026-01-01 09:00:00", "baskets": BASKETS}


def wrong(text: str) -> list[str]:
    with pytest.raises(WrongMapping) as error:
        loaded(text.encode(), "shop.toml")
    assert all(problem.startswith("shop.toml: ") for problem in error.value.problems)
    return [problem.removeprefix("shop.toml: ") for problem in error.value.problems]


def test_every_channel_of_ours_is_found_and_right() -> None:
    assert {"taobao", "douyin", "generic"} <= set(shipped_channels())
    for channel in shipped_channels():
        assert (shipped(channel).channel, shipped(channel).version) == (channel, 1)
    with pytest.raises(KeyError):
        shipped("../taobao")


def test_a_new_channel_needs_a_table_and_no_code() -> None:
    mapping = loaded(KIOSK.encode(), "kiosk.toml", shop="ginza")
    order = apply(mapping, PURCHASE)
    assert (order.channel, order.shop, order.channel_order_id) == ("kiosk", "ginza", "7")
    assert (order.payment, order.fulfilment, order.currency) == ("paid", "shipped", "JPY")
    assert order.times.created_ms == order.times.modified_ms == 1767225600000
    assert [(line.line_id, line.sku, line.quantity, line.is_gift) for line in order.lines] == [
        ("1", "TEE", 2, False),
        ("2", "CAP", 1, True),
    ]


def test_a_shop_overrides_single_keys_of_single_fields() -> None:
    text = SHOP + '[line]\nsku.path = "outer_iid"\n[tables.fulfilment]\nTRADE_NEW = "on_hold"\n'
    mapping = loaded(text.encode(), "shop.toml", shop="flagship")
    document = {**TAOBAO, "orders": {"order": [{**TAOBAO_LINE, "status": "TRADE_NEW"}]}}
    order = apply(mapping, document)
    assert (order.shop, order.channel, order.lines[0].sku, order.lines[0].fulfilment) == (
        *("flagship", "taobao", "TEE", "on_hold"),
    )
    assert order.amounts == apply(shipped("taobao"), TAOBAO).amounts
    assert apply(shipped("taobao"), TAOBAO).lines[0].sku == "TEE-RED-M"  # ours is as it was


def test_the_digest_names_the_content_and_nothing_else() -> None:
    ours = shipped("taobao").digest
    assert loaded(SHOP.encode(), "a.toml", shop="one").digest == ours
    assert loaded((SHOP + "# a remark\n").encode(), "b.toml").digest == ours
    assert loaded((SHOP + '[line]\nsku.path = "outer_iid"\n').encode(), "a.toml").digest != ours


def replaced(old: str, new: str) -> str:
    assert old in KIOSK
    return KIOSK.replace(old, new, 1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (replaced("version = 1", "version = 2"), "version: should be 1, which is all that is understood here"),
        (replaced("version = 1", "version = true"), "version: should be 1, which is all that is understood here"),
        (replaced('channel = "kiosk"', 'channel = "Kiosk 1"'), "channel: should be a lower-case letter"),
        (replaced('"+09:00"', '"9"'), "utc_offset: should be an offset such as +08:00"),
        (replaced("lists.lines", "lists.line"), "[lists] line: is not known here; is lines meant?"),
        (replaced("lists.lines", "lists.line"), "[lists] lines: is missing: where an order's lines stand"),
        (replaced("goods[]", "goods"), "[lists] lines: 'baskets[].goods' should be names parted by dots with []"),
        (replaced("[times]", "[time]"), "time: is not known here; is times meant?"),
        (replaced("channel_order_id", "order_id"), "[order] order_id: is not known here; is parent_order_id meant?"),
        (replaced("channel_order_id", "order_id"), "[order] channel_order_id: is missing"),
        (replaced('path = "no"', 'path = "a..b"'), "[order] channel_order_id path: 'a..b' should be names parted"),
        (replaced('path = "no"', 'path = "a[]"'), "[order] channel_order_id path: 'a[]' should be names parted"),
        (replaced('path = "no"', 'path = "a[x]"'), "[order] channel_order_id path: 'a[x]' should be names parted"),
        (replaced('path = "no"', 'path = ""'), "[order] channel_order_id path: '' should be names parted by dots"),
        (replaced('path = "no"', "path = 7"), "[order] channel_order_id path: 7 should be names parted by dots"),
        (replaced('path = "no"', 'path = "a.' + "b." * 20 + 'c"'), "should be names parted by dots"),
        (replaced('path = "no", ', ""), "[order] channel_order_id path: is missing, and there is no default"),
        (replaced('"no", type = "text"', '"no"'), "[order] channel_order_id type: is missing; should be text"),
        (replaced('"at", type = "local_time"', '"at", type = "text"'), "[times] created_ms type: is 'text'; should be"),
        (replaced('"no", type', '"no", required = false, type'), "channel_order_id required: should be true"),
        (replaced('"no", type', '"no", required = "yes", type'), "channel_order_id required: should be true or false"),
        (replaced('"no", type', '"no", tpye = 1, type'), "tpye: is not known here; is type meant?"),
        (replaced("upper", "uper"), "[line] sku transform: 'uper' is none of upper, lower, absent:…, before:…"),
        (replaced("upper", "upper:x"), "[line] sku transform: 'upper:x' is none of upper"),
        (replaced("before:/", "before:"), "[line] sku transform: 'before:' is none of upper"),
        (replaced('table = "payment"', 'table = "paid"'), "[order] payment table: there is no [tables.paid]"),
        (replaced('table = "payment"', 'table = ["payment", "payment"]'), "payment table: names 2 tables for 1 paths"),
        (replaced('due = "unpaid"', 'due = "owing"'), "[tables.payment] due: 'owing' is no unpaid or deposit_paid"),
        (replaced('due = "unpaid"', "due = 3"), "[tables.payment] due: should be text, true or false, not 3"),
        (replaced('"count"', '"count", table = "payment"'), "only states and flags are looked up in a table"),
        (replaced('default = "JPY"', 'default = "yen"'), "[order] currency default: 'yen' is no currency such as CNY"),
        (replaced('type = "flag"', 'type = "flag", default = "no"'), "[line] is_gift default: 'no' is no true or"),
        (replaced('type = "local_time"', 'type = "local_time", default = "x"'), "is no default of a time: none is"),
        (replaced('path = "count[0]"', "default = 1000001"), "[line] quantity default: 1000001 is no whole number"),
        (replaced('path = "count[0]"', "default = 0"), "[line] quantity default: 0 is no whole number"),
        (replaced('path = "ref"', 'default = "a b"'), "[line] line_id default: 'a b' is no text"),
        (replaced('path = "code"', 'default = "a\\u0000b"'), "[line] sku default: 'a\\x00b' is no text"),
        (replaced('path = "code"', f'default = "{"x" * 129}"'), "[line] sku default: 'xxx"),
        (KIOSK + '[amounts]\npaid_minor = { type = "minor", default = 1000000000000000 }', "paid_minor default: 1000"),
        (KIOSK + '[amounts]\npaid_minor = { type = "minor", default = -1 }', "[amounts] paid_minor default: -1 is no"),
        (replaced("[line]", "[tables]\nx = 1\n[line]"), "[tables.x]: should be a table"),
        ('version = 1\nchannel = "a"\norder = 7\n', "[order]: should be a table"),
        ('version = 1\nextends = "ebay"\n', "extends: 'ebay' is none of douyin, generic, taobao"),
        ('version = 1\nextends = "../taobao"\n', "extends: '../taobao' is none of"),
        ("version = 1\nextends = [1]\n", "extends: [1] is none of"),
        ('extends = "taobao"\n', "version: is missing"),
        (SHOP + "[order]\npayment = 1\n", "[order] payment: should be a table"),
        (SHOP + '[line]\nsku.transform = "now"\n', "[line] sku transform: 'now' is none of"),
        ("version = ", "is no TOML: "),
        ("x = " + "[" * 100_000, "is no TOML: "),
        ("x = " + "9" * 5000, "is no TOML: "),
        ("version = 1\nextends = " + ("{a" + ".a" * 30 + " = ") * 100 + "1" + "}" * 100, "is nested without end"),
        (KIOSK + "[order.payment.table" + ".a" * 2000 + "]\n", "line 30: a key of more than 32 parts"),
        (KIOSK + "[amounts]\npaid_minor.path" + " . 'a'" * 2000 + " = 1\n", "line 31: a key of more than 32 parts"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text: str, problem: str) -> None:
    assert any(problem in told for told in wrong(text)), wrong(text)


def test_all_problems_are_told_at_once() -> None:
    problems = wrong(replaced("upper", "uper").replace("version = 1", "version = 9").replace('"payment"', '"paid"'))
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("data", "problem"),
    [(b"\xff\xfe", "is not UTF-8: "), (b"#" * (BYTES_MAX + 1), "is larger than 256 KiB"), (b"\0", "is no TOML: ")],
)
def test_files_that_are_none(data: bytes, problem: str) -> None:
    with pytest.raises(WrongMapping, match=problem):
        loaded(data, "shop.toml")


def test_defaults_that_can_be_kept_are_right() -> None:
    more = (
        '[amounts]\ndiscount_minor = { type = "minor", default = -5 }\n[line.title]\ntype = "text"\ndefault = "a\\tb c"'
    )
    order = apply(loaded((KIOSK + more).encode(), "kiosk.toml"), PURCHASE)
    assert (order.amounts.discount_minor, order.lines[0].title) == (-5, "a\tb c")


def test_one_table_may_serve_several_paths() -> None:
    text = KIOSK.replace('path = "state", type', 'path = ["state", "old_state"], type')
    document = {"no": 7, "old_state": "gone", "at": "2026-01-01 09:00:00", "baskets": BASKETS}
    assert apply(loaded(text.encode(), "kiosk.toml"), document).fulfilment == "shipped"


def test_a_time_that_is_not_yet_makes_way_for_the_next_path() -> None:
    text = KIOSK.replace('"local_time"', '"unix_seconds"')
    order = apply(loaded(text.encode(), "kiosk.toml"), {**PURCHASE, "changed": 0, "at": 1_767_225_600})
    assert order.times.modified_ms == 1_767_225_600_000


def test_a_stray_character_in_a_path_or_a_table_is_told_spelled_out() -> None:
    text = KIOSK.replace('"no"', '"n\\u0000o"').replace("tables.payment", 'tables."pay\\u0000ment"')
    mapping = loaded(text.replace('"payment"', '"pay\\u0000ment"').replace('"*" = "paid"', "").encode(), "kiosk.toml")
    with pytest.raises(DoesNotFit) as error:
        apply(mapping, PURCHASE)
    assert [(misfit.path, misfit.reason) for misfit in error.value.misfits] == [
        (r"n\x00o", "is missing"),
        ("state", r'"gone" is not in table pay\x00ment'),
    ]
