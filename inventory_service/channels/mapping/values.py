"""A value of a document becomes a value of an order, or the reason why not, in words that stand behind a path.

Personal texts are never repeated in a reason: it is kept and sent to people.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

from inventory_service.channels.mapping.unified import Kind, Unified
from inventory_service.domain.orders.money import AMOUNT_DIGITS_MAX, NoAmount, is_currency, minor_units
from inventory_service.domain.stock import QUANTITY_MAX

SHOWN_CHARACTERS = 40
NUMBER_DIGITS_MAX = 40  # of an id given as a number; turning millions of digits into text would take minutes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CENTURY_MS = range(946_684_800_000, 4_102_444_800_000)  # a time outside of 2000 to 2099 is another unit, or none
_DIGITS = re.compile(r"-?[0-9]{1,18}")
_AMOUNT = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
# Control characters, halves of surrogate pairs, and U+FFFF, which stands for either (`web.body.scrub`).
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\uffff]")
_UNKEEPABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\uffff]")


class Unfit(Exception):
    """The reason, as it stands behind a path: `is a list, not text`."""


class Manner(NamedTuple):
    """How this mapping's document writes what a value alone does not tell."""

    currency: str
    offset: timezone | None


def is_nothing(value: object) -> bool:
    """Whether a platform says nothing there: null, or empty text."""
    return value is None or (isinstance(value, str) and not value.strip())


def kind_of(value: object) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return "true or false"
    return "text" if isinstance(value, str) else "a number"


def shown(value: object) -> str:
    """A value that is no personal text, short enough to be told."""
    text = text_of_scalar(value)
    if text is None:
        return kind_of(value)
    return f'"{text}"' if len(text) <= SHOWN_CHARACTERS else f'"{text[:SHOWN_CHARACTERS]}…"'


def keepable(text: str) -> str:
    """What no store holds, and no screen should be sent, is spelled out."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def text_of_scalar(value: object) -> str | None:
    """Text, a whole number or a boolean as text; None: it is none of these, or endless."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**NUMBER_DIGITS_MAX else None
    return value.strip() if isinstance(value, str) else None


def looked_up(value: object, table: Mapping[str, str | bool], name: str) -> str | bool:
    """What the value means by that table; "*" stands for all others."""
    key = text_of_scalar(value)
    if key is None:
        raise Unfit(f"is {kind_of(value)}, not one of table {name}")
    meaning = table.get(key, table.get("*"))
    if meaning is None:
        raise Unfit(f"{shown(value)} is not in table {name}")
    return meaning


def read(type_name: str, value: object, unified: Unified, manner: Manner) -> object:
    """Raises Unfit."""
    return _READERS[type_name](value, unified, manner)


def _text(value: object, unified: Unified, _: Manner) -> str:
    text = None if isinstance(value, bool) else text_of_scalar(value)
    if text is None:
        raise Unfit(f"is {kind_of(value)}, not text or a whole number of up to {NUMBER_DIGITS_MAX} digits")
    if unified.kind is Kind.TEXT:
        text = _UNKEEPABLE.sub("", text)
    elif _UNPRINTABLE.search(text):
        raise Unfit("holds a control character")
    if unified.kind is Kind.ID and any(map(str.isspace, text)):
        raise Unfit("holds whitespace, and no id does")
    if unified.kind is Kind.CURRENCY and not is_currency(text):
        raise Unfit("is no currency such as CNY")
    if len(text) > unified.characters_max:
        raise Unfit(f"has {len(text):,} characters, more than {unified.characters_max:,}")
    return text


def _count(value: object, unified: Unified, _: Manner) -> int:
    number = _whole(value)
    if number is None or not unified.least <= number <= QUANTITY_MAX:
        raise Unfit(f"is {shown(value)}, not a whole number from {unified.least} to {QUANTITY_MAX:,}")
    return number


def _money(value: object, unified: Unified, manner: Manner) -> int:
    if isinstance(value, float):
        raise Unfit("is a floating-point number, which has no exact cents")
    if isinstance(value, str) and not _AMOUNT.fullmatch(value.strip()):
        raise Unfit(f"is {shown(value)}, not an amount such as 12.30")
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Unfit(f"is {kind_of(value)}, not an amount")
    try:
        return _signed(minor_units(Decimal(value), manner.currency), unified)
    except NoAmount as error:
        raise Unfit(str(error)) from None


def _minor(value: object, unified: Unified, _: Manner) -> int:
    number = _whole(value)
    if number is None or abs(number) >= 10**AMOUNT_DIGITS_MAX:
        raise Unfit(f"is {shown(value)}, not a whole number of minor units")
    return _signed(number, unified)


def _signed(minor: int, unified: Unified) -> int:
    if minor < 0 and not unified.signed:
        raise Unfit("is less than nothing")
    return minor


def _unix_seconds(value: object, _: Unified, __: Manner) -> int:
    return _since_1970(value, 1000, "seconds")


def _unix_ms(value: object, _: Unified, __: Manner) -> int:
    return _since_1970(value, 1, "milliseconds")


def _since_1970(value: object, unit_ms: int, unit: str) -> int:
    number = _whole(value)
    if number == 0:
        return 0  # what platforms write for "not yet"
    if number is None or number * unit_ms not in _CENTURY_MS:
        raise Unfit(f"is {shown(value)}, not {unit} since 1970 in this century")
    return number * unit_ms


def _local_time(value: object, _: Unified, manner: Manner) -> int:
    if not isinstance(value, str) or not _LOCAL_TIME.fullmatch(value.strip()):
        raise Unfit(f"is {shown(value)}, not a time such as 2026-01-01 12:00:00")
    return _moment(value.strip(), manner)


def _iso_time(value: object, _: Unified, manner: Manner) -> int:
    if not isinstance(value, str):
        raise Unfit(f"is {kind_of(value)}, not a time such as 2026-01-01T04:00:00Z")
    return _moment(value.strip(), manner)


def _moment(text: str, manner: Manner) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Unfit(f"is {shown(text)}, which is no time") from None
    if moment.tzinfo is None and manner.offset is None:
        raise Unfit("has no offset from UTC, and the mapping has no utc_offset")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=manner.offset)
    time_ms = (moment - _EPOCH) // timedelta(milliseconds=1)
    if time_ms not in _CENTURY_MS:
        raise Unfit(f"is {shown(text)}, not in this century")
    return time_ms


def _flag(value: object, _: Unified, __: Manner) -> bool:
    flags = {"true": True, "1": True, "false": False, "0": False}
    text = (text_of_scalar(value) or "").lower()
    if text not in flags:
        raise Unfit(f"is {shown(value)}, not true or false")
    return flags[text]


def _state(value: object, unified: Unified, _: Manner) -> str:
    """Of a channel that speaks our own words."""
    states = [str(state) for state in unified.states or ()]
    if not isinstance(value, str) or value.strip() not in states:
        raise Unfit(f"is {shown(value)}, not one of {', '.join(states)}")
    return value.strip()


def _whole(value: object) -> int | None:
    """Looked at before it is computed: 1e999999999 is a short text and an endless number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < AMOUNT_DIGITS_MAX:
        return int(value) if value == int(value) else None
    if isinstance(value, str):
        return int(value) if _DIGITS.fullmatch(value.strip()) else None
    return value if isinstance(value, int) else None


_READERS: dict[str, Callable[[object, Unified, Manner], object]] = {
    "text": _text,
    "count": _count,
    "money": _money,
    "minor": _minor,
    "unix_seconds": _unix_seconds,
    "unix_ms": _unix_ms,
    "local_time": _local_time,
    "iso_time": _iso_time,
    "flag": _flag,
    "state": _state,
}
