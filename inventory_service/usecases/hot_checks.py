"""The invariants of Redis: what it holds adds up, and is what the ledger has, wherever both speak of the same event.

Both may go on changing while they are compared. A record says which event changed it last, so only records of
the same event are compared, and only sums over records that stood still.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

from inventory_service.domain.reservation import OPEN_STATUSES, Reservation, Status
from inventory_service.domain.stock import Level, Stock
from inventory_service.usecases.findings import Check, Finding
from inventory_service.usecases.ledger_checks import LevelKey, open_of
from inventory_service.usecases.ports import HotInspection, HotState, LedgerAudit

_SLICE = 500
_GRACE_MS = 60_000  # behind an outage, as in `lua/lib/deadline.lua`
# A scan of a hash that is being resized may show a record twice: a sum that is wrong is taken again.
_SCANS_MAX = 3

T = TypeVar("T")


async def check_position(hot: HotState, audit: LedgerAudit, before: HotInspection, deployment: str) -> Finding:
    """`before` was seen before the ledger's snapshot was taken."""
    check = Check("Redis and ledger are one history")
    after = await hot.inspect()
    if after.deployment != deployment:
        check.differs(f"Redis belongs to deployment {after.deployment or 'none'}, the ledger to {deployment}")
    if after.position.seq < audit.position.seq:
        check.differs(f"Redis ends at {after.position.seq}, the ledger at {audit.position.seq}")
    if before.flushed > audit.position.seq:
        check.differs(f"the ledger ends at {audit.position.seq}, but had committed {before.flushed}")
    check.checked = max(0, before.position.seq - audit.position.seq)
    return check.finding("events on their way into the ledger")


async def check_stocks(hot: HotState, audit: LedgerAudit) -> Finding:
    check = Check("stock in Redis is stock in the ledger")
    seen: set[str] = set()
    async for part in _slices(hot.stocks()):
        stored = await audit.stocks_of(list(part))
        seen.update(part)
        for sku, stock in part.items():
            if stock.changed_seq <= audit.position.seq:
                check.checked += 1
                _compare_stock(sku, stock, stored.get(sku), check)
    async for sku, _ in audit.stocks():
        if sku not in seen:
            check.differs(f"{sku}: not in Redis")
    return check.finding("SKUs")


async def check_reservations(hot: HotState, audit: LedgerAudit) -> Finding:
    check = Check("reservations in Redis are those in the ledger")
    async for part in _slices(hot.reservations()):
        stored = await audit.records_of(list(part))
        for reservation_id, record in part.items():
            if record.changed_seq <= audit.position.seq:
                check.checked += 1
                if stored.get(reservation_id) != record:
                    check.differs(f"{reservation_id}: {record} in Redis, {stored.get(reservation_id)} in the ledger")
    async for part in _slices(audit.open_records()):
        there = await hot.records_of(list(part))
        for reservation_id in part.keys() - there.keys():
            check.differs(f"{reservation_id}: open in the ledger, not in Redis")
    return check.finding("reservations")


async def check_deadlines(hot: HotState) -> Finding:
    """Exactly what is held waits to expire, each at its own time; what an outage overtook has some grace."""
    check = Check("deadlines are those of what is held")
    inspection = await hot.inspect()
    still_seq = inspection.position.seq
    deadlines = await hot.deadlines()
    unmatched = set(deadlines)
    async for reservation_id, record in hot.reservations():
        unmatched.discard(reservation_id)
        if record.changed_seq <= still_seq:
            check.checked += 1
            expected = record.deadline_ms if record.status == Status.HELD else None
            waiting = deadlines.get(reservation_id)
            if waiting != expected and not _is_in_grace(record, waiting, inspection.opened_ms):
                check.differs(f"{reservation_id} ({record.status}): {waiting}, not {expected}")
    for reservation_id in sorted(unmatched):
        check.differs(f"{reservation_id}: a deadline without a reservation")
    return check.finding("reservations")


def _is_in_grace(record: Reservation, waiting: int | None, opened_ms: int) -> bool:
    """Whether the sweep has put the deadline off, because an outage lay before it (`lua/lib/deadline.lua`)."""
    if record.status != Status.HELD or waiting is None or record.armed_ms >= opened_ms:
        return False
    return record.deadline_ms < waiting <= opened_ms + _GRACE_MS


async def check_counters(hot: HotState) -> Finding:
    """Held and committed in Redis are what the open reservations in Redis add up to."""
    check = await _count(hot)
    for _ in range(_SCANS_MAX - 1):
        if not check.ok:
            check = await _count(hot)
    return check.finding("levels")


async def _count(hot: HotState) -> Check:
    check = Check("held and committed in Redis are what its orders hold")
    still_seq = (await hot.inspect()).position.seq
    held: Counter[LevelKey] = Counter()
    committed: Counter[LevelKey] = Counter()
    async for _, record in hot.reservations():
        if record.status in OPEN_STATUSES:
            (held if record.status == Status.HELD else committed).update(open_of(record))
    async for sku, stock in hot.stocks():
        for level in stock.levels if stock.changed_seq <= still_seq else ():
            check.checked += 1
            key = (sku, level.warehouse)
            if (held[key], committed[key]) != (level.held, level.committed):
                counted = f"counted {level.held} and {level.committed}"
                check.differs(f"{' in '.join(key)}: {counted}, orders hold {held[key]} and {committed[key]}")
    return check


def _compare_stock(sku: str, hot: Stock, stored: Stock | None, check: Check) -> None:
    if stored is None:
        check.differs(f"{sku}: not in the ledger")
    elif hot._replace(levels=[]) != stored._replace(levels=[]):
        check.differs(f"{sku}: {hot._replace(levels=[])} in Redis, {stored._replace(levels=[])} in the ledger")
    else:
        here, there = _by_warehouse(hot), _by_warehouse(stored)
        for warehouse in sorted(here.keys() | there.keys()):
            if here.get(warehouse) != there.get(warehouse):
                check.differs(f"{sku}: {here.get(warehouse)} in Redis, {there.get(warehouse)} in the ledger")


def _by_warehouse(stock: Stock) -> Mapping[str, Level]:
    return {level.warehouse: level for level in stock.levels}


async def _slices(pairs: AsyncIterator[tuple[str, T]]) -> AsyncIterator[Mapping[str, T]]:
    part: dict[str, T] = {}
    async for key, value in pairs:
        part[key] = value
        if len(part) >= _SLICE:
            yield part
            part = {}
    if part:
        yield part
