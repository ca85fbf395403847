"""Outbound scans. The only requests whose further fields are kept instead of refused."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.web.schemas.fields import Code, Id, Label, Quantity, Reached

SCANS_MAX = 1000

Item = TypeVar("Item")


class ScanBody(Struct, frozen=True, kw_only=True):
    """A parcel left. It names the reservation, or the order that has one; further fields are kept as sent."""

    scan_id: Id
    reservation_id: Id | UnsetType = UNSET
    order_ref: Annotated[Label, Meta(min_length=1)] | UnsetType = UNSET
    channel: Label | UnsetType = UNSET
    warehouse: Code
    sku: Code
    quantity: Quantity
    package_no: Label | UnsetType = UNSET
    carrier: Label | UnsetType = UNSET
    tracking_no: Label | UnsetType = UNSET
    serials: Annotated[list[Label], Meta(max_length=1000)] | UnsetType = UNSET
    lot: Label | UnsetType = UNSET
    scanned_at: Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset.")] | UnsetType = UNSET


class ScansBody(Struct, Generic[Item], forbid_unknown_fields=True, frozen=True):
    scans: Annotated[list[Item], Meta(min_length=1, max_length=SCANS_MAX)]


class ScanResultBody(Struct, frozen=True, kw_only=True):
    scan_id: Annotated[str | None, Meta(description="null where none could be read.")]
    result: Annotated[str, Meta(extra_json_schema={"enum": ["applied", "duplicate", "parked"]})]
    code: Annotated[str, Meta(description="Why it is an exception for a person.")] | UnsetType = UNSET
    pointer: Annotated[str, Meta(description="JSON Pointer of the offending value.")] | UnsetType = UNSET
    durability: Reached | UnsetType = UNSET


class ScanResults(Struct, frozen=True):
    """In the order of the scans."""

    results: list[ScanResultBody]
