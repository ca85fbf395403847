"""The model's outbound scans: what left has left, so nothing is refused, only told."""

from inventory_service.domain.commands import Fitted, Park, Reverse, Scan
from inventory_service.domain.events import EventType, ParkDetails, ReverseDetails, ScanDetails
from inventory_service.domain.outcomes import Code, ParkCode, ScanCode, ScanOutcome
from inventory_service.domain.reservation import Allocation, Line, Reservation, Status
from tests.kernel.model_reservations import find, line_open, move_open, paid
from tests.kernel.model_state import FINGERPRINT_KEPT, State, Subject

CLOSED = frozenset({Status.RELEASED, Status.EXPIRED})


# Scan.


def scan(state: State, command: Scan) -> ScanOutcome:
    seen = scanned_before(state, command)
    if seen:
        return seen
    if command.sku not in state.stock:
        if command.exception_id:  # it waits already, under that exception
            return ScanOutcome(Code.PARKED, [ParkCode.UNKNOWN_SKU])
        return keep_for_later(state, command, command.digest, ParkCode.UNKNOWN_SKU)
    record = find(state, command.reservation_id, command.carried)
    if record is None:
        return ScanOutcome(Code.ABSENT, [])
    return ship(state, command, record)


def ship(state: State, command: Scan, record: Reservation) -> ScanOutcome:
    """Take the units off the shelf, and off their promise as far as there is one."""
    codes: set[str] = set()
    fitted: list[Fitted] = []
    after = None
    line = next((line for line in record.lines if line.sku == command.sku), None)
    if record.status in CLOSED:
        codes.add(ScanCode.RESERVATION_CLOSED)
    elif line is None:
        codes.add(ScanCode.OTHER_SKU)
    else:
        if record.status == Status.HELD:
            codes.add(ScanCode.NOT_CONFIRMED)
            move_open(state, record.lines, held=-1, committed=1)
            after = record = paid(state, record)
        fitted = fit(line, command.warehouse, command.quantity)
        if sum(part.quantity for part in fitted) < command.quantity:
            codes.add(ScanCode.OVER_SCAN)
        if any(part.warehouse != command.warehouse for part in fitted):
            codes.add(ScanCode.OTHER_WAREHOUSE)
        for part in fitted:
            state.move(command.sku, part.warehouse, committed=-part.quantity)
            after = record = shipped(state, record, command.sku, part)
    if 0 < command.scanned_ms < state.level(command.sku, command.warehouse).counted_ms:
        codes.add(ScanCode.SCANNED_BEFORE_COUNT)
    state.move(command.sku, command.warehouse, on_hand=-command.quantity)
    return told(state, command, after, [code for code in ScanCode if code in codes], fitted)


def fit(line: Line, warehouse: str, quantity: int) -> list[Fitted]:
    """Whose promises the parcel fulfils: those of the warehouse it left first, then the others' in order."""
    fitted, missing = [], quantity
    for allocation in sorted(line.allocations, key=lambda allocation: allocation.warehouse != warehouse):
        taken = min(missing, allocation.open)
        if taken:
            fitted.append(Fitted(allocation.warehouse, taken))
            missing -= taken
    return fitted


def shipped(state: State, record: Reservation, sku: str, part: Fitted) -> Reservation:
    """The record after units of one allocation left (a negative quantity: came back)."""

    def moved(allocation: Allocation) -> Allocation:
        same = allocation.warehouse == part.warehouse
        return allocation._replace(shipped=allocation.shipped + part.quantity) if same else allocation

    lines = [
        line._replace(allocations=[moved(allocation) for allocation in line.allocations]) if line.sku == sku else line
        for line in record.lines
    ]
    if not any(line_open(line) for line in lines):
        return record._replace(lines=lines, status=Status.SHIPPED, ended_ms=state.now_ms)
    status = Status.PART_SHIPPED if any(line.shipped for line in lines) else Status.CONFIRMED
    return record._replace(lines=lines, status=status, ended_ms=0)


def told(state: State, command: Scan, after: Reservation | None, codes: list[str], fitted: list[Fitted]) -> ScanOutcome:
    details = ScanDetails(
        digest=command.digest,
        fingerprint=command.fingerprint,
        reservation_id=command.reservation_id,
        warehouse=command.warehouse,
        sku=command.sku,
        quantity=command.quantity,
        codes=codes,
        fitted=fitted,
        exception_id=command.exception_id,
        payload=command.payload,
    )
    state.remember(command.digest, command.fingerprint)
    state.log(EventType.SCAN, Subject(command.client, command.scan_id, command.reservation_id), after, details)
    return ScanOutcome(Code.APPLIED, codes)


# Park.


def park(state: State, command: Park) -> ScanOutcome:
    return scanned_before(state, command) or keep_for_later(state, command, command.digest, command.code)


def scanned_before(state: State, command: Scan | Park) -> ScanOutcome | None:
    """The answer to a scan id that was used before; one with other content is kept once per content."""
    kept = state.recall(command.digest)
    if kept is None:
        return None
    reuse_kept = state.recall(command.reuse_digest)
    if kept == command.fingerprint[:FINGERPRINT_KEPT] or reuse_kept is not None:
        return ScanOutcome(Code.DUPLICATE, [])
    return keep_for_later(state, command, command.reuse_digest, ParkCode.SCAN_ID_REUSED)


def keep_for_later(state: State, command: Scan | Park, digest: str, code: str) -> ScanOutcome:
    state.remember(digest, command.fingerprint)
    details = ParkDetails(digest, command.fingerprint, code, command.payload)
    state.log(EventType.PARK, Subject(command.client, command.scan_id, command.scan_id), None, details)
    return ScanOutcome(Code.PARKED, [code])


# Reverse.


def reverse(state: State, command: Reverse) -> ScanOutcome:
    if state.recall(command.digest) is not None:
        return ScanOutcome(Code.DUPLICATE, [])
    record = find(state, command.reservation_id, command.carried) if command.reservation_id else None
    if command.reservation_id and record is None:
        return ScanOutcome(Code.ABSENT, [])
    state.move(command.sku, command.warehouse, on_hand=command.quantity)
    after = restore_promises(state, command, record) if record else None
    details = ReverseDetails(
        digest=command.digest,
        exception_id=command.exception_id,
        reservation_id=command.reservation_id,
        warehouse=command.warehouse,
        sku=command.sku,
        quantity=command.quantity,
        fitted=command.fitted,
        note=command.note,
    )
    state.remember(command.digest, command.digest)  # there is no content to tell apart
    about = Subject(command.client, command.exception_id, command.reservation_id)
    state.log(EventType.REVERSE, about, after, details)
    return ScanOutcome(Code.APPLIED, [])


def restore_promises(state: State, command: Reverse, record: Reservation) -> Reservation | None:
    """Units that were fitted are owed again, as far as the order still counts them as shipped; None: none are."""
    after = None
    for part in command.fitted:
        back = min(part.quantity, shipped_from(record, command.sku, part.warehouse))
        if back:
            state.move(command.sku, part.warehouse, committed=back)
            after = record = shipped(state, record, command.sku, Fitted(part.warehouse, -back))
    return after


def shipped_from(record: Reservation, sku: str, warehouse: str) -> int:
    return sum(
        allocation.shipped
        for line in record.lines
        if line.sku == sku
        for allocation in line.allocations
        if allocation.warehouse == warehouse
    )
