"""What callers ask for and what they get back, before and after the kernel.

`content` is the caller's fields as sent, nothing filled in: it is what an id's fingerprint is made of.
Pointers of single movements and scans are relative to that movement or scan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.eligibility import NO_WISH, AllocationWish
from inventory_service.domain.geography import Destination
from inventory_service.domain.reservation import Reservation
from inventory_service.usecases.read_stock import StockView

__all__ = [
    "AllocationWish",
    "Destination",
    "LineRequest",
    "MalformedScan",
    "MovementRequest",
    "MovementResult",
    "ReservationResult",
    "ReserveRequest",
    "ScanRequest",
    "ScanResult",
]


NOTHING: Mapping[str, object] = MappingProxyType({})


class ReserveRequest(NamedTuple):
    reservation_id: str
    client: str
    lines: Sequence[LineRequest]  # as sent: a SKU may be named twice
    ttl_seconds: int = 900
    channel: str = ""
    order_ref: str = ""
    customer_id: str = ""
    ship_to: Destination | None = None
    allocation: AllocationWish = NO_WISH
    allow_partial: bool = False
    metadata: Mapping[str, object] = NOTHING
    content: Mapping[str, object] = NOTHING


class ReservationResult(NamedTuple):
    """`code`: held, confirmed, released, extended, reacquired, replayed or found; the record as it is now.

    `durability`: how far what it tells has got (`domain.durability.Durability`), "" where it was only read.
    """

    code: str
    reservation_id: str
    reservation: Reservation
    durability: str = ""


@dataclass(frozen=True, slots=True)
class MovementRequest:
    movement_id: str
    type: str
    sku: str
    warehouse: str
    quantity: int
    expected_on_hand: int | None = None
    force: bool = False
    reason: str = ""
    reference: str = ""
    expected_ms: int = 0
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MovementResult:
    """`result`: applied | duplicate | rejected; `code` and `pointer` say why it was rejected."""

    movement_id: str
    result: str
    code: str = ""
    pointer: str = ""
    stock: StockView | None = None
    durability: str = ""


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """One outbound scan, tied to an order by `reservation_id` or, where that is "", by `order_ref`."""

    scan_id: str
    reservation_id: str
    order_ref: str
    channel: str  # "": any
    warehouse: str
    sku: str
    quantity: int
    scanned_ms: int  # 0: not said
    payload: str  # JSON text, as sent
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MalformedScan:
    """A scan that could not be read; it is kept for a person. `scan_id` "": it has no usable one."""

    scan_id: str
    pointer: str
    detail: str
    payload: str


@dataclass(frozen=True, slots=True)
class ScanResult:
    """`result`: applied | duplicate | parked; `code`: the first reason why it is an exception."""

    scan_id: str
    result: str
    code: str = ""
    pointer: str = ""
    durability: str = ""
