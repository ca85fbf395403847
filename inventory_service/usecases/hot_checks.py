"""The invariants of Redis: what it holds adds up, and is what the ledger has, wherever both speak of the same event.

Both may go on changing while they are compared. A record says which event changed it last, so only records of
the same event are compared, and only sums over records that stood still.
"""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from inventory_service.domain.reservation import OPEN_STATUSES, Reservation, Status
from inventory_service.domain.stock import Level, Stock
from inventory_service.usecases.findings import Check, Finding
from inventory_service.usecases.ledger_checks import LevelKey, open_of
from inventory_service.usecases.ports import HotState, LedgerAudit
from inventory_service.usecases.slices import slices
from inventory_service.usecases.standing import HotInspection

_GRACE_MS = 60_000  # behind an outage, as in `lua/lib/deadline.lua`
# A scan of a hash that is being resized may show a record twice: a sum that is wrong is taken again.
_SCANS_MAX = 3


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


async def check_stocks(hot: HotState, audit: LedgerAudit, aside: AbstractSet[str]) -> Finding:
    """`aside`: SKUs that the ledger does not follow."""
    check = Check("stock in Redis is stock in the ledger")
    async for part in slices(audit.stocks()):
        there = await hot.stocks_of(list(part))
        for sku, stored in part.items():
            stock = there.get(sku)
            if stock is None:
                check.differs(f"{sku}: not in Redis")
            elif stock.changed_seq <= audit.position.seq and sku not in aside:
                check.checked += 1
                _compare_stock(sku, stock, stored, check)
    async for part in slices(hot.stocks()):
        for sku in part.keys() - await audit.known_skus(list(part)) - aside:
            if part[sku].changed_seq <= audit.position.seq:
                check.differs(f"{sku}: not in the ledger")
    return check.finding("SKUs")


async def check_reservations(hot: HotState, audit: LedgerAudit, aside: AbstractSet[str]) -> Finding:
    """`aside`: reservations that the ledger does not follow."""
    check = Check("reservations in Redis are those in the ledger")
    async for part in slices(hot.reservations()):
        stored = await audit.records_of(list(part))
        for reservation_id, record in part.items():
            if record.changed_seq <= audit.position.seq and reservation_id not in aside:
                check.checked += 1
                if stored.get(reservation_id) != record:
                    check.differs(f"{reservation_id}: {record} in Redis, {stored.get(reservation_id)} in the ledger")
    async for part in slices(audit.open_records()):
        there = await hot.records_of(list(part))
        for reservation_id in part.keys() - there.keys() - aside:
            check.differs(f"{reservation_id}: open in the ledger, not in Redis")
    return check.finding("reservations")


async def check_transfers(hot: HotState, audit: LedgerAudit) -> list[Finding]:
    """Open transfers in Redis are those in the ledger, and what is outstanding in them is on its way to their ends."""
    same = Check("open transfers in Redis are those in the ledger")
    counted = Check("transfers bring what is on its way")
    outstanding: Counter[LevelKey] = Counter()
    open_ones = {name async for name, _ in hot.transfers()}
    async for transfer_id, stored in audit.transfers():
        for line in stored.lines:
            outstanding[line.sku, stored.destination] += line.outstanding
        if transfer_id not in open_ones and (await hot.inspect()).position.seq == audit.position.seq:
            same.differs(f"{transfer_id}: open in the ledger, not in Redis")
    async for part in slices(hot.transfers()):
        known = await audit.transfers_of(list(part))
        for transfer_id, transfer in part.items():
            if transfer.changed_seq <= audit.position.seq:
                same.checked += 1
                if known.get(transfer_id) != transfer:
                    same.differs(f"{transfer_id}: {transfer} in Redis, {known.get(transfer_id)} in the ledger")
    async for sku, stock in audit.stocks():
        for level in stock.levels:
            counted.checked += 1
            units = outstanding[sku, level.warehouse]
            if not units == level.in_transit <= level.incoming or level.arriving > level.incoming:
                counted.differs(f"{sku} in {level.warehouse}: {level}, transfers bring {units}")
    return [same.finding("transfers"), counted.finding("levels")]


async def check_deadlines(hot: HotState) -> Finding:
    """Exactly what is held waits to expire, each at its own time; what an outage overtook has some grace."""
    check = Check("deadlines are those of what is held")
    opened_ms = (await hot.inspect()).opened_ms
    async for part in slices(hot.reservations()):
        deadlines = await hot.deadlines_of(list(part))
        wrong = {
            reservation_id: record
            for reservation_id, record in part.items()
            if not _waits_rightly(record, deadlines.get(reservation_id), opened_ms)
        }
        check.checked += len(part)
        # The deadline was read behind the record: only one that stood still around it speaks of the same moment.
        for reservation_id, record in (await hot.records_of(list(wrong))).items():
            if record == wrong[reservation_id]:
                check.differs(f"{reservation_id} ({record.status}): waits for {deadlines.get(reservation_id)}")
    async for waiting in slices(hot.deadlines()):
        for reservation_id in waiting.keys() - (await hot.records_of(list(waiting))).keys():
            check.differs(f"{reservation_id}: a deadline without a reservation")
    return check.finding("reservations")


def _waits_rightly(record: Reservation, waiting: int | None, opened_ms: int) -> bool:
    expected = record.deadline_ms if record.status == Status.HELD else None
    return waiting == expected or _is_in_grace(record, waiting, opened_ms)


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


def _compare_stock(sku: str, hot: Stock, stored: Stock, check: Check) -> None:
    if hot._replace(levels=[]) != stored._replace(levels=[]):
        check.differs(f"{sku}: {hot._replace(levels=[])} in Redis, {stored._replace(levels=[])} in the ledger")
    else:
        here, there = _by_warehouse(hot), _by_warehouse(stored)
        for warehouse in sorted(here.keys() | there.keys()):
            if here.get(warehouse) != there.get(warehouse):
                check.differs(f"{sku}: {here.get(warehouse)} in Redis, {there.get(warehouse)} in the ledger")


def _by_warehouse(stock: Stock) -> Mapping[str, Level]:
    return {level.warehouse: level for level in stock.levels}
