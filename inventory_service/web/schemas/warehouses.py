"""Warehouses."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct, field

from inventory_service.domain.regions import COUNTRY_PATTERN, REGION_PATTERN
from inventory_service.domain.warehouse import EVERY_DAY, Freight, Outbound, Warehouse, WarehouseKind
from inventory_service.web.schemas.fields import (
    CURRENCY_PATTERN,
    CUT_OFF_PATTERN,
    Label,
    Latitude,
    Longitude,
    RegionCode,
)

AMOUNT_MAX = 1_000_000_000
CAPACITY_MAX = 1_000_000_000

Amount = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
Country = Annotated[str, Meta(pattern=COUNTRY_PATTERN)]
Weekday = Annotated[int, Meta(ge=1, le=7)]


class Closure(Struct, forbid_unknown_fields=True, frozen=True):
    """Both days included."""

    first: date = field(name="from")
    last: date = field(name="to")


class OutboundBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """When parcels leave, and how many a day. Everything else needs the `time_zone`.

    An order leaves on the first working day whose cut-off is still ahead. A weekday off and a passed cut-off only move
    that day; where it is one of `closed_dates`, the warehouse takes no order until then: it is `closed`.
    """

    time_zone: Annotated[str, Meta(min_length=1, max_length=64, description="Of the IANA database.")] | None = None
    cut_off: Annotated[str, Meta(pattern=CUT_OFF_PATTERN, description="Local time HH:MM; null: midnight.")] | None = (
        None
    )
    working_days: Annotated[
        list[Weekday], Meta(min_length=1, max_length=7, description="1: Monday, …, 7: Sunday; left out: every day.")
    ] = field(default_factory=lambda: list(EVERY_DAY))
    closed_dates: Annotated[
        list[date | Closure], Meta(max_length=366, description="Single days, and spans with both ends included.")
    ] = field(default_factory=list)
    daily_capacity: (
        Annotated[int, Meta(ge=1, le=CAPACITY_MAX, description="Orders per day; null: not counted.")] | None
    ) = None


class FreightBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What an order's parcel costs from here, for the strategy `cheapest`."""

    currency: Annotated[str, Meta(pattern=CURRENCY_PATTERN, description="ISO 4217.")]
    amounts: Annotated[
        dict[str, Amount],
        Meta(
            min_length=1,
            max_length=1000,
            description=(
                "Minor units by region code; the narrowest area that holds the destination counts, "
                "`*` is everywhere else. Without either there is no price."
            ),
            extra_json_schema={"propertyNames": {"anyOf": [{"pattern": REGION_PATTERN}, {"const": "*"}]}},
        ),
    ]


class WarehouseBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The whole description: what is left out has its default again."""

    name: Annotated[Label, Meta(min_length=1)]
    kind: Annotated[
        WarehouseKind,
        Meta(description="Orders come from a `store` only where all warehouses together cannot; never `in_transit`."),
    ] = WarehouseKind.WAREHOUSE
    country: Label = "CN"
    region: Label = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    priority: Annotated[int, Meta(ge=-1_000_000, le=1_000_000, description="Lower comes first.")] = 100
    serves: (
        Annotated[
            list[RegionCode],
            Meta(
                min_length=1,
                max_length=1000,
                description="Regions of its own country that it ships to; null: all of it.",
            ),
        ]
        | None
    ) = None
    enabled: Annotated[bool, Meta(description="false: as if it were not there; nothing of it is available.")] = True
    paused: Annotated[
        bool, Meta(description="true: takes no new orders. Its stock stays available, what is promised goes on.")
    ] = False
    cross_border: Annotated[
        list[Country],
        Meta(max_length=300, description="ISO 3166 codes of the countries it ships to besides its own."),
    ] = field(default_factory=list)
    outbound: OutboundBody | None = None
    freight: FreightBody | None = None


class WarehouseView(Struct, frozen=True, kw_only=True):
    code: str
    name: str
    kind: WarehouseKind
    country: str
    region: str
    lat: float | None
    lon: float | None
    priority: int
    serves: list[str] | None
    enabled: bool
    paused: bool
    cross_border: list[str]
    outbound: OutboundBody | None
    freight: FreightBody | None


def warehouse_of(code: str, body: WarehouseBody) -> Warehouse:
    return Warehouse(
        code=code,
        name=body.name,
        kind=body.kind,
        country=body.country,
        region=body.region,
        lat=body.lat,
        lon=body.lon,
        priority=body.priority,
        serves=None if body.serves is None else tuple(body.serves),
        enabled=body.enabled,
        paused=body.paused,
        cross_border=tuple(body.cross_border),
        outbound=None if body.outbound is None else _outbound_of(body.outbound),
        freight=None if body.freight is None else Freight(body.freight.currency, body.freight.amounts),
    )


def warehouse_view(warehouse: Warehouse) -> WarehouseView:
    return WarehouseView(
        code=warehouse.code,
        name=warehouse.name,
        kind=warehouse.kind,
        country=warehouse.country,
        region=warehouse.region,
        lat=warehouse.lat,
        lon=warehouse.lon,
        priority=warehouse.priority,
        serves=None if warehouse.serves is None else list(warehouse.serves),
        enabled=warehouse.enabled,
        paused=warehouse.paused,
        cross_border=list(warehouse.cross_border),
        outbound=None if warehouse.outbound is None else _outbound_view(warehouse.outbound),
        freight=None
        if warehouse.freight is None
        else FreightBody(currency=warehouse.freight.currency, amounts=dict(warehouse.freight.amounts)),
    )


def _outbound_of(body: OutboundBody) -> Outbound:
    return Outbound(
        time_zone=body.time_zone or "",
        cut_off=body.cut_off or "",
        working_days=tuple(sorted(set(body.working_days))),
        closed_dates=tuple(
            (each.first, each.last) if isinstance(each, Closure) else (each, each) for each in body.closed_dates
        ),
        daily_capacity=body.daily_capacity,
    )


def _outbound_view(outbound: Outbound) -> OutboundBody:
    return OutboundBody(
        time_zone=outbound.time_zone or None,
        cut_off=outbound.cut_off or None,
        working_days=list(outbound.working_days),
        closed_dates=[first if first == last else Closure(first, last) for first, last in outbound.closed_dates],
        daily_capacity=outbound.daily_capacity,
    )
