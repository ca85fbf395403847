"""What the use cases need from outside. `bootstrap` alone knows who implements it."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from inventory_service.domain.clients import Client
from inventory_service.domain.commands import Movement, ReservationCommand, ScanCommand, StockCommand
from inventory_service.domain.events import Correction, Entry, Position
from inventory_service.domain.outcomes import MovementOutcome, ReservationOutcome, ScanOutcome, StockOutcome
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import UNSET, Level, Stock
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.allocation_ports import HotPlaces, LedgerPlaces
from inventory_service.usecases.ledger_ports import (
    AuditedChange,
    AuditedDuplicate,
    AuditedEntry,
    Promise,
    Quarantined,
    SubjectKind,
    Transition,
)
from inventory_service.usecases.standing import Gap, HotInspection, Ownership
from inventory_service.usecases.transfer_ports import HotTransfers, OpenTransfers


class StockEngine(Protocol):
    """The kernel behind its batcher.

    A command is queued the moment the method is called, before the result is awaited, and commands of one
    process are applied in the order in which they were queued.

    Raises from the awaitable: NotReady, Overloaded (nothing happened), OutcomeUnknown (may have happened).
    """

    def reservation(self, command: ReservationCommand) -> Awaitable[ReservationOutcome]: ...
    def movement(self, command: Movement) -> Awaitable[MovementOutcome]: ...
    def scan(self, command: ScanCommand) -> Awaitable[ScanOutcome]: ...
    def stock(self, command: StockCommand) -> Awaitable[StockOutcome]: ...


class Warehouses(Protocol):
    """The warehouse registry, at most 2 s behind a change made elsewhere."""

    def all(self) -> Mapping[str, Warehouse]:
        """Every warehouse by code, from memory: a mapping that never changes; another one where something did.

        Raises NotReady while they could not be read yet.
        """

    async def lookup(self, code: str) -> Warehouse | None:
        """One warehouse; asks the store before it says None. One that it finds is in `all()` from then on.

        Raises NotReady when it cannot ask.
        """

    async def put(self, warehouse: Warehouse) -> None:
        """Create or replace one; this process sees it at once. Raises NotReady, OutcomeUnknown."""


T = TypeVar("T")

Order = tuple[str, str]  # order_ref and channel, "": any channel


@dataclass(frozen=True, slots=True)
class StoredReservation:
    reservation_id: str
    record: Reservation


@dataclass(frozen=True, slots=True)
class ReservationFilter:
    """Empty strings do not filter. `sku`: what was ordered; `warehouse`: where it is, or was, promised from."""

    sku: str = ""
    warehouse: str = ""
    status: str = ""
    order_ref: str = ""
    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class StoredStock:
    """One SKU as the ledger has it; `as_of_ms` is the time of the newest event the ledger holds."""

    sku: str
    safety_stock: int
    warn_below: int
    levels: Sequence[Level]
    as_of_ms: int
    preorder_limit: int = UNSET


@dataclass(frozen=True, slots=True)
class StockFilter:
    skus: Sequence[str] = ()
    warehouse: str = ""
    available_below: int | None = None


@dataclass(frozen=True, slots=True)
class StockEvent:
    """One line of a SKU's history. before = after - delta."""

    event_id: str
    at_ms: int
    type: str
    sku: str
    warehouse: str
    quantity: int  # the delta of the counter the event is about
    before: Mapping[str, int]
    after: Mapping[str, int]
    reason: str
    reference: str
    reservation_id: str
    client: str


@dataclass(frozen=True, slots=True)
class ScanException:
    """A scan that waits for a person. `state`: open | resolved; `kind`: applied | parked."""

    exception_id: str
    kind: str
    code: str
    state: str
    client: str
    scan_id: str
    reservation_id: str
    warehouse: str
    sku: str
    quantity: int
    fitted: Sequence[tuple[str, int]]
    payload: str  # the scan as sent, JSON text
    opened_ms: int
    resolution: str  # "", or applied | reversed | dismissed
    note: str
    resolved_by: str
    resolved_ms: int


@dataclass(frozen=True, slots=True)
class ParkedCandidate:
    """A parked scan that could be applied now, to `reservation_id`."""

    exception: ScanException
    reservation_id: str


@dataclass(frozen=True, slots=True)
class Alert:
    """The same cause open twice is one row with a count. `state`: open | acknowledged | closed."""

    alert_id: str
    rule: str
    cause: str
    state: str
    count: int
    detail: Mapping[str, object]
    opened_ms: int
    last_ms: int
    acknowledged_by: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_cursor` is "" on the last."""

    data: Sequence[T]
    next_cursor: str


class LedgerReader(Protocol):
    """Reads of the durable truth. Every read first waits (at most 1 s) until the ledger holds what had been
    acknowledged when it was asked, so that a caller sees its own writes; behind that it answers with what it has.

    Raises NotReady when Postgres is away.
    """

    async def reservation(self, reservation_id: str) -> StoredReservation | None: ...
    async def records_of(self, reservation_ids: Sequence[str]) -> Mapping[str, Reservation]:
        """The records that there are, by id."""

    async def reservations(self, wanted: ReservationFilter, limit: int, cursor: str) -> Page[StoredReservation]: ...
    async def reservations_of(self, orders: Sequence[Order]) -> Mapping[Order, Sequence[str]]:
        """Ids of the reservations of each order that has any, newest first, at most 2."""

    async def stock(self, wanted: StockFilter, limit: int, cursor: str) -> Page[StoredStock]: ...
    async def stock_events(self, sku: str, warehouse: str, limit: int, cursor: str) -> Page[StockEvent]: ...
    async def exceptions(self, state: str, limit: int, cursor: str) -> Page[ScanException]: ...
    async def exception(self, exception_id: str) -> ScanException | None: ...
    async def alerts(self, state: str, limit: int, cursor: str) -> Page[Alert]: ...


class AppliedId(NamedTuple):
    """`kind`: the type of the event that it was applied with."""

    fingerprint: str
    kind: str


class AppliedIds(Protocol):
    """Every id that was ever applied, also those that Redis has forgotten."""

    async def applied(self, digests: Sequence[str]) -> Mapping[str, AppliedId]:
        """Those of `digests` that were, having waited for the ledger as LedgerReader does. Raises NotReady."""


class CaseBook(Protocol):
    """Rows that people work on: exceptions and alerts. Raises NotReady; what changes one OutcomeUnknown too."""

    async def resolve_exception(self, exception_id: str, resolution: str, note: str, by: str) -> bool:
        """Close one that is open; False when it was closed before. The word of a person who applied or reversed it is
        added also behind the writer, which closes it with the event.
        """

    async def acknowledge_alert(self, alert_id: str, by: str) -> Alert | None: ...
    async def parked_candidates(self, limit: int) -> Sequence[ParkedCandidate]:
        """Parked scans, oldest first, whose reservation, SKU and warehouse all exist by now."""


class EventLog(Protocol):
    """The stream that the kernel appends to. Raises NotReady when Redis is away or its gate is closed."""

    async def read_after(self, position: Position, limit: int, block_ms: int) -> Sequence[Entry]:
        """Up to `limit` entries behind `position`, waiting at most `block_ms` for the first."""

    async def flushed(self, position: Position) -> None:
        """Postgres has everything up to `position`: remember it, trim what is older than 30 minutes, and let
        finished reservations leave.
        """


class LedgerWriter(Protocol):
    """The one writer of the ledger, fenced by its owner epoch."""

    async def claim(self) -> Ownership:
        """Become the owner (owner epoch + 1) and tell where the ledger stands. Raises NotReady."""

    async def append(self, entries: Sequence[Entry]) -> Position:
        """Commit entries, projections and offset in one transaction; exactly once whatever is repeated.

        Raises Fenced (another owner), Branched (an entry's `before` is not where the ledger stands), NotReady.
        """

    async def position(self) -> Position:
        """Where the ledger stands now. Raises Fenced, NotReady."""

    async def advance_epoch(self, epoch: int) -> None:
        """Claim `epoch` durably before the gate opens with it. Raises Fenced, NotReady."""

    async def note_opening(self, epoch: int) -> None:
        """The gate is open with `epoch`: data that knows an older one alone is an old copy. Raises Fenced, NotReady."""

    async def bridge(self, gap: Gap, epoch: int, slices: AsyncIterator[Sequence[Correction]]) -> Position:
        """Move the ledger over a gap and append what describes the other side in `epoch`, all in one transaction.

        Raises Fenced (also where the ledger no longer stands before the gap), NotReady.
        """


class HotState(HotPlaces, HotTransfers, Protocol):
    """Redis as a whole: for opening the gate, rebuilding and verifying. Raises NotReady."""

    async def inspect(self) -> HotInspection: ...

    async def entries_behind(self, position: Position, limit: int) -> Sequence[Entry]:
        """Up to `limit` entries of the log behind `position`, whether the gate is open or not."""

    async def open_gate(
        self, identity: str, epoch: int, *, built: int, after_outage: bool, sets_clock_back: bool = False
    ) -> None:
        """Open it for `identity` and the state `built` in that epoch, with a new epoch; `after_outage`: nothing held
        before expires for 60 s; `sets_clock_back`: a clock that stands ahead of the server's becomes the server's.

        Raises NotReady, also where the server or its state is another one by now.
        """

    async def close_gate(self, reason: str, epoch: int) -> None:
        """Shut it until it is opened anew; `reason` is one of Closed. Raises NotReady, also if it was opened since."""

    def remembered(self) -> AsyncIterator[tuple[str, str, int]]:
        """(digest, first characters of the fingerprint, at_ms) of every applied id; the time is at most half a
        retention too late.
        """

    async def rebuild(self, snapshot: "LedgerSnapshot", deployment: str, epoch: int) -> None:
        """Write everything under keys of `epoch`, then switch over; the gate stays closed until open_gate.

        Raises NotReady, also where the gate was opened meanwhile, or another rebuild began: however long its process
        slept, it takes nothing back.
        """

    async def names(self, kind: SubjectKind, cursor: str, limit: int) -> tuple[str, Sequence[str]]:
        """About `limit` names of SKUs or reservations from `cursor` on ("0": the first), and the next cursor."""

    def stocks(self) -> AsyncIterator[tuple[str, Stock]]: ...
    def reservations(self) -> AsyncIterator[tuple[str, Reservation]]: ...
    async def records_of(self, reservation_ids: Sequence[str]) -> Mapping[str, Reservation]:
        """The records that are there."""

    async def stocks_of(self, skus: Sequence[str]) -> Mapping[str, Stock]:
        """Those that are there."""

    def deadlines(self) -> AsyncIterator[tuple[str, int]]:
        """Reservation id and deadline, ms, of everything that waits to expire; one may come twice."""

    async def deadlines_of(self, reservation_ids: Sequence[str]) -> Mapping[str, int]:
        """Of those that wait to expire."""


class LedgerSnapshot(LedgerPlaces, OpenTransfers, Protocol):
    """One REPEATABLE READ view of the ledger."""

    position: Position

    async def quarantined(self) -> Sequence[Quarantined]: ...

    def stocks(self) -> AsyncIterator[tuple[str, Stock]]: ...
    def reservations(self) -> AsyncIterator[tuple[str, bytes]]:
        """Open ones, packed as the kernel had them."""

    def remembered(self, since_ms: int) -> AsyncIterator[tuple[str, str, int]]:
        """(digest, fingerprint, at_ms) of every finished reservation and applied id since then."""


class LedgerAudit(LedgerSnapshot, Protocol):
    """A snapshot with everything that the checker folds again. Every stream is sorted and read piece by piece."""

    async def gaps(self) -> Sequence[Gap]:
        """Every recorded one, oldest first."""

    def entries(self) -> AsyncIterator[AuditedEntry]:
        """By seq."""

    def changes(self) -> AsyncIterator[AuditedChange]:
        """By SKU, seq."""

    def transitions(self) -> AsyncIterator[Transition]:
        """By reservation, seq."""

    def promises(self) -> AsyncIterator[Promise]:
        """By SKU, warehouse."""

    def open_records(self) -> AsyncIterator[tuple[str, Reservation]]: ...
    def duplicates(self) -> AsyncIterator[AuditedDuplicate]:
        """Ids that were applied a second time because Redis had forgotten them, ever."""

    async def open_allocations(self, reservation_ids: Sequence[str]) -> Mapping[str, Mapping[tuple[str, str], int]]:
        """Units not shipped yet, by reservation, then by SKU and warehouse, as the rows have them."""

    async def records_of(self, reservation_ids: Sequence[str]) -> Mapping[str, Reservation]: ...
    async def stocks_of(self, skus: Sequence[str]) -> Mapping[str, Stock]: ...
    async def known_skus(self, skus: Sequence[str]) -> AbstractSet[str]: ...


class LedgerSnapshots(Protocol):
    def snapshot(self) -> AbstractAsyncContextManager[LedgerSnapshot]: ...
    def audit(self) -> AbstractAsyncContextManager[LedgerAudit]: ...
    async def standing(self) -> Ownership:
        """As `LedgerWriter.claim` tells it, claiming nothing. Raises NotReady."""

    async def has_entry(self, position: Position) -> bool:
        """Whether an entry of the ledger's own history ends at `position`."""

    async def now_ms(self) -> int:
        """The clock of Postgres. Raises NotReady."""

    async def deployment(self) -> str:
        """The uuid made by the first migration: Redis and ledger must carry the same one."""


@dataclass(frozen=True, slots=True)
class WebhookSigner:
    """A client that signs its calls; `secrets` are all live ones (`whsec_` and base64), two while they rotate."""

    client: Client
    secrets: Sequence[str]


class ClientRegistry(Protocol):
    """Clients with their keys and secrets, at most 30 s behind a change made elsewhere. Raises NotReady."""

    async def authenticate(self, secret: str) -> Client | None:
        """The holder of an API key that is valid now."""

    async def webhook_signers(self) -> Sequence[WebhookSigner]:
        """Every client that has a webhook secret."""


class Readiness(Protocol):
    """Whether a reservation would succeed now, and what goes wrong beside. In words for people; it never raises."""

    async def reasons(self) -> Sequence[str]: ...  # what is missing, empty: ready
    async def warnings(self) -> Sequence[str]: ...
