"""The model's reallocate, short picks and previews."""

from collections import Counter

from inventory_service.domain.commands import LineRequest, Preview, Reallocate, Route, ShortPick
from inventory_service.domain.events import EventType, Moved, ReallocateDetails, ShortPickDetails
from inventory_service.domain.outcomes import (
    Code,
    PreviewOutcome,
    ReservationOutcome,
    ShortPickOutcome,
    Verdict,
    WarehouseView,
)
from inventory_service.domain.reservation import OPEN_STATUSES, Allocation, Line, Reservation, Status
from tests.kernel.model_allocation import Plan, allocate, there, verdict
from tests.kernel.model_policy import grants, still_ahead, ungoverned
from tests.kernel.model_reservations import CLOSED_CODES, find, move_open, outcome, repeated
from tests.kernel.model_state import FINGERPRINT_KEPT, State, Subject, with_operation

Leaving = dict[tuple[str, str], int]  # SKU and warehouse → units


def reallocate(state: State, command: Reallocate) -> ReservationOutcome:
    record = find(state, command.reservation_id, command.carried)
    if record is None:
        return outcome(Code.ABSENT)
    seen = repeated(record, command.op_id)
    if seen:
        return seen
    if record.status not in OPEN_STATUSES:
        return outcome(CLOSED_CODES[Status(record.status)], record)
    leaving = {
        (line.sku, each.warehouse): each.open
        for line in record.lines
        for each in line.allocations
        if each.open and each.warehouse not in command.route.ranked
    }
    if not leaving:
        return outcome(Code.REPLAYED, record)
    plan = plan_of(state, record, leaving, command.route)
    if plan.shortages:
        return outcome(Code.INSUFFICIENT_STOCK, record, plan.shortages)
    after, moved = move(state, record, leaving, plan)
    after = with_operation(after, command.op_id, Code.REALLOCATED)
    about = Subject(command.client, command.op_id, command.reservation_id)
    details = ReallocateDetails(moved, command.route.basis, plan.verdicts)
    return outcome(Code.REALLOCATED, state.log(EventType.REALLOCATE, about, after, details))


def short_pick(state: State, command: ShortPick) -> ShortPickOutcome:
    kept = state.recall(command.digest)
    if kept is not None:
        same = kept == command.fingerprint[:FINGERPRINT_KEPT]
        return ShortPickOutcome(Code.DUPLICATE if same else Code.SHORT_PICK_ID_REUSED, [])
    record = find(state, command.reservation_id, command.carried)
    if record is None:
        return ShortPickOutcome(Code.ABSENT, [])
    if record.status not in OPEN_STATUSES:
        return ShortPickOutcome(CLOSED_CODES[Status(record.status)], [])
    place = (command.sku, command.warehouse)
    here = {(line.sku, each.warehouse): each.open for line in record.lines for each in line.allocations}
    if here.get(place, 0) < command.quantity:
        return ShortPickOutcome(Code.EXCEEDS_OPEN, [])
    leaving = {place: command.quantity}
    plan = plan_of(state, record, leaving, past(command.route, command.warehouse))
    told = plan.verdicts.replace(Verdict.USED, Verdict.PART) if plan.shortages else plan.verdicts
    state.move(*place, on_hand=-command.quantity)
    after, moved = (record, []) if plan.shortages else move(state, record, leaving, plan)
    state.remember(command.digest, command.fingerprint)
    about = Subject(command.client, command.short_pick_id, command.reservation_id)
    pick = (command.digest, command.fingerprint, command.warehouse, command.sku, command.quantity)
    state.log(EventType.SHORT_PICK, about, after, ShortPickDetails(*pick, moved, command.route.basis, told))
    return ShortPickOutcome(Code.NOT_MOVED if plan.shortages else Code.MOVED, plan.shortages)


def past(route: Route, warehouse: str) -> Route:
    """The same without one warehouse."""
    behind = route.ranked[len(route.ranked) - route.stores :]
    stores = len([each for each in behind if each != warehouse])
    return route._replace(ranked=tuple(each for each in route.ranked if each != warehouse), stores=stores)


def plan_of(state: State, record: Reservation, leaving: Leaving, route: Route) -> Plan:
    """Where what leaves could go."""
    return allocate(state, ungoverned(wanted(record, leaving)), route, record.dispatches)


def wanted(record: Reservation, leaving: Leaving) -> list[LineRequest]:
    units = Counter[str]()
    for (sku, _), quantity in leaving.items():
        units[sku] += quantity
    return [LineRequest(line.sku, units[line.sku]) for line in record.lines if units[line.sku]]


def move(state: State, record: Reservation, leaving: Leaving, plan: Plan) -> tuple[Reservation, list[Moved]]:
    """The record with its units where the plan says, and which went where; counters and places follow."""
    taken = dict(zip([line.sku for line in wanted(record, leaving)], plan.allocations, strict=True))
    lines = [moved_line(line, leaving, taken.get(line.sku, [])) for line in record.lines]
    counter = "held" if record.status == Status.HELD else "committed"
    move_open(state, record.lines, **{counter: -1})
    move_open(state, lines, **{counter: 1})
    state.forget_unmoved()
    after = state.vacate(record._replace(lines=lines))
    state.place(plan.dispatches)
    after = after._replace(dispatches=(*after.dispatches, *plan.dispatches), preorders=still_ahead(after))
    return after, [each for line in record.lines for each in moves_of(line.sku, leaving, taken.get(line.sku, []))]


def moved_line(line: Line, leaving: Leaving, taken: list[Allocation]) -> Line:
    promised = {each.warehouse: each for each in line.allocations}
    for warehouse, each in promised.items():
        left = each.quantity - leaving.get((line.sku, warehouse), 0)
        promised[warehouse] = each._replace(quantity=left)
    for target in taken:
        there = promised.get(target.warehouse, Allocation(target.warehouse, 0, 0))
        promised[target.warehouse] = there._replace(quantity=there.quantity + target.quantity)
    return line._replace(allocations=[each for each in promised.values() if each.quantity])


def moves_of(sku: str, leaving: Leaving, taken: list[Allocation]) -> list[Moved]:
    """Unit by unit, the first that leave to the first that take."""
    origins = [warehouse for (each, warehouse), units in leaving.items() if each == sku for _ in range(units)]
    targets = [each.warehouse for each in taken for _ in range(each.quantity)]
    pairs = Counter(zip(origins, targets, strict=True))
    return [Moved(sku, origin, target, units) for (origin, target), units in pairs.items()]


# Preview.


def preview(state: State, command: Preview) -> PreviewOutcome:
    for index, line in enumerate(command.lines):
        if line.sku not in state.stock:
            return PreviewOutcome(Code.UNKNOWN_SKU, [], [], index, [])
    lines = grants(state, command.lines, command.channel, command.route, limited=True)
    plan = allocate(state, lines, command.route)
    held = not plan.shortages or (command.allow_partial and any(plan.allocations))
    allocations = plan.allocations if held else [[] for _ in command.lines]
    used = {each.warehouse for line in allocations for each in line}
    views = [
        WarehouseView(
            warehouse,
            "u" if warehouse in used else verdict(state, lines, command.route, warehouse),
            [there(state, line, warehouse) for line in lines],
        )
        for warehouse in command.route.ranked
    ]
    return PreviewOutcome(Code.FOUND if held else Code.INSUFFICIENT_STOCK, allocations, plan.shortages, -1, views)
