"""What happened, as the kernel logs it: one event per change, numbered without gaps.

A stream entry carries `before` (the position before it, "epoch-seq"), `at` (ms) and `events`
(a packed array of `Event`). Its id is "epoch-seq" of its last event.
"""

from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.commands import Fitted, LineRequest
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import UNSET, Arrival, Change, Threshold
from inventory_service.domain.transfer import Transfer


class EventType(StrEnum):
    """Beside these, every `MovementType` is an event type of its own."""

    RESERVE = "reserve"
    CONFIRM = "confirm"
    REACQUIRE = "reacquire"
    RELEASE = "release"
    EXTEND = "extend"
    EXPIRE = "expire"
    REALLOCATE = "reallocate"
    SHORT_PICK = "short_pick"
    SCAN = "scan"
    PARK = "park"
    REVERSE = "reverse"
    POLICY = "policy"
    TRANSFER_OPEN = "transfer_open"
    TRANSFER_SHIP = "transfer_ship"
    TRANSFER_RECEIVE = "transfer_receive"
    TRANSFER_CANCEL = "transfer_cancel"


# They move goods between warehouses.
TRANSFERS = frozenset(
    {EventType.TRANSFER_OPEN, EventType.TRANSFER_SHIP, EventType.TRANSFER_RECEIVE, EventType.TRANSFER_CANCEL}
)


# What stands behind a gap in the ledger describes Redis's state there; no kernel writes it.
RESNAPSHOT = "resnapshot"


class Position(NamedTuple):
    """A place in the log: comparable without a clock, since `epoch` grows with every opening of the gate."""

    epoch: int
    seq: int


class Entry(NamedTuple):
    """One entry of the stream: everything that one batch did. `position` is that of its last event."""

    position: Position
    before: Position
    at_ms: int
    events: bytes  # packed array of events


class MovementDetails(NamedTuple):
    """Details of every movement type. `forced`: it was let through although it made a deficit."""

    digest: str
    fingerprint: str
    quantity: int
    reason: str
    reference: str
    forced: bool
    arrivals: tuple[Arrival, ...] = ()  # the level's, after a movement that is about what is on its way
    expected_ms: int = 0  # the lot that it named, 0: none


class ReserveDetails(NamedTuple):
    """`basis`: of the route, JSON text; `verdicts`: one `Verdict` per warehouse, in the order of the basis. Where an
    earlier event of the entry told the same basis, it is "" here and `basis_seq` is that event's number, else 0.
    """

    digest: str
    basis: str = ""
    verdicts: str = ""
    basis_seq: int = 0


class ReacquireDetails(NamedTuple):
    """Of a reservation that was taken again: as `ReserveDetails`."""

    basis: str
    verdicts: str
    basis_seq: int = 0


class Moved(NamedTuple):
    """Units of a reservation that another warehouse ships now."""

    sku: str
    origin: str
    destination: str
    quantity: int


class ReallocateDetails(NamedTuple):
    """`basis` and `verdicts` as of `ReserveDetails`, for the units that moved."""

    moved: list[Moved]
    basis: str
    verdicts: str
    basis_seq: int = 0


class ShortPickDetails(NamedTuple):
    """`moved` is empty where nobody else had the units."""

    digest: str
    fingerprint: str
    warehouse: str
    sku: str
    quantity: int
    moved: list[Moved]
    basis: str
    verdicts: str
    basis_seq: int = 0


class ReleaseDetails(NamedTuple):
    """`digest` is "" when the whole was released; `lines` is empty then."""

    digest: str
    fingerprint: str
    lines: list[LineRequest]


class ScanDetails(NamedTuple):
    """`codes`: the exceptions it raised, first one first; `fitted`: whose promises it took."""

    digest: str
    fingerprint: str
    reservation_id: str
    warehouse: str
    sku: str
    quantity: int
    codes: list[str]
    fitted: list[Fitted]
    exception_id: str  # the parked exception that this applied, "": none
    payload: str


class ParkDetails(NamedTuple):
    digest: str
    fingerprint: str
    code: str
    payload: str


class ReverseDetails(NamedTuple):
    digest: str
    exception_id: str
    reservation_id: str
    warehouse: str
    sku: str
    quantity: int
    fitted: list[Fitted]
    note: str


class PolicyDetails(NamedTuple):
    """After-image of the policy of `warehouse` ("": the SKU's default); UNSET: the default applies.

    The last two are the SKU's and stand only in the policy of "".
    """

    sku: str
    warehouse: str
    safety_stock: int
    warn_below: int
    preorder_limit: int = UNSET
    thresholds: tuple[Threshold, ...] = ()


class OnTheWay(NamedTuple):
    """After-image of what is on its way to a level."""

    sku: str
    warehouse: str
    arrivals: tuple[Arrival, ...]
    in_transit: int


class TransferDetails(NamedTuple):
    """`digest`: of the id, where the transfer has ended with this, else ""."""

    digest: str
    transfer: Transfer
    on_the_way: list[OnTheWay]


class ResnapshotDetails(NamedTuple):
    """`counted_ms`, `arrivals`, `in_transit`: of the levels that the event's changes name, in their order; `applied`:
    ids that Redis remembers, as (digest, first characters of the fingerprint, when); `transfers` by their ids.
    """

    counted_ms: list[int]
    applied: list[tuple[str, str, int]]
    arrivals: tuple[tuple[Arrival, ...], ...] = ()
    in_transit: tuple[int, ...] = ()
    transfers: tuple[tuple[str, Transfer], ...] = ()


class Correction(NamedTuple):
    """An event behind a gap, not numbered yet: what the ledger has to learn to have Redis's state."""

    type: str  # RESNAPSHOT or EventType.POLICY
    client: str
    subject: str
    changes: list[Change]
    record: Reservation | None
    details: ResnapshotDetails | PolicyDetails | None
