"""A reservation as the kernel stores it. The order of the fields is the wire layout (`lua/lib/hold.lua`)."""

from enum import StrEnum
from typing import NamedTuple

RECORD_VERSION = 1


class Status(StrEnum):
    """held → confirmed → part_shipped → shipped; held or confirmed → released; held → expired."""

    HELD = "held"
    CONFIRMED = "confirmed"
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    RELEASED = "released"
    EXPIRED = "expired"


OPEN_STATUSES = frozenset({Status.HELD, Status.CONFIRMED, Status.PART_SHIPPED})


class Allocation(NamedTuple):
    """Units of one line promised from one warehouse; `quantity` includes what has `shipped`."""

    warehouse: str
    quantity: int
    shipped: int

    @property
    def open(self) -> int:
        return self.quantity - self.shipped


class Line(NamedTuple):
    """One SKU of a reservation: `quantity` = `released` + the sum of the allocations' quantities."""

    sku: str
    requested: int
    quantity: int
    released: int
    allocations: list[Allocation]

    @property
    def shipped(self) -> int:
        return sum(allocation.shipped for allocation in self.allocations)


class Dispatch(NamedTuple):
    """One parcel's place in a warehouse's outbound capacity of a day."""

    warehouse: str
    day: int  # days since 1970-01-01, in the warehouse's time zone


class Preorder(NamedTuple):
    """Units of an allocation that were sold against an arrival."""

    sku: str
    warehouse: str
    quantity: int
    ship_by_ms: int


class Operation(NamedTuple):
    """One of the last eight operations, kept so that a repeat after a lost reply changes nothing."""

    op_id: str
    code: str


class Reservation(NamedTuple):
    """The packed record. Times are milliseconds of the kernel's clock, 0 where there is none."""

    version: int
    status: str
    created_ms: int
    deadline_ms: int
    armed_ms: int  # when the deadline was set
    confirmed_ms: int
    ended_ms: int
    changed_seq: int
    fingerprint: str
    client: str
    lines: list[Line]
    operations: list[Operation]
    attributes: str  # JSON text: channel, order_ref, customer_id, ship_to, allocation, metadata
    dispatches: tuple[Dispatch, ...] = ()  # only of warehouses with a daily outbound capacity
    preorders: tuple[Preorder, ...] = ()
