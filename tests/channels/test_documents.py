"""JSON of strangers."""

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.channels.documents import decoded, ends_ms, identifier, mapping, mended, sequence, text, whole
from inventory_service.channels.douyin import payload
from inventory_service.usecases.sync.adapter import Missed, NotUnderstood, each


def test_amounts_are_exact_and_ids_whole() -> None:
    document = decoded(b'{"tid": 4888888888888888888, "price": 129.90, "tiny": 1e-7, "name": "\\ud83d\\ude00"}')
    assert document == {
        "tid": 4888888888888888888,
        "price": Decimal("129.90"),
        "tiny": Decimal("1e-7"),
        "name": "\N{GRINNING FACE}",
    }
    assert identifier(mapping(document, "it")["tid"], "tid") == "4888888888888888888"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nope",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"1e999999999",
        b"-1E-999999999",
        b"1" * 65,
        b"0." + b"1" * 100,
        b"[" * 200_000,
        b'"\\ud800"',
        b'"\\uDfff"',
        b"\xff",
    ],
    ids=lambda raw: repr(raw[:16]),
)
def test_what_is_refused(raw: bytes) -> None:
    with pytest.raises(NotUnderstood):
        decoded(raw)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b'"\\ud83d"', "\ufffd"),
        (b'"a\\uDE00b\\ud83d\\ud83d\\ude00"', "a\ufffdb\ufffd\N{GRINNING FACE}"),
        (b'"\\\\ud83d \\\\\\ud83d"', "\\ud83d \\\ufffd"),
        (b'"\xe5\x8a a\tb\x00c"', "\ufffd a b c"),
        (b'{\r\n\t"a": "\\n"}', {"a": "\n"}),
    ],
)
def test_what_people_wrote_is_read_also_where_a_platform_cut_it(raw: bytes, read: object) -> None:
    assert decoded(mended(raw)) == read


@given(st.binary(max_size=60))
def test_nothing_else_is_raised(raw: bytes) -> None:
    with suppress(NotUnderstood):
        decoded(raw)


@pytest.mark.parametrize("value", [None, True, 1.5, "", " ", "a b", "x" * 65, "é", [], {}, "a\x00"])
def test_what_is_no_id(value: object) -> None:
    with pytest.raises(NotUnderstood, match="order_id is no id"):
        identifier(value, "order_id")


@pytest.mark.parametrize("value", [None, True, "", "1.0", "x", "1" * 20, Decimal(1), []])
def test_what_is_no_whole_number(value: object) -> None:
    with pytest.raises(NotUnderstood):
        whole(value, "total")


def test_what_each_of_them_takes() -> None:
    assert (whole("-12", "n"), whole(7, "n"), text("é", "t"), sequence([1], "s")) == (-12, 7, "é", [1])
    for wrong in (1, None):
        for check in (mapping, sequence, text):
            with pytest.raises(NotUnderstood):
                check(wrong, "it")


@pytest.mark.parametrize("seconds", [10**15, "9" * 19, -1, 10**60])
def test_a_time_that_no_store_holds_is_none(seconds: object) -> None:
    """A row that cannot be read is a failure; a version that cannot be kept stopped all that came behind it."""
    row = {"order_id": "1", "update_time": seconds}
    after_sale = {"aftersale_info": {"aftersale_id": "2"} | row, "order_info": {"shop_order_id": "1"}}
    found = [*each([row], payload.arrived), *each([after_sale], payload.refund)]
    assert {type(one) for one in found} == {Missed}


def test_a_token_that_lasts_for_ever_has_no_end() -> None:
    assert ends_ms(10**30, 5) is None
    assert ends_ms("3600", 5) == 3_600_005
