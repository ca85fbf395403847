"""Money: Decimal until it is a whole number of the currency's minor units. Nothing is ever rounded."""

import re
from decimal import Context, Decimal, Inexact

AMOUNT_DIGITS_MAX = 15  # of minor units: 2**53 - 1 has 16, and so every program that reads JSON keeps an amount

# ISO 4217: the currencies whose minor unit is not a hundredth. 分 is a hundredth of a yuan.
_DECIMALS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
# Whatever would round is refused, in the arithmetic itself: 30.36 and a billionth of it is not 30.36.
_EXACT = Context(prec=40, traps=[Inexact])
_is_currency = re.compile(r"[A-Z]{3}").fullmatch


class NoAmount(ValueError):
    """The value is no amount of that currency; the words say why."""


def is_currency(code: str) -> bool:
    return _is_currency(code) is not None


def decimals_of(currency: str) -> int:
    return _DECIMALS.get(currency, 2)


def minor_units(value: Decimal, currency: str) -> int:
    """12.30 CNY → 1230. Raises NoAmount where a minor unit would be split, or the number is out of all bounds."""
    if not value.is_finite():
        raise NoAmount("is not a finite number")
    decimals = decimals_of(currency)
    # Looked at before anything is computed: 1e999999999 is a short text and an endless number.
    if value and value.adjusted() + decimals >= AMOUNT_DIGITS_MAX:
        raise NoAmount(f"is larger than an amount of {currency} can be")
    try:
        return int(_EXACT.to_integral_exact(_EXACT.scaleb(value, decimals)))
    except Inexact:
        raise NoAmount(f"has more than the {decimals} decimals of {currency}") from None
