"""What the kernel answers. Codes are one list, in order of precedence: the first that applies is the answer.

`lua/lib/outcome.lua` holds the same list; a test compares the two. `durability` is not the kernel's: whoever carries
its answer back says how far it got (`domain.durability.Durability`), "" where nothing was acknowledged.
"""

from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.reservation import Allocation, Reservation
from inventory_service.domain.stock import Stock
from inventory_service.domain.transfer import Transfer


class Code(StrEnum):
    # Idempotency comes first: what was done is never judged again.
    REPLAYED = "replayed"  # nothing changed, the record is as it is now
    REMEMBERED = "remembered"  # finished and gone from Redis: the ledger has the record
    DUPLICATE = "duplicate"  # movement or scan applied before
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    MOVEMENT_ID_REUSED = "movement_id_reused"
    SHORT_PICK_ID_REUSED = "short_pick_id_reused"
    # Then what the command names must exist.
    ABSENT = "absent"  # Redis does not know the reservation: ask the ledger, repeat with `carried`
    UNKNOWN_SKU = "unknown_sku"
    # Then the state must allow it.
    RESERVATION_SHIPPED = "reservation_shipped"
    RESERVATION_RELEASED = "reservation_released"
    RESERVATION_EXPIRED = "reservation_expired"
    NOT_HELD = "not_held"
    RELEASE_EXCEEDS_OPEN = "release_exceeds_open"
    EXCEEDS_OPEN = "exceeds_open"  # a short pick of more than stands open there
    TRANSFER_STATE = "transfer_state"  # not what can be done with a transfer that stands so
    STALE_COUNT = "stale_count"
    OUT_OF_RANGE = "out_of_range"  # a counter would leave its range (10^9)
    TOO_MANY_ARRIVALS = "too_many_arrivals"  # dated lots of one SKU in one warehouse
    CONTRADICTORY = "contradictory"  # thresholds that make no sense together
    TOO_MANY_CHANNELS = "too_many_channels"
    # Then the stock must be there.
    OVERLOADED = "overloaded"  # no new holds: memory full, or the ledger is too far behind
    RATE_LIMITED = "rate_limited"  # the client or its customer made as many new holds as it may in this time
    LIMIT_EXCEEDED = "limit_exceeded"  # more per order than a scarce SKU allows, and nothing else is in the way
    INSUFFICIENT_STOCK = "insufficient_stock"
    NOT_ENOUGH = "not_enough"
    WOULD_BREAK_COMMITMENTS = "would_break_commitments"
    # Done.
    HELD = "held"
    CONFIRMED = "confirmed"
    REACQUIRED = "reacquired"
    RELEASED = "released"
    EXTENDED = "extended"
    REALLOCATED = "reallocated"
    MOVED = "moved"  # the units of a short pick come from elsewhere
    NOT_MOVED = "not_moved"  # nobody else has them: they stay promised where they were
    APPLIED = "applied"
    PARKED = "parked"
    FOUND = "found"


# Answers that tell of a change, made now or before: what they say must last.
ACKNOWLEDGED = frozenset(
    {
        Code.REPLAYED,
        Code.REMEMBERED,
        Code.DUPLICATE,
        Code.HELD,
        Code.CONFIRMED,
        Code.REACQUIRED,
        Code.RELEASED,
        Code.EXTENDED,
        Code.REALLOCATED,
        Code.MOVED,
        Code.NOT_MOVED,
        Code.APPLIED,
        Code.PARKED,
    }
)


class ShortageReason(StrEnum):
    NOT_ENOUGH = "not_enough"
    NOT_SERVED = "not_served"
    MAX_SPLITS = "max_splits"
    CAPACITY = "capacity"  # what is missing lies in warehouses that can dispatch no more that day
    CLOSED = "closed"  # … or that are closed
    PAUSED = "paused"
    LIMIT = "limit"


class Verdict(StrEnum):
    """What the choice made of one warehouse, as one letter of the event's `verdicts`."""

    USED = "u"
    BEHIND = "c"  # could ship the whole order alone, but another was chosen
    PART = "p"
    NOTHING = "n"
    FULL = "f"
    CLOSED = "k"
    NOT_LOOKED_AT = "-"


class ScanCode(StrEnum):
    """Why an applied scan is an exception; the first that applies is told first."""

    RESERVATION_CLOSED = "reservation_closed"
    OTHER_SKU = "other_sku"
    OVER_SCAN = "over_scan"
    OTHER_WAREHOUSE = "other_warehouse"
    NOT_CONFIRMED = "not_confirmed"
    SCANNED_BEFORE_COUNT = "scanned_before_count"


class ParkCode(StrEnum):
    """What a parked scan lacks."""

    SCAN_ID_REUSED = "scan_id_reused"
    VALIDATION_FAILED = "validation_failed"
    UNKNOWN_RESERVATION = "unknown_reservation"
    AMBIGUOUS_ORDER_REF = "ambiguous_order_ref"
    UNKNOWN_WAREHOUSE = "unknown_warehouse"
    UNKNOWN_SKU = "unknown_sku"


class Shortage(NamedTuple):
    sku: str
    requested: int
    available: int
    reason: str


class ReservationOutcome(NamedTuple):
    """Of reserve, confirm, release, extend and reading one.

    `line` is the index of the line that a refusal is about, -1: none; `retry_after_ms` goes with `rate_limited`.
    """

    code: str
    reservation: Reservation | None
    shortages: list[Shortage]
    line: int
    retry_after_ms: int = 0
    durability: str = ""


class MovementOutcome(NamedTuple):
    code: str
    stock: Stock | None
    durability: str = ""


class StockOutcome(NamedTuple):
    code: str
    stock: Stock | None
    durability: str = ""


class ScanOutcome(NamedTuple):
    """`code` is applied, duplicate, parked or absent; `reasons` are ScanCode or ParkCode, first one first."""

    code: str
    reasons: list[str]
    durability: str = ""


class ShortPickOutcome(NamedTuple):
    """`code`: moved, not_moved (the shelf is corrected all the same), duplicate, absent, or why it is rejected."""

    code: str
    shortages: list[Shortage]
    durability: str = ""


class WarehouseView(NamedTuple):
    """What one warehouse of a route could do for an order: a `Verdict`, and the units it has of each line."""

    warehouse: str
    verdict: str
    available: list[int]


class PreviewOutcome(NamedTuple):
    """`code`: found, insufficient_stock or unknown_sku (then of the line `line`). Of a preview that changed nothing."""

    code: str
    allocations: list[list[Allocation]]  # per line
    shortages: list[Shortage]
    line: int
    warehouses: list[WarehouseView]
    durability: str = ""


class TransferOutcome(NamedTuple):
    """`line` is the index of the line that a refusal is about, -1: none."""

    code: str
    transfer: Transfer | None
    line: int
    durability: str = ""


Outcome = (
    ReservationOutcome
    | MovementOutcome
    | StockOutcome
    | ScanOutcome
    | TransferOutcome
    | ShortPickOutcome
    | PreviewOutcome
)
