"""What a ledger has to learn to have Redis's state: the differences, as events that stand behind a gap.

Redis's log no longer reaches back to where the ledger ends, so nobody knows what happened; what there is now is known.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

from inventory_service.domain.events import RESNAPSHOT, Correction, EventType, PolicyDetails, ResnapshotDetails
from inventory_service.domain.reservation import Reservation, Status
from inventory_service.domain.stock import UNSET, Change, Level, Stock, Threshold
from inventory_service.domain.transfer import Transfer, TransferState
from inventory_service.usecases.ports import HotState, LedgerAudit
from inventory_service.usecases.slices import slices

_UNKNOWN = Stock(1, 0, 0, 0, [])


async def describe(hot: HotState, audit: LedgerAudit, now_ms: int) -> AsyncIterator[Sequence[Correction]]:
    """In slices, none of them empty. Redis has to stand still meanwhile."""
    async for stocks in slices(hot.stocks()):
        stored = await audit.stocks_of(list(stocks))
        corrections = [each for sku, stock in stocks.items() for each in _of_stock(sku, stock, stored.get(sku))]
        if corrections:
            yield corrections
    async for records in slices(hot.reservations()):
        known = await audit.records_of(list(records))
        corrections = [_of_record(name, record) for name, record in records.items() if known.get(name) != record]
        if corrections:
            yield corrections
    async for opened in slices(audit.open_records()):
        there = await hot.records_of(list(opened))
        corrections = [_of_record(name, _ended(record, now_ms)) for name, record in opened.items() if name not in there]
        if corrections:
            yield corrections
    async for moved in slices(hot.transfers()):
        kept = await audit.transfers_of(list(moved))
        changed = tuple((name, transfer) for name, transfer in moved.items() if kept.get(name) != transfer)
        if changed:
            yield [_of_transfers(changed)]
    async for planned in slices(audit.transfers()):
        left = {name async for name, _ in hot.transfers()}
        ended = tuple((name, _given_up(transfer, now_ms)) for name, transfer in planned.items() if name not in left)
        if ended:
            yield [_of_transfers(ended)]
    async for part in slices(_by_digest(hot)):
        applied = [(digest, *use) for digest, use in part.items()]
        yield [Correction(RESNAPSHOT, "", "applied ids", [], None, ResnapshotDetails([], applied))]


async def _by_digest(hot: HotState) -> AsyncIterator[tuple[str, tuple[str, int]]]:
    async for digest, fingerprint, at_ms in hot.remembered():
        yield digest, (fingerprint, at_ms)


def _of_stock(sku: str, stock: Stock, stored: Stock | None) -> Iterator[Correction]:
    before = _by_warehouse(stored or _UNKNOWN)
    if stored is None or _sku_policy(stock) != _sku_policy(stored):
        yield _policy(sku, "", *_sku_policy(stock))
    moved = [level for level in stock.levels if level.warehouse not in before or _counts(level, before)]
    if moved:
        changes = [_change(sku, level, before.get(level.warehouse)) for level in moved]
        details = ResnapshotDetails(
            counted_ms=[level.counted_ms for level in moved],
            applied=[],
            arrivals=tuple(level.arrivals for level in moved),
            in_transit=tuple(level.in_transit for level in moved),
        )
        yield Correction(RESNAPSHOT, "", sku, changes, None, details)
    for level in stock.levels:
        if _own_policy(level) != _own_policy(before.get(level.warehouse)):
            yield _policy(sku, level.warehouse, level.safety_stock, level.warn_below)


def _change(sku: str, level: Level, before: Level | None) -> Change:
    after = level[1:6]
    old = before[1:6] if before else (0,) * 5
    return Change._make((sku, level.warehouse, *(new - was for new, was in zip(after, old, strict=True)), *after))


def _counts(level: Level, before: Mapping[str, Level]) -> bool:
    """Whether a counter, the newest count or a lot on its way differs."""
    stored = before[level.warehouse]
    return (level[1:6], level[8:]) != (stored[1:6], stored[8:])


def _sku_policy(stock: Stock) -> tuple[int, int, int, tuple[Threshold, ...]]:
    return stock.safety_stock, stock.warn_below, stock.preorder_limit, stock.thresholds


def _own_policy(level: Level | None) -> tuple[int, int]:
    return (level.safety_stock, level.warn_below) if level else (UNSET, UNSET)


def _policy(
    sku: str,
    warehouse: str,
    safety_stock: int,
    warn_below: int,
    preorder_limit: int = UNSET,
    thresholds: tuple[Threshold, ...] = (),
) -> Correction:
    details = PolicyDetails(sku, warehouse, safety_stock, warn_below, preorder_limit, thresholds)
    return Correction(EventType.POLICY, "", sku, [], None, details)


def _of_transfers(transfers: tuple[tuple[str, Transfer], ...]) -> Correction:
    return Correction(RESNAPSHOT, "", "transfers", [], None, ResnapshotDetails([], [], transfers=transfers))


def _given_up(transfer: Transfer, now_ms: int) -> Transfer:
    """It was open where the ledger ends and has left Redis since, so it ended; what it moved is in the levels."""
    state = TransferState.CANCELLED if transfer.state == TransferState.DRAFT else TransferState.RECEIVED
    return transfer._replace(state=state, ended_ms=now_ms)


def _of_record(reservation_id: str, record: Reservation) -> Correction:
    return Correction(RESNAPSHOT, record.client, reservation_id, [], record, None)


def _ended(record: Reservation, now_ms: int) -> Reservation:
    """It was open where the ledger ends and has left Redis since, so it ended; how is not known.

    Released is the end behind which nothing can be taken again or shipped.
    """
    return record._replace(status=Status.RELEASED, deadline_ms=0, ended_ms=now_ms, dispatches=())


def _by_warehouse(stock: Stock) -> Mapping[str, Level]:
    return {level.warehouse: level for level in stock.levels}
