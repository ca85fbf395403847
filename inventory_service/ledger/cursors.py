"""Opaque cursors: where the next page of a list starts, by key, so that rows that come and go shift nothing."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from inventory_service.domain.errors import Refused
from inventory_service.usecases.ports import Page

Row = TypeVar("Row")
Item = TypeVar("Item")
Key = TypeVar("Key")

NEWEST = 2**62  # above every seq

_decode = msgspec.json.Decoder(tuple[str, msgspec.Raw]).decode


def encode_cursor(kind: str, key: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode([kind, key])).decode().rstrip("=")


def decode_cursor(kind: str, cursor: str, layout: type[Key]) -> Key:
    """The key behind a cursor of the list `kind`. Raises Refused (`validation_failed`) for any other text."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        found, packed = _decode(raw)
        key = msgspec.json.decode(packed, type=layout)
    except (ValueError, msgspec.DecodeError) as error:
        raise _foreign() from error
    if found != kind or not _storable(key):
        raise _foreign()
    return key


def page(
    kind: str, rows: Sequence[Row], limit: int, key: Callable[[Row], object], make: Callable[[Row], Item]
) -> Page[Item]:
    """A page of `rows`, of which one more than `limit` was asked for."""
    more = len(rows) > limit
    shown = rows[:limit]
    return Page([make(row) for row in shown], encode_cursor(kind, key(shown[-1])) if more else "")


def _storable(key: object) -> bool:
    """Whether Postgres can compare with it: a cursor is whatever a caller sends."""
    if isinstance(key, tuple):
        return all(_storable(part) for part in key)
    return 0 <= key <= NEWEST if isinstance(key, int) else "\0" not in str(key)


def _foreign() -> Refused:
    return Refused("validation_failed", "This cursor is not one of this list's.", "/cursor")
