"""Pages of what is known by heart, by name."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import TypeVar

from inventory_service.domain.errors import Refused
from inventory_service.usecases.ports import Page

T = TypeVar("T")


def page_by_name(kind: str, things: Mapping[str, T], limit: int, cursor: str) -> Page[T]:
    """Raises Refused (`validation_failed`) for a cursor that is not of the list `kind`."""
    last = _name_of(kind, cursor) if cursor else ""
    behind = [name for name in sorted(things) if name > last]
    shown = behind[:limit]
    return Page([things[name] for name in shown], _cursor_of(kind, shown[-1]) if len(behind) > limit else "")


def _cursor_of(kind: str, name: str) -> str:
    return urlsafe_b64encode(f"{kind}:{name}".encode()).decode().rstrip("=")


def _name_of(kind: str, cursor: str) -> str:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):  # also what is not ASCII or not UTF-8
        text = ""
    if not text.startswith(f"{kind}:"):
        raise Refused("validation_failed", "This cursor is not one of this list.", "/cursor")
    return text.removeprefix(f"{kind}:")
