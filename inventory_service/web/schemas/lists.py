"""What all lists share."""

from typing import Generic, TypeVar

from msgspec import Struct

from inventory_service.web.schemas.fields import Cursor, Limit

Item = TypeVar("Item")


class PageQuery(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    limit: Limit = 50
    cursor: Cursor | None = None

    @property
    def position(self) -> str:
        """The cursor, "" for the first page."""
        return self.cursor or ""


class NoQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """A call without query parameters."""


class PageBody(Struct, Generic[Item], frozen=True):
    """One page; `next_cursor` is null on the last."""

    data: list[Item]
    next_cursor: str | None
