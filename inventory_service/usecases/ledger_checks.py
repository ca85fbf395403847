"""The invariants of the ledger itself: the log is whole, and everything else is what the log makes of it.

Everything is streamed, sorted, and joined where it meets: what is kept at once is one SKU, or one slice of orders.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from inventory_service.domain.events import RESNAPSHOT, TRANSFERS, EventType, Position
from inventory_service.domain.movements import MovementType
from inventory_service.domain.reservation import OPEN_STATUSES, Reservation, Status
from inventory_service.domain.stock import Level
from inventory_service.usecases.findings import Check, Finding, Told
from inventory_service.usecases.ledger_ports import AuditedChange, AuditedEntry, Promise, Quarantined, Transition
from inventory_service.usecases.ports import LedgerAudit
from inventory_service.usecases.slices import slices
from inventory_service.usecases.standing import Gap

GAPS = "gaps of a restored ledger are told"
DEFICITS = "deficits are told"  # and do not fail: the shelf proved a count wrong, and an alarm says so
LevelKey = tuple[str, str]  # SKU, warehouse
Counters = tuple[int, int, int, int, int]

_NOTHING: Counters = (0, 0, 0, 0, 0)
_PHYSICAL = frozenset({*MovementType, *TRANSFERS, EventType.SCAN, EventType.REVERSE, EventType.SHORT_PICK, RESNAPSHOT})
_PROMISING = frozenset({EventType.RESERVE, EventType.REACQUIRE, EventType.REALLOCATE, EventType.SHORT_PICK})
_NEW = ""
_H, _C, _P, _S = Status.HELD, Status.CONFIRMED, Status.PART_SHIPPED, Status.SHIPPED
_R, _E = Status.RELEASED, Status.EXPIRED
# Status before → statuses after, per event: a hold is resolved once, and only taking it again revives it.
_MOVES: Mapping[str, Mapping[str, frozenset[str]]] = {
    EventType.RESERVE: {_NEW: frozenset({_H})},
    EventType.CONFIRM: {_H: frozenset({_C})},
    EventType.EXTEND: {_H: frozenset({_H})},
    EventType.EXPIRE: {_H: frozenset({_E})},
    EventType.REACQUIRE: {_E: frozenset({_H, _C})},
    EventType.RELEASE: {_H: frozenset({_H, _R}), _C: frozenset({_C, _R}), _P: frozenset({_P, _S})},
    EventType.REALLOCATE: {_H: frozenset({_H}), _C: frozenset({_C}), _P: frozenset({_P})},
    EventType.SHORT_PICK: {_H: frozenset({_H}), _C: frozenset({_C}), _P: frozenset({_P})},
    EventType.SCAN: {_H: frozenset({_C, _P, _S}), _C: frozenset({_P, _S}), _P: frozenset({_P, _S})},
    EventType.REVERSE: {_P: frozenset({_C, _P}), _S: frozenset({_C, _P, _S})},
    RESNAPSHOT: dict.fromkeys((_NEW, *Status), frozenset(Status)),  # what lay between is nowhere any more
}


async def check_log(audit: LedgerAudit) -> list[Finding]:
    """Every event has the next number, every entry continues the one before, and every row was written.

    Gaps that were recorded are told, not failed.
    """
    recorded = {gap.before: gap for gap in await audit.gaps()}
    gaps, rows = Check("log has no gap"), Check("rows are what the log says")
    position = Position(0, 0)
    async for entry in audit.entries():
        _check_entry(entry, _across(recorded, position), gaps, rows)
        position = entry.position
    position = _across(recorded, position)
    if position != audit.position:
        gaps.differs(f"the log ends at {_text(position)}, the offset says {_text(audit.position)}")
    return [gaps.finding("events"), rows.finding("rows"), _told_gaps(recorded.values())]


def _across(recorded: Mapping[Position, Gap], position: Position) -> Position:
    """Where the log goes on behind `position`."""
    return recorded[position].after if position in recorded else position


def _told_gaps(gaps: Iterable[Gap]) -> Finding:
    """A ledger restored from an older backup was carried over them, with an alarm."""
    told = Told(GAPS)
    for gap in gaps:
        told.tell(f"{_text(gap.before)} to {_text(gap.after)}: {gap.after.seq - gap.before.seq} events")
    return told.finding()


def _check_entry(entry: AuditedEntry, position: Position, gaps: Check, rows: Check) -> None:
    gaps.checked += len(entry.seqs)
    rows.checked += entry.event_rows + entry.change_rows
    if entry.before != position:
        gaps.differs(f"entry {_text(entry.position)} follows {_text(entry.before)}, not {_text(position)}")
    if list(entry.seqs) != list(range(entry.before.seq + 1, entry.position.seq + 1)):
        gaps.differs(f"entry {_text(entry.position)} behind {_text(entry.before)} holds {len(entry.seqs)} events")
    if entry.event_rows != entry.events or entry.change_rows != entry.changes:
        rows.differs(
            f"entry {_text(entry.position)}: {entry.event_rows} of {entry.events} events, "
            f"{entry.change_rows} of {entry.changes} changes"
        )


async def check_stock(audit: LedgerAudit, aside: AbstractSet[str]) -> list[Finding]:
    """Folds every change, SKU by SKU: stock levels are what that leaves, and their promises what orders add up to.

    `aside`: SKUs whose promises cannot be known, because an order of theirs is quarantined. Tells deficits.
    """
    changes, levels, deficits = _ChangeChecks(), Check("stock levels are the sum of the changes"), Told(DEFICITS)
    promises = Check("held and committed are what orders hold")
    await _check_allocations(audit, promises)
    streams = (_folded(audit, changes), _by_sku(audit.promises()), audit.stocks())
    async for sku, (folded, promised, stock) in joined(*streams):
        there = {level.warehouse: level for level in stock.levels} if stock else {}
        _check_levels(sku, there, folded or {}, levels)
        if sku not in aside:
            _check_promises(sku, there, {row.warehouse: (row.held, row.committed) for row in promised or ()}, promises)
        for level in there.values():
            if stock and (deficit := level.deficit(stock.preorder_limit)):
                deficits.tell(f"{sku} in {level.warehouse}: {deficit}")
    return [*changes.findings(), levels.finding("levels"), promises.finding("levels"), deficits.finding()]


async def _folded(audit: LedgerAudit, checks: "_ChangeChecks") -> AsyncIterator[tuple[str, Mapping[str, Counters]]]:
    """SKU and what its changes leave per warehouse."""
    sku, counters = "", dict[str, Counters]()
    async for audited in audit.changes():
        change = audited.change
        if change.sku != sku:
            if counters:
                yield sku, counters
            sku, counters = change.sku, {}
        counters[change.warehouse] = checks.fold(counters.get(change.warehouse, _NOTHING), audited)
    if counters:
        yield sku, counters


async def _by_sku(promises: AsyncIterator[Promise]) -> AsyncIterator[tuple[str, Sequence[Promise]]]:
    rows: list[Promise] = []
    async for row in promises:
        if rows and rows[0].sku != row.sku:
            yield rows[0].sku, rows
            rows = []
        rows.append(row)
    if rows:
        yield rows[0].sku, rows


async def joined(*streams: AsyncIterator[tuple[str, Any]]) -> AsyncIterator[tuple[str, Sequence[Any]]]:
    """Streams sorted by their keys, as one: each key with what every stream has of it, None: nothing."""
    heads = [await anext(stream, None) for stream in streams]
    while any(heads):
        key = min(head[0] for head in heads if head)
        yield key, [head[1] if head and head[0] == key else None for head in heads]
        heads = [
            await anext(stream, None) if head and head[0] == key else head
            for stream, head in zip(streams, heads, strict=True)
        ]


class _ChangeChecks:
    def __init__(self) -> None:
        self.images = Check("after-images are the sum of the changes")
        self.physical = Check("only movements, scans, short picks and reversals move on_hand")
        self.negative = Check("no promise, no unavailable and no incoming is ever negative")
        self.oversold = Check("nothing was ever promised twice")

    def fold(self, before: Counters, audited: AuditedChange) -> Counters:
        change, place = audited.change, f"{audited.change.sku} in {audited.change.warehouse} at {audited.seq}"
        for check in (self.images, self.physical, self.negative, self.oversold):
            check.checked += 1
        after = (change.on_hand, change.held, change.committed, change.unavailable, change.incoming)
        if tuple(a + d for a, d in zip(before, change[2:7], strict=True)) != after:
            self.images.differs(f"{place}: {before} and {tuple(change[2:7])} are not {after}")
        if change.on_hand_delta and audited.type not in _PHYSICAL:
            self.physical.differs(f"{place}: {audited.type} moved {change.on_hand_delta}")
        if min(after[1:]) < 0:
            self.negative.differs(f"{place}: {after}")
        promised = change.held_delta + change.committed_delta
        there = change.on_hand + (change.incoming if audited.ahead else 0)
        if audited.type in _PROMISING and promised > 0 and sum(after[1:4]) > there:
            self.oversold.differs(f"{place}: promised {promised} beyond the {there} there are")
        return after

    def findings(self) -> list[Finding]:
        checks = (self.images, self.physical, self.negative, self.oversold)
        return [check.finding("changes") for check in checks]


async def check_transitions(audit: LedgerAudit) -> Finding:
    """Every reservation was opened once and resolved once; an id that came back after the retention began anew."""
    check = Check("every hold is resolved once")
    reservation_id, status = "", _NEW
    async for event in audit.transitions():
        check.checked += 1
        if event.reservation_id != reservation_id or (event.reopened and status not in OPEN_STATUSES):
            reservation_id, status = event.reservation_id, _NEW
        if event.status not in _MOVES.get(event.type, {}).get(status, frozenset()):
            check.differs(_told_transition(event, status))
        status = event.status
    return check.finding("events of reservations")


async def check_duplicates(audit: LedgerAudit) -> list[Finding]:
    """An id that came back is told where it was older than what is promised to be remembered: it has an alarm."""
    forgotten, told = Check("no id was forgotten within the retention"), Told("ids that came back later are told")
    async for each in audit.duplicates():
        forgotten.checked += 1
        (forgotten.differs if each.promised else told.tell)(f"{each.kind} {each.name} at {each.seq}: {each.state}")
    return [forgotten.finding("ids that came back"), told.finding()]


def check_quarantine(aside: Sequence[Quarantined]) -> Finding:
    check = Check("nothing is quarantined")
    for each in aside:
        check.differs(f"{each.kind} {each.name} from {each.seq} on: {each.reason}")
    return check.finding("subjects")


async def _check_allocations(audit: LedgerAudit, check: Check) -> None:
    """The rows of open orders are what their records say, which a rebuild would use."""
    async for part in slices(audit.open_records()):
        rows = await audit.open_allocations(list(part))
        for reservation_id, record in part.items():
            units = open_of(record)
            if rows.get(reservation_id, {}) != units:
                check.differs(f"{reservation_id}: the record holds {units}, its rows {rows.get(reservation_id)}")


def open_of(record: Reservation) -> Mapping[LevelKey, int]:
    """Units that an open reservation has not shipped yet, per SKU and warehouse."""
    units: Counter[LevelKey] = Counter()
    for line in record.lines:
        for allocation in line.allocations:
            if allocation.open:
                units[line.sku, allocation.warehouse] += allocation.open
    return units


def _check_levels(sku: str, levels: Mapping[str, Level], folded: Mapping[str, Counters], check: Check) -> None:
    for warehouse in sorted(levels.keys() | folded.keys()):
        check.checked += 1
        level = levels.get(warehouse)
        if level is None:
            check.differs(f"{sku} in {warehouse}: there is no level")
            continue
        stored = (level.on_hand, level.held, level.committed, level.unavailable, level.incoming)
        left = folded.get(warehouse, _NOTHING)
        if stored != left:
            check.differs(f"{sku} in {warehouse}: {stored}, the changes leave {left}")


def _check_promises(
    sku: str, levels: Mapping[str, Level], promised: Mapping[str, tuple[int, int]], check: Check
) -> None:
    for warehouse in sorted(levels.keys() | promised.keys()):
        check.checked += 1
        level = levels.get(warehouse)
        counted = (level.held, level.committed) if level else None
        if promised.get(warehouse, (0, 0)) != counted:
            units = promised.get(warehouse)
            check.differs(f"{sku} in {warehouse}: held and committed are {counted}, the orders add up to {units}")


def _told_transition(event: Transition, status: str) -> str:
    return f"{event.reservation_id} at {event.seq}: {event.type} took it from {status or 'nothing'} to {event.status}"


def _text(position: Position) -> str:
    return f"{position.epoch}-{position.seq}"
