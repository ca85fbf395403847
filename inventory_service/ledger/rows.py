"""Entries of the stream as rows: what one flush writes, table by table. Pure, so that a test can fold it again.

Of everything that has an after-image only the last one per key is kept. Rows are sorted by key, so that two
transactions that touch the same rows never wait for each other crosswise.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from inventory_service.domain.events import (
    Entry,
    EventType,
    MovementDetails,
    ParkDetails,
    PolicyDetails,
    ReleaseDetails,
    ResnapshotDetails,
    ReverseDetails,
    ScanDetails,
    ShortPickDetails,
    TransferDetails,
)
from inventory_service.domain.movements import ABOUT_ARRIVALS, MovementType
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import Change
from inventory_service.domain.transfer import Transfer
from inventory_service.ledger.events import (
    Details,
    LedgerEvent,
    decode_details,
    decode_record,
    exception_seq,
)
from inventory_service.ledger.subjects import PlacedEvent, Takes, everything, owner_of, sku_subject
from inventory_service.ledger.texts import attributes_of, details_json, parked_fields, storable

Row = tuple[Any, ...]
LevelKey = tuple[str, str]  # SKU, warehouse

# The only events that leave a reservation's lines and allocations as they were.
_LINES_UNTOUCHED = frozenset({EventType.CONFIRM, EventType.EXTEND, EventType.EXPIRE})
# Those that leave its places in the capacity of warehouses as they were.
_PLACES_UNTOUCHED = frozenset({EventType.CONFIRM, EventType.EXTEND, EventType.SCAN, EventType.REVERSE})
_MOVEMENTS = frozenset(MovementType)


class LevelRow(NamedTuple):
    sku: str
    warehouse: str
    on_hand: int
    held: int
    committed: int
    unavailable: int
    incoming: int
    counted_ms: int  # 0: not counted in this flush
    seq: int


class PolicyRow(NamedTuple):
    sku: str
    warehouse: str  # "": the SKU's default
    safety_stock: int
    warn_below: int
    preorder_limit: int  # this and the next are the SKU's
    thresholds: str  # JSON text
    seq: int


class ReservationRow(NamedTuple):
    reservation_id: str
    opened_seq: int  # counts only when the row is new
    seq: int
    status: str
    client: str
    fingerprint: str
    created_ms: int
    deadline_ms: int
    confirmed_ms: int
    ended_ms: int
    channel: str
    order_ref: str
    customer_id: str
    region: str
    attributes: str
    record: bytes


class TransferRow(NamedTuple):
    transfer_id: str
    seq: int
    transfer: Transfer


class AppliedId(NamedTuple):
    digest: str
    fingerprint: str
    kind: str
    seq: int
    at_ms: int
    subject: str  # told in an alarm, not stored


class Resolution(NamedTuple):
    """An exception that an event settled."""

    seq: int
    resolution: str
    note: str
    by: str
    at_ms: int


class Alarm(NamedTuple):
    """`times`: how often the cause occurred in this flush; 0: it goes on, with newer figures."""

    rule: str
    cause: str
    times: int
    detail: Mapping[str, object]


@dataclass(slots=True)
class Flush:
    """What events leave in the projections. `as_of_ms` is the time of the last one."""

    as_of_ms: int
    events: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    changes_by_level: dict[LevelKey, list[Change]] = field(default_factory=lambda: defaultdict(list))
    skus: dict[str, int] = field(default_factory=dict)  # SKUs that may be new → seq
    levels: dict[LevelKey, LevelRow] = field(default_factory=dict)
    policies: dict[LevelKey, PolicyRow] = field(default_factory=dict)
    arrivals: dict[LevelKey, str] = field(default_factory=dict)  # of levels where they may have changed, JSON text
    in_transit: dict[LevelKey, int] = field(default_factory=dict)
    transfers: list[TransferRow] = field(default_factory=list)  # in the order of their events
    reservations: dict[str, ReservationRow] = field(default_factory=dict)
    opened: list[tuple[str, int]] = field(default_factory=list)  # reservation ids of reserve events, with seq
    reopened: set[str] = field(default_factory=set)  # of `opened`, what the ledger had already: the writer finds out
    lines_of: dict[str, Reservation] = field(default_factory=dict)  # whose lines may differ now
    dispatches_of: dict[str, Reservation] = field(default_factory=dict)  # whose places may differ now
    applied_ids: list[AppliedId] = field(default_factory=list)
    exceptions: list[Row] = field(default_factory=list)
    resolutions: list[Resolution] = field(default_factory=list)
    parked_again: list[int] = field(default_factory=list)  # seqs of scans that were parked before
    alarms: list[Alarm] = field(default_factory=list)  # raised anew; the writer tells them behind the commit
    expiry_delays_ms: list[int] = field(default_factory=list)  # of each expiry: how long behind its deadline


def entry_rows(entries: Sequence[Entry], partition: int) -> list[Row]:
    """The entries byte for byte: nothing in them can keep them out."""
    return [(partition, e.position.seq, e.position.epoch, *e.before, e.at_ms, e.events) for e in entries]


def gather(events: Sequence[PlacedEvent], partition: int, takes: Takes = everything) -> Flush:
    """The rows of events, oldest first; at least one. Rows of subjects that it does not take are left out.

    Raises msgspec.DecodeError.
    """
    flush = Flush(as_of_ms=events[-1].event.at_ms)
    for epoch, event in events:
        _add_event(flush, partition, epoch, event, takes)
    return flush


def columns(rows: Collection[Row]) -> list[list[Any]]:
    """Rows turned into one list per column, as `unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]


def line_rows(records: Mapping[str, Reservation]) -> list[Row]:
    """(reservation id, SKU, requested, quantity, released): one row per SKU."""
    rows = {
        (name, line.sku): (name, line.sku, line.requested, line.quantity, line.released)
        for name, record in records.items()
        for line in record.lines
    }
    return list(rows.values())


def allocation_rows(records: Mapping[str, Reservation]) -> list[Row]:
    """(reservation id, SKU, warehouse, quantity, shipped): one row per SKU and warehouse."""
    rows = {
        (name, line.sku, allocation.warehouse): (name, line.sku, *allocation)
        for name, record in records.items()
        for line in record.lines
        for allocation in line.allocations
    }
    return list(rows.values())


def dispatch_rows(records: Mapping[str, Reservation]) -> list[Row]:
    """(reservation id, warehouse, day): one row per place."""
    return [(name, *dispatch) for name, record in records.items() for dispatch in record.dispatches]


def _add_event(flush: Flush, partition: int, epoch: int, event: LedgerEvent, takes: Takes) -> None:
    details = decode_details(event)
    _add_changes(flush, partition, event, details, takes)
    if not takes(owner_of(event)):
        return
    packed = event.record
    record = decode_record(packed) if packed else None
    flush.events.append(
        (
            partition,
            event.seq,
            epoch,
            event.at_ms,
            event.type,
            storable(event.client),
            storable(event.op_id),
            storable(event.subject),
            record.status if record else "",
            details_json(details) if details else None,
        )
    )
    if record:
        _add_reservation(flush, event, record, packed)
    if details:
        _KEEPERS.get(type(details), _keep_nothing)(flush, event, details)


def _add_changes(flush: Flush, partition: int, event: LedgerEvent, details: Details | None, takes: Takes) -> None:
    reason, reference, reservation_id = _told(event, details)
    count_ms = event.at_ms if event.type == MovementType.COUNT else 0
    tail = (event.type, reason, reference, reservation_id, storable(event.client), event.at_ms)
    for n, change in enumerate(event.changes):
        if not takes(sku_subject(change.sku)):
            continue
        key = (change.sku, change.warehouse)
        flush.changes.append((partition, event.seq, n, *change, *tail))
        flush.changes_by_level[key].append(change)
        earlier = flush.levels.get(key)
        counted_ms = details.counted_ms[n] if isinstance(details, ResnapshotDetails) else count_ms
        newest_count_ms = max(counted_ms, earlier.counted_ms if earlier else 0)
        flush.levels[key] = LevelRow(*key, *change[7:], newest_count_ms, event.seq)
        _add_arrivals(flush, key, event, details, n)
        if event.type in _MOVEMENTS:
            flush.skus.setdefault(change.sku, event.seq)


def _add_arrivals(flush: Flush, key: LevelKey, event: LedgerEvent, details: Details | None, n: int) -> None:
    """What is on its way to a level, where the event says so."""
    if isinstance(details, MovementDetails) and event.type in ABOUT_ARRIVALS:
        flush.arrivals[key] = _json(details.arrivals)
    elif isinstance(details, ResnapshotDetails) and details.arrivals:
        flush.arrivals[key], flush.in_transit[key] = _json(details.arrivals[n]), details.in_transit[n]
    elif isinstance(details, TransferDetails):
        for level in details.on_the_way:
            if (level.sku, level.warehouse) == key:
                flush.arrivals[key], flush.in_transit[key] = _json(level.arrivals), level.in_transit


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _told(event: LedgerEvent, details: Details | None) -> tuple[str, str, str]:
    """Reason, reference and reservation id, as the history of a SKU tells them."""
    if isinstance(details, MovementDetails):
        return storable(details.reason), storable(details.reference), ""
    if isinstance(details, ScanDetails):
        return ", ".join(details.codes), storable(event.op_id), details.reservation_id
    if isinstance(details, ReverseDetails):
        return storable(details.note), details.exception_id, details.reservation_id
    if isinstance(details, ShortPickDetails):
        return "", storable(event.op_id), event.subject
    if isinstance(details, TransferDetails):
        return "", storable(details.transfer.reference or event.subject), ""
    return "", "", event.subject


def _add_reservation(flush: Flush, event: LedgerEvent, record: Reservation, packed: bytes) -> None:
    reservation_id = event.subject
    earlier = flush.reservations.get(reservation_id)
    attributes = attributes_of(record.attributes)
    flush.reservations[reservation_id] = ReservationRow(
        reservation_id=reservation_id,
        opened_seq=earlier.opened_seq if earlier else event.seq,
        seq=event.seq,
        status=record.status,
        client=record.client,
        fingerprint=record.fingerprint,
        created_ms=record.created_ms,
        deadline_ms=record.deadline_ms,
        confirmed_ms=record.confirmed_ms,
        ended_ms=record.ended_ms,
        channel=attributes.channel,
        order_ref=attributes.order_ref,
        customer_id=attributes.customer_id,
        region=attributes.region,
        attributes=storable(record.attributes),
        record=packed,
    )
    if event.type == EventType.RESERVE:
        flush.opened.append((reservation_id, event.seq))
    elif event.type == EventType.EXPIRE:
        flush.expiry_delays_ms.append(event.at_ms - record.deadline_ms)
    if event.type not in _PLACES_UNTOUCHED or reservation_id in flush.dispatches_of:
        flush.dispatches_of[reservation_id] = record
    if event.type not in _LINES_UNTOUCHED or reservation_id in flush.lines_of:
        flush.lines_of[reservation_id] = record


def _keep_nothing(flush: Flush, event: LedgerEvent, details: Any) -> None:
    """Most events need no more than their row."""


def _keep_movement(flush: Flush, event: LedgerEvent, details: MovementDetails) -> None:
    _remember(flush, event, details.digest, details.fingerprint)


def _keep_release(flush: Flush, event: LedgerEvent, details: ReleaseDetails) -> None:
    if details.digest:
        _remember(flush, event, details.digest, details.fingerprint)


def _keep_short_pick(flush: Flush, event: LedgerEvent, details: ShortPickDetails) -> None:
    _remember(flush, event, details.digest, details.fingerprint)


def _keep_policy(flush: Flush, event: LedgerEvent, details: PolicyDetails) -> None:
    row = PolicyRow(*details[:-1], _json(details.thresholds), event.seq)
    flush.policies[details.sku, details.warehouse] = row


def _keep_scan(flush: Flush, event: LedgerEvent, details: ScanDetails) -> None:
    _remember(flush, event, details.digest, details.fingerprint)
    if details.exception_id:
        parked = exception_seq(details.exception_id)
        flush.resolutions.append(Resolution(parked, "applied", "", storable(event.client), event.at_ms))
    if details.codes:
        row = _exception("applied", details.codes[0], event, details.fingerprint)
        what = (details.reservation_id, "", "", details.warehouse, details.sku, details.quantity)
        flush.exceptions.append((*row, *what, _json(details.fitted), storable(details.payload), event.at_ms))


def _keep_park(flush: Flush, event: LedgerEvent, details: ParkDetails) -> None:
    _remember(flush, event, details.digest, details.fingerprint)
    row = _exception("parked", details.code, event, details.fingerprint)
    what = parked_fields(details.payload)
    flush.exceptions.append((*row, *what, "[]", storable(details.payload), event.at_ms))


def _keep_resnapshot(flush: Flush, event: LedgerEvent, details: ResnapshotDetails) -> None:
    for digest, fingerprint, at_ms in details.applied:
        flush.applied_ids.append(AppliedId(digest, fingerprint, event.type, event.seq, at_ms, ""))
    flush.transfers += [TransferRow(name, event.seq, transfer) for name, transfer in details.transfers]


def _keep_transfer(flush: Flush, event: LedgerEvent, details: TransferDetails) -> None:
    flush.transfers.append(TransferRow(event.subject, event.seq, details.transfer))
    if details.digest:
        _remember(flush, event, details.digest, details.transfer.fingerprint)


def _keep_reverse(flush: Flush, event: LedgerEvent, details: ReverseDetails) -> None:
    _remember(flush, event, details.digest, details.digest)  # the kernel remembers it so: there is no content
    reversed_seq = exception_seq(details.exception_id)
    by, note = storable(event.client), storable(details.note)
    flush.resolutions.append(Resolution(reversed_seq, "reversed", note, by, event.at_ms))


def _remember(flush: Flush, event: LedgerEvent, digest: str, fingerprint: str) -> None:
    flush.applied_ids.append(AppliedId(digest, fingerprint, event.type, event.seq, event.at_ms, storable(event.op_id)))


def _exception(kind: str, code: str, event: LedgerEvent, fingerprint: str) -> Row:
    return (event.seq, kind, code, "open", storable(event.client), storable(event.op_id), fingerprint)


_KEEPERS: dict[type[Any], Callable[[Flush, LedgerEvent, Any], None]] = {
    MovementDetails: _keep_movement,
    ReleaseDetails: _keep_release,
    PolicyDetails: _keep_policy,
    ScanDetails: _keep_scan,
    ParkDetails: _keep_park,
    ReverseDetails: _keep_reverse,
    ResnapshotDetails: _keep_resnapshot,
    ShortPickDetails: _keep_short_pick,
    TransferDetails: _keep_transfer,
}
