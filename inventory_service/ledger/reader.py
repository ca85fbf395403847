"""The LedgerReader port on Postgres. Lists are paged by key; each read waits for the ledger to catch up first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from inventory_service.domain.events import EventType
from inventory_service.domain.movements import MovementType
from inventory_service.domain.reservation import Reservation
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.circuit import Circuit
from inventory_service.ledger.cursors import NEWEST, decode_cursor, page
from inventory_service.ledger.events import alert_id, decode_record, event_id, exception_id, exception_seq
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.snapshots import stock_of
from inventory_service.usecases.ports import (
    Alert,
    AppliedId,
    Order,
    Page,
    ReservationFilter,
    ScanException,
    StockEvent,
    StockFilter,
    StoredReservation,
    StoredStock,
)

_ORDER_IDS_MAX = 2  # one, or more than one: no caller needs to know how many
_COUNTERS = ("on_hand", "held", "committed", "unavailable", "incoming")
# The counter that an event is about; where it may be either, the first that moved.
_ABOUT: Mapping[str, Sequence[str]] = {
    EventType.RESERVE: ("held",),
    EventType.EXPIRE: ("held",),
    EventType.CONFIRM: ("committed",),
    EventType.REACQUIRE: ("held", "committed"),
    EventType.RELEASE: ("held", "committed"),
    EventType.REALLOCATE: ("held", "committed"),
    EventType.SHORT_PICK: ("on_hand", "held", "committed"),
    MovementType.QUARANTINE: ("unavailable",),
    MovementType.RESTORE: ("unavailable",),
    MovementType.EXPECT: ("incoming",),
    MovementType.CANCEL_EXPECTED: ("incoming",),
}


class PostgresReader:
    """Implements `usecases.ports.LedgerReader` and `AppliedIds`."""

    def __init__(self, pool: Pool, arrival: Arrival) -> None:
        self._pool = pool
        self._arrival = arrival
        self._circuit = Circuit()

    async def reservation(self, reservation_id: str) -> StoredReservation | None:
        record = (await self.records_of([reservation_id])).get(reservation_id)
        return StoredReservation(reservation_id, record) if record else None

    async def records_of(self, reservation_ids: Sequence[str]) -> Mapping[str, Reservation]:
        rows = await self._fetch("records_of", list(reservation_ids))
        return {row["reservation_id"]: decode_record(row["record"]) for row in rows}

    async def reservations(self, wanted: ReservationFilter, limit: int, cursor: str) -> Page[StoredReservation]:
        before = decode_cursor("reservations", cursor, int) if cursor else NEWEST
        conditions = (before, limit + 1, wanted.status, wanted.order_ref, wanted.customer_id)
        if wanted.sku:
            rows = await self._fetch("list_reservations_of_sku", *conditions, wanted.sku, wanted.warehouse)
        elif wanted.warehouse:
            rows = await self._fetch("list_reservations_of_warehouse", *conditions, wanted.warehouse)
        else:
            rows = await self._fetch("list_reservations", *conditions)
        return page("reservations", rows, limit, lambda row: row["opened_seq"], _stored_reservation)

    async def reservations_of(self, orders: Sequence[Order]) -> Mapping[Order, Sequence[str]]:
        order_refs, channels = [order[0] for order in orders], [order[1] for order in orders]
        found: dict[Order, list[str]] = defaultdict(list)
        for row in await self._fetch("reservations_of_orders", order_refs, channels, _ORDER_IDS_MAX):
            found[row["order_ref"], row["channel"]].append(row["reservation_id"])
        return found

    async def stock(self, wanted: StockFilter, limit: int, cursor: str) -> Page[StoredStock]:
        after = decode_cursor("stock", cursor, str) if cursor else ""
        below = -1 if wanted.available_below is None else wanted.available_below
        skus = await self._fetch("list_skus", after, limit + 1, list(wanted.skus), wanted.warehouse, below)
        stocks = await self._stocks([row["sku"] for row in skus[:limit]], wanted.warehouse)
        return page("stock", skus, limit, lambda row: row["sku"], lambda row: stocks[row["sku"]])

    async def stock_events(self, sku: str, warehouse: str, limit: int, cursor: str) -> Page[StockEvent]:
        before = decode_cursor("stock_events", cursor, tuple[int, int]) if cursor else (NEWEST, 0)
        rows = await self._fetch("list_stock_events", sku, warehouse, *before, limit + 1)
        return page("stock_events", rows, limit, lambda row: [row["seq"], row["n"]], _stock_event)

    async def exceptions(self, state: str, limit: int, cursor: str) -> Page[ScanException]:
        before = decode_cursor("exceptions", cursor, int) if cursor else NEWEST
        rows = await self._fetch("list_exceptions", before, limit + 1, state)
        return page("exceptions", rows, limit, lambda row: row["seq"], scan_exception)

    async def exception(self, exception_id: str) -> ScanException | None:
        rows = await self._fetch("exception", exception_seq(exception_id))
        return scan_exception(rows[0]) if rows else None

    async def alerts(self, state: str, limit: int, cursor: str) -> Page[Alert]:
        before = decode_cursor("alerts", cursor, int) if cursor else NEWEST
        rows = await self._fetch("list_alerts", before, limit + 1, state)
        return page("alerts", rows, limit, lambda row: row["alert_id"], alert)

    async def applied(self, digests: Sequence[str]) -> Mapping[str, AppliedId]:
        rows = await self._fetch("applied_among", list(digests))
        return {row["digest"]: AppliedId(row["fingerprint"], row["kind"]) for row in rows}

    async def _stocks(self, skus: Sequence[str], warehouse: str) -> Mapping[str, StoredStock]:
        rows_by_sku: dict[str, list[Any]] = {}
        async with self._circuit.answering():
            for row in await self._pool.fetch(QUERIES["stocks_of"], skus):
                rows_by_sku.setdefault(row["sku"], []).append(row)
        return {sku: _stored_stock(sku, rows, warehouse) for sku, rows in rows_by_sku.items()}

    async def _fetch(self, query: str, *arguments: object) -> Sequence[Any]:
        async with self._circuit.answering():
            await self._arrival.wait()
            return await self._pool.fetch(QUERIES[query], *arguments)


def scan_exception(row: Any) -> ScanException:
    return ScanException(
        exception_id=exception_id(row["seq"]),
        kind=row["kind"],
        code=row["code"],
        state=row["state"],
        client=row["client"],
        scan_id=row["scan_id"],
        reservation_id=row["reservation_id"],
        warehouse=row["warehouse"],
        sku=row["sku"],
        quantity=row["quantity"],
        fitted=msgspec.json.decode(row["fitted"], type=list[tuple[str, int]]),
        payload=row["payload"],
        opened_ms=row["opened_ms"],
        resolution=row["resolution"],
        note=row["note"],
        resolved_by=row["resolved_by"],
        resolved_ms=row["resolved_ms"],
    )


def alert(row: Any) -> Alert:
    return Alert(
        alert_id=alert_id(row["alert_id"]),
        rule=row["rule"],
        cause=row["cause"],
        state=row["state"],
        count=row["count"],
        detail=msgspec.json.decode(row["detail"]),
        opened_ms=row["opened_ms"],
        last_ms=row["last_ms"],
        acknowledged_by=row["acknowledged_by"],
    )


def _stored_reservation(row: Any) -> StoredReservation:
    return StoredReservation(row["reservation_id"], decode_record(row["record"]))


def _stored_stock(sku: str, rows: Sequence[Any], warehouse: str) -> StoredStock:
    stock = stock_of(rows)
    levels = [level for level in stock.levels if warehouse in ("", level.warehouse)]
    return StoredStock(sku, stock.safety_stock, stock.warn_below, levels, rows[0]["as_of_ms"], stock.preorder_limit)


def _stock_event(row: Any) -> StockEvent:
    deltas = {name: row[f"{name}_delta"] for name in _COUNTERS}
    about = _ABOUT.get(row["type"], ("on_hand",))
    return StockEvent(
        event_id=event_id(row["seq"]),
        at_ms=row["at_ms"],
        type=row["type"],
        sku=row["sku"],
        warehouse=row["warehouse"],
        quantity=next((deltas[name] for name in about if deltas[name]), 0),
        before={name: row[name] - deltas[name] for name in _COUNTERS},
        after={name: row[name] for name in _COUNTERS},
        reason=row["reason"],
        reference=row["reference"],
        reservation_id=row["reservation_id"],
        client=row["client"],
    )
