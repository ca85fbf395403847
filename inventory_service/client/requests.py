"""What is asked of the service, as data. Whatever needs an id to be done only once makes one for itself."""

import secrets
import time
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, TypeAlias, TypedDict

import msgspec
from msgspec import Struct, field

Lines: TypeAlias = Mapping[str, int]  # {"TEE-RED-M": 2}: SKU to quantity
Metadata: TypeAlias = Mapping[str, str | int | float | bool | None]


def new_id(prefix: str) -> str:
    """A fresh id such as `rsv_019a3c…`: 48 bits of milliseconds, 64 random bits; sorts by time."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"


class ShipTo(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the order goes; every part is optional, the finest counts. `lat` and `lon` in degrees of `datum`."""

    country: str | None = None
    region: str | None = None
    province: str | None = None
    city: str | None = None
    address: str | None = None
    postcode: str | None = None
    lat: float | None = None
    lon: float | None = None
    datum: Literal["wgs84", "gcj02", "bd09"] | None = None


class AllocationRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which warehouses may serve the order, how they are ranked, and how many may share it."""

    strategy: str | None = None  # nearest, priority, balance, cheapest
    warehouses: tuple[str, ...] | None = None
    excluded: tuple[str, ...] | None = None
    max_splits: int | None = None


class ReserveOptions(TypedDict, total=False):
    """Of `reserve` and `hold`. `ttl_seconds`: 1 to 86,400, 900 where it is left out."""

    reservation_id: str
    ttl_seconds: int
    channel: str
    order_ref: str
    customer_id: str
    ship_to: ShipTo
    allocation: AllocationRule
    allow_partial: bool
    metadata: Metadata


class Operation(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="op"):
    """What a batch is made of: Reserve, Confirm, Release, Extend."""

    reservation_id: str


class Reserve(Operation, frozen=True, kw_only=True, tag="reserve"):
    """Hold stock."""

    lines: Lines
    reservation_id: str = field(default_factory=lambda: new_id("rsv"))
    ttl_seconds: int | None = None
    channel: str | None = None
    order_ref: str | None = None
    customer_id: str | None = None
    ship_to: ShipTo | None = None
    allocation: AllocationRule | None = None
    allow_partial: bool = False
    metadata: Metadata | None = None


class Confirm(Operation, frozen=True, kw_only=True, tag="confirm"):
    """It is paid. `reacquire`: if it expired, take the stock again if it is still there."""

    reacquire: bool = False


class Release(Operation, frozen=True, kw_only=True, tag="release"):
    """Give back everything, or with `lines` a part, once per `release_id`."""

    lines: Lines | None = None
    release_id: str = field(default_factory=lambda: new_id("rel"))


class Extend(Operation, frozen=True, kw_only=True, tag="extend"):
    """The new deadline is now + `ttl_seconds`. `reacquire` as in Confirm."""

    ttl_seconds: int
    reacquire: bool = False


class Movement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Goods that come in, are counted, set aside or written off; applied once per `movement_id`, however often sent.

    `expected_at`, with its offset: the lot that an expect, arrive or cancel_expected is about.
    """

    type: Literal[
        "receive", "adjust", "count", "quarantine", "restore", "write_off", "return", "expect", "arrive",
        "cancel_expected",
    ]  # fmt: skip
    sku: str
    warehouse: str
    quantity: int
    movement_id: str = field(default_factory=lambda: new_id("mov"))
    expected_on_hand: int | None = None
    force: bool = False
    reason: str | None = None
    reference: str | None = None
    expected_at: datetime | None = None


class ChannelRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a channel is to have of its own; what is None stays as it is. With nothing but zeros it has nothing more."""

    safety_stock: int | None = None
    limit_below: int | None = None
    limit_quantity: int | None = None
    pause_below: int | None = None
    warn_below: int | None = None


class ReceivedLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a SKU. `damaged`, a part of `quantity`, is not for sale."""

    sku: str
    quantity: int
    damaged: int = 0


class ShortPick(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`quantity` units that a picker did not find; applied once per `short_pick_id`, however often sent.

    It names the reservation or its `order_ref`.
    """

    warehouse: str
    sku: str
    quantity: int
    reservation_id: str | None = None
    order_ref: str | None = None
    short_pick_id: str = field(default_factory=lambda: new_id("pick"))


class Scan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parcel left. It names the reservation or its `order_ref`; deducted once per `scan_id`, however often sent."""

    warehouse: str
    sku: str
    quantity: int
    reservation_id: str | None = None
    order_ref: str | None = None
    channel: str | None = None
    scan_id: str = field(default_factory=lambda: new_id("scan"))
    package_no: str | None = None
    carrier: str | None = None
    tracking_no: str | None = None
    serials: tuple[str, ...] | None = None
    lot: str | None = None
    scanned_at: datetime | None = None


class Closure(Struct, frozen=True):
    """Days on which nothing leaves, both included."""

    first: date = field(name="from")
    last: date = field(name="to")


class Outbound(Struct, frozen=True, kw_only=True):
    """When parcels leave, by the wall clock of `time_zone`. `cut_off` "16:00", `working_days` 1 (Monday) to 7."""

    time_zone: str | None = None
    cut_off: str | None = None
    working_days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    closed_dates: tuple[date | Closure, ...] = ()
    daily_capacity: int | None = None


class Freight(Struct, frozen=True, kw_only=True):
    """What a parcel costs, in minor units by region code; "*": everywhere else."""

    currency: str
    amounts: dict[str, int]


class Warehouse(Struct, frozen=True, kw_only=True):
    """The whole description, as it is put and as it is answered. `serves` None: everywhere. `priority`: lower first."""

    code: str
    name: str
    kind: str = "warehouse"
    country: str = "CN"
    region: str = ""
    lat: float | None = None
    lon: float | None = None
    priority: int = 100
    serves: tuple[str, ...] | None = None
    enabled: bool = True
    paused: bool = False
    cross_border: tuple[str, ...] = ()
    outbound: Outbound | None = None
    freight: Freight | None = None


def lines_body(lines: Lines) -> list[dict[str, Any]]:
    """As the service reads them."""
    return [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()]


def operation_body(operation: Operation) -> dict[str, Any]:
    """As it stands in a batch. A `release_id` is sent with a part only, since the whole needs none."""
    fields: dict[str, Any] = msgspec.to_builtins(_plain(operation))
    # An empty part is sent as one, and refused: it must never read as "everything".
    if (lines := getattr(operation, "lines", None)) is not None:
        fields["lines"] = lines_body(lines)
    elif isinstance(operation, Release):
        del fields["release_id"]
    return fields


def call_body(operation: Operation) -> dict[str, Any]:
    """As the body of a call of its own: the path says which operation, and on which reservation."""
    fields = operation_body(operation)
    del fields["op"]
    if not isinstance(operation, Reserve):
        del fields["reservation_id"]
    return fields


def _plain(operation: Operation) -> Operation:
    """With real dicts: any Mapping is welcome, but the encoder knows dicts only."""
    changes: dict[str, Any] = {
        name: dict(value) for name in ("lines", "metadata") if (value := getattr(operation, name, None)) is not None
    }
    return msgspec.structs.replace(operation, **changes)
