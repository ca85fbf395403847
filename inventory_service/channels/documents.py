"""JSON of strangers: read without floats, bounded, and every value checked where it is used."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

from inventory_service.usecases.sync.adapter import NotUnderstood

NUMBER_LENGTH_MAX = 64  # no amount is longer; 1e999999999 becomes a gigabyte once it is made an integer
ID_LENGTH_MAX = 64
SECONDS_MAX = 253_402_300_799  # the end of 9999
LASTS_SECONDS_MAX = 100 * 366 * 86_400

_ID = re.compile(r"[!-~]+")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# A whole pair, half of one, or any other escape: read from the left, so that `\\ud83d` is a backslash and text.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_CONTROL = re.compile(rb"[\x00-\x1f]")
_WHOLE = re.compile(r"-?[0-9]{1,19}")  # ids of articles have 19 digits


def decoded(raw: bytes) -> object:
    """Integers stay integers, fractions become Decimals. Raises NotUnderstood, never anything else."""
    try:
        document = json.loads(raw.decode(), parse_float=_fraction, parse_int=_integer, parse_constant=_no_number)
        if _SURROGATE.search(raw):  # half of a pair is no text: whoever stores it later would fail
            json.dumps(document, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(f"no JSON that can be used: {type(error).__name__}") from None
    return cast(object, document)


def mended(raw: bytes) -> bytes:
    """What platforms cut or forgot to escape in what people wrote, made readable: one order with half an emoji must not
    hide all others.
    """
    text = raw.decode(errors="replace").encode()
    whole = _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], text)
    return _CONTROL.sub(b" ", whole)


def mapping(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise NotUnderstood(f"{what} is no object")
    return value


def sequence(value: object, what: str) -> Sequence[object]:
    if not isinstance(value, list):
        raise NotUnderstood(f"{what} is no list")
    return value


def listed(value: object, what: str) -> Sequence[object]:
    """A list that is left out, or null, where it is empty."""
    return () if value is None else sequence(value, what)


def identifier(value: object, what: str) -> str:
    """An id as text, whether the platform writes a number or a string."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or len(text) > ID_LENGTH_MAX or not _ID.fullmatch(text):
        raise NotUnderstood(f"{what} is no id")
    return text


def whole(value: object, what: str) -> int:
    """An integer, also one that is written as a string."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotUnderstood(f"{what} is no whole number")
    return value


def time_ms(seconds: object, what: str) -> int:
    """Of seconds since 1970. What no calendar shows, no store holds either."""
    told = whole(seconds, what)
    if not 0 <= told <= SECONDS_MAX:
        raise NotUnderstood(f"{what} is no time")
    return told * 1000


def ends_ms(seconds: object, now_ms: int) -> int | None:
    """When something ends that lasts for `seconds` from now; None where that was not said, or is as good as never."""
    lasts = None if seconds is None else whole(seconds, "expires_in")
    return None if lasts is None or lasts > LASTS_SECONDS_MAX else now_ms + lasts * 1000


def text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise NotUnderstood(f"{what} is no text")
    return value


def _fraction(digits: str) -> Decimal:
    number = Decimal(_short(digits))
    if abs(number.adjusted()) > NUMBER_LENGTH_MAX:
        raise ValueError("a number beyond all bounds")
    return number


def _integer(digits: str) -> int:
    return int(_short(digits))


def _short(digits: str) -> str:
    if len(digits) > NUMBER_LENGTH_MAX:
        raise ValueError("a number beyond all bounds")
    return digits


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
