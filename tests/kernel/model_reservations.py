"""The model's reserve, confirm, extend, release and expire."""

from inventory_service.domain.commands import Confirm, Extend, LineRequest, ReadReservation, Release, Reserve
from inventory_service.domain.events import EventType, ReacquireDetails, ReleaseDetails, ReserveDetails
from inventory_service.domain.outcomes import Code, ReservationOutcome, Shortage
from inventory_service.domain.reservation import (
    OPEN_STATUSES,
    RECORD_VERSION,
    Allocation,
    Line,
    Operation,
    Reservation,
    Status,
)
from tests.kernel.model_allocation import Plan, allocate
from tests.kernel.model_policy import grants, still_ahead
from tests.kernel.model_state import FINGERPRINT_KEPT, State, Subject, with_operation

CLOSED_CODES = {
    Status.RELEASED: Code.RESERVATION_RELEASED,
    Status.EXPIRED: Code.RESERVATION_EXPIRED,
    Status.SHIPPED: Code.RESERVATION_SHIPPED,
}


def outcome(
    code: str, record: Reservation | None = None, shortages: list[Shortage] | None = None, line: int = -1
) -> ReservationOutcome:
    return ReservationOutcome(code, record, shortages or [], line)


# Reserve.


def reserve(state: State, command: Reserve) -> ReservationOutcome:
    seen = seen_before(state, command)
    if seen:
        return seen
    for index, line in enumerate(command.lines):
        if line.sku not in state.stock:
            return outcome(Code.UNKNOWN_SKU, line=index)
    if state.new_holds_refused or state.seq - state.flushed > state.backlog_limit:
        return outcome(Code.OVERLOADED)
    wait_ms = state.wait_ms(command.limits)
    if wait_ms:
        return outcome(Code.RATE_LIMITED)._replace(retry_after_ms=wait_ms)
    plan = allocate(state, grants(state, command.lines, command.channel, command.route, limited=True), command.route)
    if plan.shortages and not (command.allow_partial and any(plan.allocations)):
        if plan.limited >= 0:
            return outcome(Code.LIMIT_EXCEEDED, shortages=plan.shortages, line=plan.limited)
        return outcome(Code.INSUFFICIENT_STOCK, shortages=plan.shortages)
    return outcome(Code.HELD, hold(state, command, plan))


def seen_before(state: State, command: Reserve) -> ReservationOutcome | None:
    """Idempotency: the answer to an id that was used before, None for a new one."""
    record = state.holds.get(command.reservation_id)
    if record is not None:
        if record.fingerprint != command.fingerprint:
            return outcome(Code.IDEMPOTENCY_MISMATCH)
        return repeated(record, command.op_id) or outcome(Code.REPLAYED, record)
    kept = state.recall(command.digest)
    if kept is None:
        return None
    same = kept == command.fingerprint[:FINGERPRINT_KEPT]
    return outcome(Code.REMEMBERED if same else Code.IDEMPOTENCY_MISMATCH)


def hold(state: State, command: Reserve, plan: Plan) -> Reservation | None:
    lines = [
        Line(line.sku, line.quantity, sum(allocation.quantity for allocation in allocations), 0, allocations)
        for line, allocations in zip(command.lines, plan.allocations, strict=True)
    ]
    record = Reservation(
        version=RECORD_VERSION,
        status=Status.HELD,
        created_ms=state.now_ms,
        deadline_ms=state.now_ms + command.ttl_ms,
        armed_ms=state.now_ms,
        confirmed_ms=0,
        ended_ms=0,
        changed_seq=0,
        fingerprint=command.fingerprint,
        client=command.client,
        lines=lines,
        operations=[Operation(command.op_id, Code.HELD)],
        attributes=command.attributes,
        dispatches=tuple(plan.dispatches),
        preorders=plan.preorders,
    )
    move_open(state, lines, held=1)
    state.place(plan.dispatches)
    state.take(command.limits)
    about = Subject(command.client, command.op_id, command.reservation_id)
    details = ReserveDetails(command.digest, command.route.basis, plan.verdicts)
    return state.log(EventType.RESERVE, about, record, details)


# Confirm.


def confirm(state: State, command: Confirm) -> ReservationOutcome:
    record = find(state, command.reservation_id, command.carried)
    if record is None:
        return outcome(Code.ABSENT)
    seen = repeated(record, command.op_id)
    if seen:
        return seen
    if record.status == Status.HELD:
        move_open(state, record.lines, held=-1, committed=1)
        return changed(state, command, EventType.CONFIRM, Code.CONFIRMED, paid(state, record))
    if record.status == Status.RELEASED:
        return outcome(Code.RESERVATION_RELEASED, record)
    if record.status == Status.EXPIRED:
        if command.reacquire and command.route.ranked:
            return reacquire_paid(state, command, record)
        return outcome(Code.RESERVATION_EXPIRED, record)
    return outcome(Code.REPLAYED, record)


def paid(state: State, record: Reservation) -> Reservation:
    return record._replace(status=Status.CONFIRMED, deadline_ms=0, confirmed_ms=state.now_ms, ended_ms=0)


def reacquire_paid(state: State, command: Confirm, record: Reservation) -> ReservationOutcome:
    after, plan = allocate_anew(state, record, command)
    if plan.shortages:
        return outcome(Code.INSUFFICIENT_STOCK, record, plan.shortages)
    move_open(state, after.lines, committed=1)
    state.place(plan.dispatches)
    details = ReacquireDetails(command.route.basis, plan.verdicts)
    return changed(state, command, EventType.REACQUIRE, Code.REACQUIRED, paid(state, after), details)


def allocate_anew(state: State, record: Reservation, command: Confirm | Extend) -> tuple[Reservation, Plan]:
    """What an expired reservation still stood for, taken from what is there now: whole or not at all."""
    wanted = [LineRequest(line.sku, line.quantity - line.released) for line in record.lines]
    asked = [line for line in wanted if line.quantity]
    plan = allocate(state, grants(state, asked, command.channel, command.route, limited=False), command.route)
    taken = dict(zip([line.sku for line in asked], plan.allocations, strict=True))
    lines = [line._replace(allocations=taken.get(line.sku, [])) for line in record.lines]
    return record._replace(lines=lines, dispatches=tuple(plan.dispatches), preorders=plan.preorders), plan


# Extend.


def extend(state: State, command: Extend) -> ReservationOutcome:
    record = find(state, command.reservation_id, command.carried)
    if record is None:
        return outcome(Code.ABSENT)
    seen = repeated(record, command.op_id)
    if seen:
        return seen
    armed = record._replace(deadline_ms=state.now_ms + command.ttl_ms, armed_ms=state.now_ms)
    if record.status == Status.HELD and command.armed_ms in (0, record.armed_ms):
        return changed(state, command, EventType.EXTEND, Code.EXTENDED, armed)
    if record.status != Status.EXPIRED or not command.reacquire or not command.route.ranked:
        return outcome(Code.NOT_HELD, record)
    after, plan = allocate_anew(state, armed, command)
    if plan.shortages:
        return outcome(Code.INSUFFICIENT_STOCK, record, plan.shortages)
    move_open(state, after.lines, held=1)
    state.place(plan.dispatches)
    details = ReacquireDetails(command.route.basis, plan.verdicts)
    again = after._replace(status=Status.HELD, ended_ms=0)
    return changed(state, command, EventType.REACQUIRE, Code.REACQUIRED, again, details)


# Release.


def release(state: State, command: Release) -> ReservationOutcome:
    record = find(state, command.reservation_id, command.carried)
    if record is None:
        return outcome(Code.ABSENT)
    seen = repeated(record, command.op_id)
    if seen:
        return seen
    if not command.lines:
        return release_whole(state, command, record)
    kept = state.recall(command.digest)
    if kept is not None:
        if kept == command.fingerprint[:FINGERPRINT_KEPT]:
            return outcome(Code.REPLAYED, record)
        return outcome(Code.IDEMPOTENCY_MISMATCH, record)
    if record.status not in OPEN_STATUSES:
        return outcome(CLOSED_CODES[Status(record.status)], record)
    return release_part(state, command, record)


def release_whole(state: State, command: Release, record: Reservation) -> ReservationOutcome:
    if record.status == Status.SHIPPED:
        return outcome(Code.RESERVATION_SHIPPED, record)
    if record.status not in OPEN_STATUSES:
        return outcome(Code.REPLAYED, record)
    lines = [give_back(line, line_open(line)) for line in record.lines]
    return give_up(state, command, record, lines)


def release_part(state: State, command: Release, record: Reservation) -> ReservationOutcome:
    by_sku = {line.sku: line for line in record.lines}
    for index, (sku, quantity) in enumerate(command.lines):
        if sku not in by_sku or quantity > line_open(by_sku[sku]):
            return outcome(Code.RELEASE_EXCEEDS_OPEN, record, line=index)
    given = dict(command.lines)
    lines = [give_back(line, given.get(line.sku, 0)) for line in record.lines]
    state.remember(command.digest, command.fingerprint)
    return give_up(state, command, record, lines)


def give_back(line: Line, quantity: int) -> Line:
    """The line without `quantity` of its open units, the last allocations' first."""
    kept: list[Allocation] = []
    missing = quantity
    for allocation in reversed(line.allocations):
        taken = min(missing, allocation.open)
        missing -= taken
        kept.insert(0, allocation._replace(quantity=allocation.quantity - taken))
    allocations = [allocation for allocation in kept if allocation.quantity]
    return line._replace(released=line.released + quantity, allocations=allocations)


def give_up(state: State, command: Release, record: Reservation, lines: list[Line]) -> ReservationOutcome:
    """Replace the lines by smaller ones; what is no longer promised is free again."""
    counter = "held" if record.status == Status.HELD else "committed"
    move_open(state, record.lines, **{counter: -1})
    move_open(state, lines, **{counter: 1})
    state.forget_unmoved()
    after = state.vacate(record._replace(lines=lines))
    after = after._replace(preorders=still_ahead(after))
    if not any(line_open(line) for line in lines):
        status = Status.SHIPPED if any(line.shipped for line in lines) else Status.RELEASED
        after = after._replace(status=status, deadline_ms=0, ended_ms=state.now_ms)
    details = ReleaseDetails(command.digest, command.fingerprint, command.lines)
    return changed(state, command, EventType.RELEASE, Code.RELEASED, after, details)


# Expiry and reading.


def expire(state: State, reservation_id: str) -> None:
    record = state.holds[reservation_id]
    move_open(state, record.lines, held=-1)
    after = state.vacate(record._replace(status=Status.EXPIRED, ended_ms=state.now_ms))
    state.log(EventType.EXPIRE, Subject("", "", reservation_id), after)


def read_reservation(state: State, command: ReadReservation) -> ReservationOutcome:
    record = state.holds.get(command.reservation_id)
    return outcome(Code.FOUND if record else Code.ABSENT, record)


# Shared by them.


def find(state: State, reservation_id: str, carried: list[Reservation]) -> Reservation | None:
    """The record, or what the ledger lent where there is none."""
    return state.holds.get(reservation_id) or next(iter(carried), None)


def repeated(record: Reservation, op_id: str) -> ReservationOutcome | None:
    """The answer to an operation that the record remembers."""
    return next((outcome(done.code, record) for done in record.operations if done.op_id == op_id), None)


def line_open(line: Line) -> int:
    return sum(allocation.open for allocation in line.allocations)


def move_open(state: State, lines: list[Line], **signs: int) -> None:
    """Move every open unit of the lines on (+1) or off (-1) the named counters."""
    for line in lines:
        for allocation in line.allocations:
            if allocation.open:
                deltas = {counter: sign * allocation.open for counter, sign in signs.items()}
                state.move(line.sku, allocation.warehouse, **deltas)


def changed(
    state: State,
    command: Confirm | Extend | Release,
    kind: str,
    code: str,
    record: Reservation,
    details: ReleaseDetails | ReacquireDetails | None = None,
) -> ReservationOutcome:
    """Close a change of one reservation: its operation kept, its event logged."""
    about = Subject(command.client, command.op_id, command.reservation_id)
    return outcome(code, state.log(kind, about, with_operation(record, command.op_id, code), details))
