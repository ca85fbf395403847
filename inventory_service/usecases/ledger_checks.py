"""The invariants of the ledger itself: the log is whole, and everything else is what the log makes of it.

Histories are streamed. What is kept at once has the size of the stock, not of the history.
"""

from collections import Counter
from collections.abc import Mapping

from inventory_service.domain.events import EventType, Position
from inventory_service.domain.movements import MovementType
from inventory_service.domain.reservation import Reservation, Status
from inventory_service.domain.stock import Level
from inventory_service.usecases.findings import Check, Finding
from inventory_service.usecases.ports import AuditedChange, AuditedEntry, LedgerAudit, Transition

LevelKey = tuple[str, str]  # SKU, warehouse
Counters = tuple[int, int, int, int, int]

_NOTHING: Counters = (0, 0, 0, 0, 0)
_PHYSICAL = frozenset({*MovementType, EventType.SCAN, EventType.REVERSE})
_PROMISING = frozenset({EventType.RESERVE, EventType.REACQUIRE})
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
    EventType.SCAN: {_H: frozenset({_C, _P, _S}), _C: frozenset({_P, _S}), _P: frozenset({_P, _S})},
    EventType.REVERSE: {_P: frozenset({_C, _P}), _S: frozenset({_C, _P, _S})},
}


async def check_log(audit: LedgerAudit) -> list[Finding]:
    """Every event has the next number, every entry continues the one before, and every row was written."""
    gaps, rows = Check("log has no gap"), Check("rows are what the log says")
    position = Position(0, 0)
    async for entry in audit.entries():
        _check_entry(entry, position, gaps, rows)
        position = entry.position
    if position != audit.position:
        gaps.differs(f"the log ends at {_text(position)}, the offset says {_text(audit.position)}")
    return [gaps.finding("events"), rows.finding("rows")]


def _check_entry(entry: AuditedEntry, position: Position, gaps: Check, rows: Check) -> None:
    gaps.checked += len(entry.seqs)
    rows.checked += entry.event_rows + entry.change_rows
    if entry.before != position:
        gaps.differs(f"entry {_text(entry.position)} follows {_text(entry.before)}, not {_text(position)}")
    if list(entry.seqs) != list(range(entry.before.seq + 1, entry.position.seq + 1)):
        gaps.differs(f"entry {_text(entry.position)} behind {_text(entry.before)} holds {len(entry.seqs)} events")
    if entry.event_rows != len(entry.seqs) or entry.change_rows != entry.changes:
        rows.differs(
            f"entry {_text(entry.position)}: {entry.event_rows} of {len(entry.seqs)} events, "
            f"{entry.change_rows} of {entry.changes} changes"
        )


async def check_changes(audit: LedgerAudit) -> tuple[list[Finding], Mapping[LevelKey, Counters]]:
    """Folds every change; what that leaves per SKU and warehouse comes back with the findings."""
    checks = _ChangeChecks()
    counters: dict[LevelKey, Counters] = {}
    async for audited in audit.changes():
        key = (audited.change.sku, audited.change.warehouse)
        counters[key] = checks.fold(counters.get(key, _NOTHING), audited)
    return checks.findings(), counters


class _ChangeChecks:
    def __init__(self) -> None:
        self.images = Check("after-images are the sum of the changes")
        self.physical = Check("only movements, scans and reversals move on_hand")
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
        if audited.type in _PROMISING and promised > 0 and sum(after[1:4]) > change.on_hand:
            self.oversold.differs(f"{place}: promised {promised} beyond on_hand {change.on_hand}")
        return after

    def findings(self) -> list[Finding]:
        checks = (self.images, self.physical, self.negative, self.oversold)
        return [check.finding("changes") for check in checks]


async def check_levels(audit: LedgerAudit, folded: Mapping[LevelKey, Counters]) -> list[Finding]:
    """Stock levels are what the changes left, and their promises what open reservations add up to. Tells deficits."""
    records = await _promised_by_records(audit)
    rows = {(row.sku, row.warehouse): (row.held, row.committed) async for row in audit.promises()}
    levels = Check("stock levels are the sum of the changes")
    promises = Check("held and committed are what orders hold")
    deficits: list[str] = []
    unseen, unmatched = set(folded), records.keys() | rows.keys()
    async for sku, stock in audit.stocks():
        for level in stock.levels:
            key = (sku, level.warehouse)
            unseen.discard(key)
            unmatched.discard(key)
            _check_level(key, level, folded.get(key, _NOTHING), levels)
            _check_promises(key, level, (records.get(key), rows.get(key)), promises)
            if level.deficit:
                deficits.append(f"{sku} in {level.warehouse}: {level.deficit}")
    for key in sorted(unseen):
        levels.differs(f"{' in '.join(key)}: there is no level")
    for key in sorted(unmatched):
        promises.differs(f"{' in '.join(key)}: orders hold stock that has no level")
    return [levels.finding("levels"), promises.finding("levels"), _told_deficits(deficits)]


async def check_transitions(audit: LedgerAudit) -> Finding:
    """Every reservation was opened once and resolved once."""
    check = Check("every hold is resolved once")
    reservation_id, status = "", _NEW
    async for event in audit.transitions():
        check.checked += 1
        if event.reservation_id != reservation_id:
            reservation_id, status = event.reservation_id, _NEW
        if event.status not in _MOVES.get(event.type, {}).get(status, frozenset()):
            check.differs(_told_transition(event, status))
        status = event.status
    return check.finding("events of reservations")


async def _promised_by_records(audit: LedgerAudit) -> Mapping[LevelKey, tuple[int, int]]:
    """(held, committed) per level, from the records that a rebuild would use."""
    held: Counter[LevelKey] = Counter()
    committed: Counter[LevelKey] = Counter()
    async for _, record in audit.open_records():
        (held if record.status == Status.HELD else committed).update(open_of(record))
    return {key: (held[key], committed[key]) for key in held.keys() | committed.keys()}


def open_of(record: Reservation) -> Mapping[LevelKey, int]:
    """Units that an open reservation has not shipped yet, per SKU and warehouse."""
    units: Counter[LevelKey] = Counter()
    for line in record.lines:
        for allocation in line.allocations:
            if allocation.open:
                units[line.sku, allocation.warehouse] += allocation.open
    return units


def _check_level(key: LevelKey, level: Level, folded: Counters, check: Check) -> None:
    check.checked += 1
    stored = (level.on_hand, level.held, level.committed, level.unavailable, level.incoming)
    if stored != folded:
        check.differs(f"{' in '.join(key)}: {stored}, the changes leave {folded}")


def _check_promises(
    key: LevelKey, level: Level, promised: tuple[tuple[int, int] | None, tuple[int, int] | None], check: Check
) -> None:
    check.checked += 1
    counted = (level.held, level.committed)
    for source, units in zip(("records", "allocations"), promised, strict=True):
        if (units or (0, 0)) != counted:
            check.differs(f"{' in '.join(key)}: held and committed are {counted}, the {source} add up to {units}")


def _told_deficits(deficits: list[str]) -> Finding:
    """Reported, not failed: the shelf proved a count wrong, and an alarm says so."""
    return Finding("deficits are told", True, "; ".join(deficits) or "none")


def _told_transition(event: Transition, status: str) -> str:
    return f"{event.reservation_id} at {event.seq}: {event.type} took it from {status or 'nothing'} to {event.status}"


def _text(position: Position) -> str:
    return f"{position.epoch}-{position.seq}"
