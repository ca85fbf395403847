"""What the service answers, as data.

Fields that a later service adds are passed over, and states, codes and outcomes are plain text, so that an old client
understands a new service. Times are aware `datetime`s in UTC.
"""

from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

Item = TypeVar("Item")


class Allocation(Struct, frozen=True, kw_only=True):
    """What one warehouse has to ship of a line. `ship_by`: it is sold ahead, of goods that come then."""

    warehouse: str
    quantity: int
    shipped: int = 0
    ship_by: datetime | None = None


class ReservedLine(Struct, frozen=True, kw_only=True):
    """`quantity` is what was held; `shipped` and `released` are parts of it. `requested`: only after a partial hold."""

    sku: str
    quantity: int
    requested: int | None = None
    shipped: int = 0
    released: int = 0
    allocations: tuple[Allocation, ...] = ()


class Reservation(Struct, frozen=True, kw_only=True):
    """A reservation as it is now: decide by `status`.

    `status`: held, confirmed, part_shipped, shipped, released or expired. `outcome`: what a confirm, release, extend or
    reallocate did. `ship_by`: the last date of what is sold ahead. `replayed`: it had been done before, this call
    changed nothing. `durability`: how far what the call tells has got: memory, disk, replica or ledger; None where it
    was only read.
    """

    reservation_id: str
    status: str
    created_at: datetime
    expires_at: datetime | None = None
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    ship_by: datetime | None = None
    lines: tuple[ReservedLine, ...] = ()
    channel: str | None = None
    order_ref: str | None = None
    customer_id: str | None = None
    metadata: dict[str, Any] = {}
    outcome: str | None = None
    replayed: bool = False
    durability: str | None = None


class Arrival(Struct, frozen=True, kw_only=True):
    """A lot on its way."""

    expected_at: datetime
    quantity: int


class Counters(Struct, frozen=True, kw_only=True):
    """`available` is what may still be promised; the README's table explains each number.

    Of `incoming`, `arrivals` are the dated lots, earliest first, and `in_transit` is what transfers bring; `preordered`
    is promised ahead of it.
    """

    on_hand: int
    held: int
    committed: int
    available: int
    unavailable: int = 0
    safety_stock: int = 0
    incoming: int = 0
    deficit: int = 0
    warn_below: int = 0
    preordered: int = 0
    arrivals: tuple[Arrival, ...] = ()
    in_transit: int = 0


class WarehouseStock(Counters, frozen=True, kw_only=True):
    """One SKU in one warehouse. `kind`: warehouse, store or in_transit; None: nobody can tell now."""

    warehouse: str
    kind: str | None = None


class Pool(Struct, frozen=True, kw_only=True):
    """Where all units of a SKU are: on shelves of warehouses and of stores, between them, still to come."""

    warehouses: int = 0
    stores: int = 0
    in_transit: int = 0
    expected: int = 0


class Terms(Struct, frozen=True, kw_only=True):
    """On which terms a channel sells a SKU now. `limit_quantity`: the most units of one order; None: no limit."""

    channel: str
    available: int
    paused: bool = False
    limit_quantity: int | None = None


class Stock(Counters, frozen=True, kw_only=True):
    """One SKU, summed over its warehouses.

    `terms` are told where a channel was asked about, `durability` where a policy was set.
    """

    sku: str
    as_of: datetime
    warehouses: tuple[WarehouseStock, ...] = ()
    pool: Pool | None = None
    terms: Terms | None = None
    durability: str | None = None


class ChannelPolicy(Struct, frozen=True, kw_only=True):
    """What is withheld from a channel, when it is limited or paused, and when to warn; 0: none of it."""

    safety_stock: int = 0
    limit_below: int = 0
    limit_quantity: int = 0
    pause_below: int = 0
    warn_below: int = 0


class WarehousePolicy(Struct, frozen=True, kw_only=True):
    """What a warehouse has of its own; None: the SKU's default applies."""

    warehouse: str
    safety_stock: int | None = None
    warn_below: int | None = None


class Policy(Struct, frozen=True, kw_only=True):
    """What is withheld of a SKU, and on which terms it is sold; 0: none of it.

    `safety_stock` and `warn_below` are each warehouse's default, everything else counts over all of them.
    `preorder_limit` None: never sold ahead.
    """

    sku: str
    safety_stock: int = 0
    warn_below: int = 0
    warehouses: tuple[WarehousePolicy, ...] = ()
    total_safety_stock: int = 0
    limit_below: int = 0
    limit_quantity: int = 0
    pause_below: int = 0
    total_warn_below: int = 0
    channels: dict[str, ChannelPolicy] = {}
    preorder_limit: int | None = None


class StockEvent(Struct, frozen=True, kw_only=True):
    """One line of a SKU's history. `before` and `after` hold the counters that it changed."""

    event_id: str
    type: str
    sku: str
    warehouse: str
    quantity: int
    time: datetime
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    reason: str | None = None
    reference: str | None = None
    reservation_id: str | None = None
    client: str | None = None


class MovementResult(Struct, frozen=True, kw_only=True):
    """`result`: applied, duplicate or rejected; `code` and `pointer` say why it was rejected.

    `durability`: how far it has got, as of a `Reservation`.
    """

    result: str
    movement_id: str | None = None
    code: str | None = None
    pointer: str | None = None
    stock: Stock | None = None
    durability: str | None = None


class TransferLine(Struct, frozen=True, kw_only=True):
    """`quantity` was planned; `received` includes `damaged`; `outstanding` is on its way.

    `discrepancy` is what was received beyond what was shipped, or (below 0) lost.
    """

    sku: str
    quantity: int
    shipped: int = 0
    received: int = 0
    damaged: int = 0
    lost: int = 0
    outstanding: int = 0
    discrepancy: int = 0


class Transfer(Struct, frozen=True, kw_only=True):
    """A transfer as it is now: decide by `state`: draft, in_transit, received or cancelled.

    `replayed`: it had been done before, this call changed nothing. `durability` as of a `Reservation`.
    """

    transfer_id: str
    state: str
    origin: str = field(name="from")
    destination: str = field(name="to")
    created_at: datetime
    reference: str | None = None
    expected_at: datetime | None = None
    shipped_at: datetime | None = None
    ended_at: datetime | None = None
    lines: tuple[TransferLine, ...] = ()
    replayed: bool = False
    durability: str | None = None


class ScanResult(Struct, frozen=True, kw_only=True):
    """`result`: applied, duplicate or parked; a `code` beside it means that it waits for a person as an exception.

    `durability`: how far it has got, as of a `Reservation`.
    """

    result: str
    scan_id: str | None = None
    code: str | None = None
    pointer: str | None = None
    durability: str | None = None


class ScanException(Struct, frozen=True, kw_only=True):
    """A scan that waits for a person: applied but not fitting, or parked. `scan` is what was sent."""

    exception_id: str
    kind: str
    code: str
    state: str
    opened_at: datetime
    client: str = ""
    scan_id: str | None = None
    reservation_id: str | None = None
    warehouse: str | None = None
    sku: str | None = None
    quantity: int = 0
    scan: Any = None
    resolution: str | None = None
    note: str | None = None
    resolved_by: str | None = None
    resolved_at: datetime | None = None


class Alert(Struct, frozen=True, kw_only=True):
    """An alarm; the same cause open twice is one with a `count`."""

    alert_id: str
    rule: str
    cause: str
    state: str
    opened_at: datetime
    last_at: datetime
    count: int = 1
    detail: dict[str, Any] = {}
    acknowledged_by: str | None = None


class Readiness(Struct, frozen=True, kw_only=True):
    """Whether a reservation would succeed now, else why not. `warnings`: what goes wrong beside."""

    ready: bool
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Page(Struct, Generic[Item], frozen=True, kw_only=True):
    """One page of a list; `next_cursor` is None on the last."""

    data: list[Item]
    next_cursor: str | None = None


class Shortage(Struct, frozen=True, kw_only=True):
    """A line that is short. `reason`: not_enough, not_served, max_splits, capacity, closed, paused, limit, …"""

    sku: str
    requested: int
    available: int
    reason: str


class Problem(Struct, frozen=True, kw_only=True):
    """Why not. `status` 0: it was said by this client, since the service did not answer."""

    code: str
    status: int
    detail: str
    title: str = ""
    type: str = ""
    request_id: str = ""
    retryable: bool = False
    pointer: str = ""
    retry_after_ms: int | None = None
    shortages: tuple[Shortage, ...] = ()
    reasons: tuple[str, ...] = ()


class BatchResult(Struct, frozen=True, kw_only=True):
    """Of one operation of a batch: its reservation, or the problem that kept it from being done."""

    status: int
    reservation: Reservation | None = None
    problem: Problem | None = None
