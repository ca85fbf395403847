"""Money becomes a whole number of minor units, or it is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.domain.orders.money import NoAmount, decimals_of, is_currency, minor_units


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("30.36", "CNY", 3036),
        ("30.3600", "CNY", 3036),  # nothing is lost
        ("0.1", "CNY", 10),
        ("-0.01", "USD", -1),
        ("1E+2", "CNY", 10_000),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("0", "CNY", 0),
        ("0E+99999999", "CNY", 0),
        ("0E-99999999", "CNY", 0),
        ("9999999999999.99", "CNY", 999_999_999_999_999),
    ],
)
def test_whole_minor_units(value: str, currency: str, minor: int) -> None:
    assert minor_units(Decimal(value), currency) == minor


@pytest.mark.parametrize(
    ("value", "currency", "words"),
    [
        ("30.365", "CNY", "more than the 2 decimals of CNY"),
        ("0.5", "JPY", "more than the 0 decimals of JPY"),
        ("1.2345", "KWD", "more than the 3 decimals of KWD"),
        ("1E-999999999", "CNY", "more than the 2 decimals"),
        ("1E+999999999", "CNY", "larger than"),
        ("10000000000000", "CNY", "larger than"),
        ("12345678901.2345678901234567890123456789", "CNY", "more than the 2 decimals"),
        ("1.00" + "0" * 60 + "1", "CNY", "more than the 2 decimals"),
        ("NaN", "CNY", "not a finite number"),
        ("sNaN", "CNY", "not a finite number"),
        ("-Infinity", "CNY", "not a finite number"),
    ],
)
def test_never_rounded(value: str, currency: str, words: str) -> None:
    with pytest.raises(NoAmount, match=words):
        minor_units(Decimal(value), currency)


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_every_amount_comes_back(minor: int, currency: str) -> None:
    assert minor_units(Decimal(minor).scaleb(-decimals_of(currency)), currency) == minor


@pytest.mark.parametrize(
    ("code", "is_one"), [("CNY", True), ("cny", False), ("RMB¥", False), ("", False), ("CNY\n", False)]
)
def test_currencies(code: str, is_one: bool) -> None:
    assert is_currency(code) is is_one
