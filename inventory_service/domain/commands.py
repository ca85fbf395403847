"""What can be asked of the kernel. Each tuple is the command's wire layout, field by field.

No field is ever None: the kernel's message packer cuts arrays at nil. "None" is an empty string,
an empty list or a negative number, as each field says. Times are milliseconds.
"""

from typing import NamedTuple

from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import Threshold


class LineRequest(NamedTuple):
    sku: str
    quantity: int


class Shift(NamedTuple):
    """On which day a warehouse dispatches what is ordered before `until_ms`, and how many parcels on that day."""

    until_ms: int
    day: int  # days since 1970-01-01, in the warehouse's time zone; CLOSED: none
    capacity: int  # orders; UNBOUNDED


class Window(NamedTuple):
    """The shifts of one warehouse, in the order of time."""

    warehouse: str
    shifts: tuple[Shift, ...]


CLOSED = -1
UNBOUNDED = -1


class Route(NamedTuple):
    """Which warehouses may be used, best first, and how many of them."""

    ranked: tuple[str, ...]  # the stores behind all others
    out_of_area: tuple[str, ...]  # enabled, but not serving the destination: only explains a shortage
    balance: bool  # the most available first; `ranked` breaks ties
    max_splits: int  # 0: no bound
    stores: int = 0  # how many of `ranked`, from the end, help only where the others together cannot
    windows: tuple[Window, ...] = ()  # of those with a calendar or a daily outbound capacity
    basis: str = ""  # JSON text: what the ranking was made of, for whoever asks why
    not_selling: tuple[str, ...] = ()  # disabled, or goods in transit: what lies there is no channel's


NO_ROUTE = Route((), (), False, 0)


class HoldLimit(NamedTuple):
    """At most `holds` new holds at once under this cell; the allowance refills evenly over `period_ms` (≤ a minute)."""

    cell: str
    holds: int
    period_ms: int


class Reserve(NamedTuple):
    """Hold every line, or with `allow_partial` what there is. Lines are one per SKU, sorted."""

    reservation_id: str
    digest: str
    fingerprint: str
    client: str
    op_id: str
    ttl_ms: int
    lines: list[LineRequest]
    allow_partial: bool
    attributes: str
    limits: list[HoldLimit]
    channel: str  # whose thresholds apply; "": only those of all channels
    route: Route


class Confirm(NamedTuple):
    """Paid. `route` is only used when an expired reservation is taken again; empty: not without asking."""

    reservation_id: str
    client: str
    op_id: str
    reacquire: bool
    carried: list[Reservation]  # the ledger's record where Redis has none: at most one
    channel: str
    route: Route


class Extend(NamedTuple):
    """Deadline = now + ttl_ms. `armed_ms`: only of a hold whose deadline was set then, 0: whenever it was."""

    reservation_id: str
    client: str
    op_id: str
    ttl_ms: int
    armed_ms: int
    reacquire: bool
    carried: list[Reservation]
    channel: str
    route: Route


class Release(NamedTuple):
    """Give back everything (no lines), or the part that `lines` name, once per digest."""

    reservation_id: str
    client: str
    op_id: str
    lines: list[LineRequest]
    digest: str  # of the release id; "" for the whole
    fingerprint: str
    carried: list[Reservation]


class Reallocate(NamedTuple):
    """Open units that stand where `route` does not lead go where it leads, all of them or none."""

    reservation_id: str
    client: str
    op_id: str
    carried: list[Reservation]
    route: Route


class ShortPick(NamedTuple):
    """The shelf had `quantity` fewer of what a reservation was promised from it: on_hand falls, the units move."""

    short_pick_id: str
    digest: str
    fingerprint: str
    client: str
    reservation_id: str
    warehouse: str
    sku: str
    quantity: int
    carried: list[Reservation]
    route: Route


class Preview(NamedTuple):
    """What Reserve would choose now."""

    lines: list[LineRequest]
    allow_partial: bool
    channel: str
    route: Route


class Scan(NamedTuple):
    """A parcel left. Never refused for a business reason."""

    scan_id: str
    digest: str
    reuse_digest: str  # of the scan id and its content: a reused id is parked once per content
    fingerprint: str
    client: str
    reservation_id: str
    warehouse: str
    sku: str
    quantity: int
    scanned_ms: int  # 0: not said
    exception_id: str  # the parked exception that this applies, "" for a fresh scan
    payload: str  # JSON text, as sent
    carried: list[Reservation]


class Park(NamedTuple):
    """Keep a scan that cannot be tied to anything known; changes no stock."""

    scan_id: str
    digest: str
    reuse_digest: str
    fingerprint: str
    client: str
    code: str
    payload: str


class Fitted(NamedTuple):
    """Units that a scan took from the promise of one warehouse."""

    warehouse: str
    quantity: int


class Reverse(NamedTuple):
    """A person undoes an applied scan: stock back on the shelf, its promises restored where they still stand."""

    exception_id: str
    digest: str
    client: str
    reservation_id: str  # "": none was touched
    warehouse: str
    sku: str
    quantity: int
    fitted: list[Fitted]
    note: str
    carried: list[Reservation]


class Movement(NamedTuple):
    """One stock movement of `type` (`domain.movements.MovementType`), applied once per digest."""

    movement_id: str
    digest: str
    fingerprint: str
    client: str
    type: str
    sku: str
    warehouse: str
    quantity: int
    expected_on_hand: list[int]  # empty: no expectation
    force: bool
    reason: str
    reference: str
    expected_ms: int = 0  # of the lot that it is about; 0: none


class OpenTransfer(NamedTuple):
    """Plan to move goods between warehouses, or with `ships` send them at once. Lines are one per SKU, sorted."""

    transfer_id: str
    digest: str
    fingerprint: str
    client: str
    origin: str
    destination: str
    lines: list[LineRequest]
    expected_ms: int  # 0: not said
    reference: str
    ships: bool
    force: bool  # also what is promised at the origin


class ShipTransfer(NamedTuple):
    """The goods of a draft left. No lines: as planned; what is not named stays."""

    transfer_id: str
    digest: str
    client: str
    lines: list[LineRequest]
    force: bool


class ReceivedLine(NamedTuple):
    """`quantity` includes `damaged`."""

    sku: str
    quantity: int
    damaged: int


class ReceiveTransfer(NamedTuple):
    """Goods came, booked once per receipt. `close`: what is missing does not come any more."""

    transfer_id: str
    digest: str
    client: str
    receipt_id: str
    fingerprint: str
    lines: list[ReceivedLine]
    close: bool


class CancelTransfer(NamedTuple):
    """Give up a draft."""

    transfer_id: str
    digest: str
    client: str


class SetPolicy(NamedTuple):
    """Safety stock and warning threshold of a SKU, or of one of its warehouses. UNSET leaves a value alone.

    `preorder_limit` and `thresholds` are the SKU's: with a `warehouse` they are empty.
    """

    sku: str
    warehouse: str  # "": each warehouse's default
    safety_stock: int
    warn_below: int
    client: str
    op_id: str
    preorder_limit: list[int]  # empty: as it is; UNSET: never sold ahead
    thresholds: list[Threshold]  # of those channels that change


class ReadReservation(NamedTuple):
    reservation_id: str


class ReadStock(NamedTuple):
    sku: str


ReservationCommand = Reserve | Confirm | Extend | Release | Reallocate | ReadReservation
ScanCommand = Scan | Park | Reverse
StockCommand = SetPolicy | ReadStock
TransferCommand = OpenTransfer | ShipTransfer | ReceiveTransfer | CancelTransfer
Command = ReservationCommand | ScanCommand | Movement | StockCommand | TransferCommand | ShortPick | Preview
