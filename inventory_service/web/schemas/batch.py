"""`POST /v1/batch`: operations of any kind in one call."""

from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct, UnsetType

from inventory_service.web.schemas.fields import Id
from inventory_service.web.schemas.reservations import (
    ConfirmBody,
    ExtendBody,
    ReleaseBody,
    ReserveBody,
)

OPERATIONS_MAX = 1000

Operation = TypeVar("Operation")


class ReserveOperation(ReserveBody, tag_field="op", tag="reserve", forbid_unknown_fields=True, frozen=True):
    """As `POST /v1/reservations`; the id is required here."""


class ConfirmOperation(
    ConfirmBody, tag_field="op", tag="confirm", forbid_unknown_fields=True, frozen=True, kw_only=True
):
    """As `POST /v1/reservations/{reservation_id}/confirm`."""

    reservation_id: Id


class ReleaseOperation(
    ReleaseBody, tag_field="op", tag="release", forbid_unknown_fields=True, frozen=True, kw_only=True
):
    """As `POST /v1/reservations/{reservation_id}/release`."""

    reservation_id: Id


class ExtendOperation(ExtendBody, tag_field="op", tag="extend", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """As `POST /v1/reservations/{reservation_id}/extend`."""

    reservation_id: Id


AnyOperation = ReserveOperation | ConfirmOperation | ReleaseOperation | ExtendOperation


class BatchBody(Struct, Generic[Operation], forbid_unknown_fields=True, frozen=True):
    """Applied in order, each judged on its own."""

    operations: Annotated[list[Operation], Meta(min_length=1, max_length=OPERATIONS_MAX)]


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


class BatchResult(Struct, frozen=True, kw_only=True):
    """What the single call would have answered."""

    status: int
    idempotent_replayed: bool | UnsetType = msgspec.UNSET
    body: Annotated[Any, Meta(extra_json_schema={"anyOf": [_reference("ReservationView"), _reference("Problem")]})]


class BatchResults(Struct, frozen=True):
    """In the order of the operations."""

    results: list[BatchResult]
