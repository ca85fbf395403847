"""What people work on: scan exceptions and alarms."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.web.schemas.fields import Id, Moment, Text
from inventory_service.web.schemas.lists import PageQuery


class EmptyBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Nothing is asked."""


class ExceptionQuery(PageQuery, forbid_unknown_fields=True, frozen=True, kw_only=True):
    state: Literal["open", "resolved"] | None = None


class ExceptionBody(Struct, frozen=True, kw_only=True):
    """A scan that waits for a person: one that was applied but did not fit, or one that is parked."""

    exception_id: str
    kind: str
    code: str
    state: str
    client: str
    scan_id: str | None
    reservation_id: str | None
    warehouse: str | None
    sku: str | None
    quantity: int
    scan: Annotated[Any, Meta(description="The scan as it was sent.")]
    opened_at: Moment
    resolution: str | None
    note: str | None
    resolved_by: str | None
    resolved_at: Moment | None


class ResolveBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Once per exception. `reservation_id` says what a parked scan belongs to."""

    action: Literal["apply", "reverse", "dismiss"]
    note: Annotated[Text, Meta(min_length=1)]
    reservation_id: Id | UnsetType = UNSET


class AlertQuery(PageQuery, forbid_unknown_fields=True, frozen=True, kw_only=True):
    state: Literal["open", "acknowledged", "closed"] | None = None


class AlertBody(Struct, frozen=True, kw_only=True):
    """The same cause open twice is one row with a count."""

    alert_id: str
    rule: str
    cause: str
    state: str
    count: int
    detail: dict[str, Any]
    opened_at: Moment
    last_at: Moment
    acknowledged_by: str | None
