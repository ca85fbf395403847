"""Reservations: the four operations, and the reservation as callers see it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.domain.durability import Durability
from inventory_service.domain.reservation import Line, Reservation, Status
from inventory_service.web.schemas.fields import (
    INTEGER_MAX,
    KEY_PATTERN,
    Code,
    Id,
    Label,
    Latitude,
    Longitude,
    Moment,
    Quantity,
    Reached,
    Strategy,
    Text,
    TtlSeconds,
    moment,
    moment_or_none,
)
from inventory_service.web.schemas.lists import PageQuery

MetadataKey = Annotated[str, Meta(min_length=1, max_length=64, pattern=KEY_PATTERN)]
MetadataInteger = Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]
Metadata = Annotated[
    dict[MetadataKey, Text | MetadataInteger | float | bool | None],
    Meta(max_length=20, description="At most 20 keys and 2 KiB; no personal data."),
]


class LineBody(Struct, forbid_unknown_fields=True, frozen=True):
    sku: Code
    quantity: Quantity


Country = Annotated[
    Label, Meta(description="ISO 3166 code of two or three letters, or a name in English or Chinese.", examples=["CN"])
]
Region = Annotated[
    Label,
    Meta(
        description="GB/T 2260 code of a province, city or district; abroad ISO 3166-2.", examples=["310000", "440305"]
    ),
]
AreaName = Annotated[Label, Meta(description="Chinese or English, with or without its suffix.", examples=["广东省"])]
Address = Annotated[
    Text,
    Meta(
        description="As the shopper wrote it. Read for its province and city, and never stored.",
        examples=["深圳市南山区科技园科苑路15号"],
    ),
]
Postcode = Annotated[Label, Meta(examples=["518057"])]
Datum = Annotated[
    Literal["wgs84", "gcj02", "bd09"],
    Meta(
        description="Of `lat` and `lon`: gcj02 of AMap and Tencent, bd09 of Baidu.",
        extra_json_schema={"default": "wgs84"},
    ),
]


class ShipTo(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Where the order goes. Every part is optional; the finest one counts. What cannot be placed is no error: the order
    is served by `priority` then. Kept are a region code and coordinates of one decimal, nothing else.
    """

    country: Country | UnsetType = UNSET
    region: Region | UnsetType = UNSET
    province: AreaName | UnsetType = UNSET
    city: AreaName | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    postcode: Postcode | UnsetType = UNSET
    lat: Latitude | UnsetType = UNSET
    lon: Longitude | UnsetType = UNSET
    datum: Datum | UnsetType = UNSET


class AllocationBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which warehouses may serve the order, and how they are ranked."""

    strategy: Strategy | UnsetType = UNSET
    warehouses: (
        Annotated[
            list[Code], Meta(min_length=1, max_length=100, description="Only these; they are ranked all the same.")
        ]
        | UnsetType
    ) = UNSET
    excluded: Annotated[list[Code], Meta(max_length=100, description="Not these.")] | UnsetType = UNSET
    max_splits: (
        Annotated[int, Meta(ge=1, le=100, description="How many warehouses may share the order.")] | UnsetType
    ) = UNSET


class ReserveBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Two lines of one SKU count together."""

    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=50)]
    reservation_id: Id | UnsetType = UNSET
    ttl_seconds: TtlSeconds | UnsetType = UNSET
    channel: Label | UnsetType = UNSET
    order_ref: Label | UnsetType = UNSET
    customer_id: Label | UnsetType = UNSET
    ship_to: ShipTo | UnsetType = UNSET
    allocation: AllocationBody | UnsetType = UNSET
    allow_partial: bool | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET


class ConfirmBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    reacquire: Annotated[bool, Meta(description="If it expired: take the stock again if it is still there.")] = False


class ReleaseBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Without `lines` everything goes back; a part needs a `release_id`."""

    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=50)] | UnsetType = UNSET
    release_id: Id | UnsetType = UNSET


class ExtendBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    ttl_seconds: Annotated[int, Meta(ge=1, le=86_400, description="The new deadline is now + so many seconds.")]
    reacquire: Annotated[bool, Meta(description="If it expired: take the stock again if it is still there.")] = False


class AllocationView(Struct, frozen=True):
    warehouse: str
    quantity: int
    shipped: int
    ship_by: Annotated[Moment, Meta(description="It is sold ahead: when the lot comes that covers it.")] | UnsetType = (
        UNSET
    )


class LineView(Struct, frozen=True, kw_only=True):
    """`quantity` is what was held for the line; `shipped` and `released` are parts of it."""

    sku: str
    requested: Annotated[int, Meta(description="Only where some line got less than it asked for.")] | UnsetType = UNSET
    quantity: int
    shipped: int
    released: int
    allocations: list[AllocationView]


class ReservationView(Struct, frozen=True, kw_only=True):
    """A reservation as it is now."""

    reservation_id: str
    status: Status
    outcome: Annotated[str, Meta(description="What this call did; absent where nothing was asked for.")] | UnsetType = (
        UNSET
    )
    created_at: Moment
    expires_at: Annotated[Moment | None, Meta(description="null: no deadline.")]
    confirmed_at: Moment | UnsetType = UNSET
    ended_at: Moment | UnsetType = UNSET
    ship_by: Annotated[Moment, Meta(description="Of what is sold ahead, the last date.")] | UnsetType = UNSET
    lines: list[LineView]
    channel: str | None
    order_ref: str | None
    customer_id: str | None
    metadata: dict[str, Any]
    durability: Reached | UnsetType = UNSET


class Attributes(Struct, frozen=True, kw_only=True):
    """What the record carries as JSON text beside the kernel's own fields."""

    channel: str = ""
    order_ref: str = ""
    customer_id: str = ""
    metadata: dict[str, Any] = {}


_attributes = msgspec.json.Decoder(Attributes)
_NO_ATTRIBUTES = Attributes()
# An enum's own look-up takes four times as long, for every answer.
_STATUSES = {status.value: status for status in Status}
_DURABILITIES = {reached.value: reached for reached in Durability}


def reservation_view(
    reservation_id: str, record: Reservation, outcome: str = "", durability: str = ""
) -> ReservationView:
    """The record as callers see it; `outcome` "": the call asked for nothing; `durability` "": it was only read."""
    told = record.attributes
    attributes = _attributes.decode(told) if told and told != "{}" else _NO_ATTRIBUTES
    short = any(line.requested != line.quantity for line in record.lines)
    dates = _dates(record)
    return ReservationView(
        reservation_id=reservation_id,
        status=_STATUSES[record.status],
        outcome=outcome or UNSET,
        created_at=moment(record.created_ms),
        expires_at=moment_or_none(record.deadline_ms),
        confirmed_at=moment_or_none(record.confirmed_ms) or UNSET,
        ended_at=moment_or_none(record.ended_ms) or UNSET,
        ship_by=moment(max(each.ship_by_ms for each in record.preorders)) if record.preorders else UNSET,
        lines=[_line_view(line, short, dates) for line in record.lines],
        channel=attributes.channel or None,
        order_ref=attributes.order_ref or None,
        customer_id=attributes.customer_id or None,
        metadata=attributes.metadata,
        durability=_DURABILITIES[durability] if durability else UNSET,
    )


def _dates(record: Reservation) -> Mapping[tuple[str, str], Moment]:
    """SKU and warehouse of what is sold ahead → when it ships."""
    return {(each.sku, each.warehouse): moment(each.ship_by_ms) for each in record.preorders}


def _line_view(line: Line, short: bool, dates: Mapping[tuple[str, str], Moment]) -> LineView:
    return LineView(
        sku=line.sku,
        requested=line.requested if short else UNSET,
        quantity=line.quantity,
        shipped=line.shipped,
        released=line.released,
        allocations=[
            AllocationView(*allocation, dates.get((line.sku, allocation.warehouse), UNSET))
            for allocation in line.allocations
        ],
    )


class ReservationQuery(PageQuery, forbid_unknown_fields=True, frozen=True, kw_only=True):
    sku: Code | None = None
    warehouse: Code | None = None
    status: Status | None = None
    order_ref: Label | None = None
    customer_id: Label | None = None
