"""A platform's document as bytes and back, nothing lost: a fraction stays a Decimal, an id beyond 2**53 itself."""

import json
from decimal import Decimal

_DECIMAL = "\0decimal"  # no platform has a NUL in its names


def packed(document: object) -> bytes:
    return json.dumps(document, default=_told, separators=(",", ":")).encode()


def spelled(document: object) -> str:
    """For whoever looks for words in it."""
    return json.dumps(document, default=_told, ensure_ascii=False)


def unpacked(data: bytes) -> object:
    return json.loads(data, object_hook=_heard)


def _told(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    raise TypeError(f"a document holds a {type(value).__name__}")


def _heard(value: dict[str, object]) -> object:
    return Decimal(str(value[_DECIMAL])) if value.keys() == {_DECIMAL} else value
