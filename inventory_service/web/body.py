"""From bytes to structs: JSON decoding whose every failure is a refusal with a pointer."""

import re
from typing import TypeVar

import msgspec

from inventory_service.domain.errors import Refused
from inventory_service.web.schemas.fields import ID_PATTERN, PATTERNS

T = TypeVar("T")

POINTER_MAX = 256
NESTED_MAX = 100

_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u0000|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)", re.DOTALL
)
_BAD_ESCAPE_LENGTH = len(rb"\u0000")
_PLACE = re.compile(r" - at (?:`key` in )?`\$([^`]*)`\Z")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_UNKNOWN_FIELD = re.compile(r"\AObject contains unknown field `(.*)`\Z", re.DOTALL)
_PATTERN = re.compile(r"\AExpected `str` matching regex (.*)\Z", re.DOTALL)
_MISSING_FIELD = re.compile(r"\AObject missing required field `(.*)`\Z", re.DOTALL)
_ID = re.compile(ID_PATTERN)
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_EXPECTED = {repr(pattern): words for pattern, words in PATTERNS.items()}


def scrub(body: bytes) -> bytes:
    r"""The body with every escape of a NUL or of half a surrogate pair replaced by \uffff.

    No store can keep those two, and the decoder would call half a pair malformed without saying where. U+FFFF is
    refused by the pattern of every text, so the refusal carries the pointer of the very value.
    """
    return _ESCAPE.sub(_escape, body) if _SUSPICIOUS.search(body) else body


def _escape(match: re.Match[bytes]) -> bytes:
    text = match.group()
    return rb"\uffff" if len(text) == _BAD_ESCAPE_LENGTH else text


def check_utf8(body: bytes) -> None:
    """Raises Refused (`malformed_json`) where a body is not UTF-8, wherever in it."""
    if body.isascii():
        return
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise Refused("malformed_json", f"The body is not UTF-8: {error.reason} at byte {error.start}.") from None


def check_nesting(raw: bytes) -> None:
    """Of JSON that is kept as it was sent: whoever reads it later, a caller's program too, may have less room for it
    than we. Raises Refused (`malformed_json`).
    """
    if raw.count(b"[") + raw.count(b"{") <= NESTED_MAX:
        return
    depth = 0
    for bracket in _BRACKET.findall(_TEXT.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        if depth > NESTED_MAX:
            raise Refused("malformed_json", "The body is nested too deeply.")


def decode(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """One value. Raises Refused: `malformed_json`, or `validation_failed` with the pointer of the first wrong value."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        _check_whole(bytes(body))
        raise invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("malformed_json", str(error)) from None
    except RecursionError:
        raise Refused("malformed_json", "The body is nested too deeply.") from None


def id_in(raw: msgspec.Raw, name: str) -> str:
    """The id that a malformed entry of a list carries, "" where there is none that can be used."""
    value = msgspec.json.decode(raw)
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) and _ID.match(found) else ""


def _check_whole(body: bytes) -> None:
    """A wrong type found before the end says nothing about the rest: what is not JSON at all is told first."""
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:
        return  # a number out of range: JSON, but none of ours
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("malformed_json", str(error)) from None
    except RecursionError:
        raise Refused("malformed_json", "The body is nested too deeply.") from None


def invalid(error: msgspec.ValidationError) -> Refused:
    """Msgspec's "… - at `$.lines[0].quantity`" as a refusal that points to /lines/0/quantity."""
    message = str(error)
    place = _PLACE.search(message)
    detail = message[: place.start()] if place else message
    steps = [name or index for name, index in _STEP.findall(place.group(1))] if place else []
    unknown = _UNKNOWN_FIELD.match(detail)
    missing = _MISSING_FIELD.match(detail)
    if unknown or missing:
        steps.append((unknown or missing).group(1))  # type: ignore[union-attr]  # one of them matched
    pattern = _PATTERN.match(detail)
    if pattern and pattern.group(1) in _EXPECTED:
        detail = f"Expected {_EXPECTED[pattern.group(1)]}"
    return Refused("validation_failed", detail, pointer_of(steps))


def pointer_of(steps: list[str]) -> str:
    """A JSON Pointer; of one that would be absurdly long, the part that is ours."""
    escaped = [step.replace("~", "~0").replace("/", "~1") for step in steps]
    pointer = "".join(f"/{step}" for step in escaped)
    return pointer if len(pointer) <= POINTER_MAX else "".join(f"/{step}" for step in escaped[:-1])
