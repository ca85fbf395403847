"""Ports in memory: an engine that answers as a test tells it, and a ledger that has what a test gave it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from inventory_service.domain.commands import Command, Movement, ReservationCommand, ScanCommand, StockCommand
from inventory_service.domain.errors import NotReady
from inventory_service.domain.outcomes import MovementOutcome, ReservationOutcome, ScanOutcome, StockOutcome
from inventory_service.domain.reservation import Allocation, Line, Reservation
from inventory_service.domain.stock import Level, Stock
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.ports import (
    Alert,
    Order,
    Page,
    ParkedCandidate,
    ReservationFilter,
    ScanException,
    StockEvent,
    StockFilter,
    StoredReservation,
    StoredStock,
)

Answer = Callable[[Any], Any]


class ScriptedEngine:
    """Keeps commands in the order in which they were queued; `answer` gives an outcome or an error for each."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.commands: list[Any] = []

    def reservation(self, command: ReservationCommand) -> Awaitable[ReservationOutcome]:
        return self._queue(command)

    def movement(self, command: Movement) -> Awaitable[MovementOutcome]:
        return self._queue(command)

    def scan(self, command: ScanCommand) -> Awaitable[ScanOutcome]:
        return self._queue(command)

    def stock(self, command: StockCommand) -> Awaitable[StockOutcome]:
        return self._queue(command)

    def _queue(self, command: Command) -> Awaitable[Any]:
        self.commands.append(command)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(self._settle, future, command)
        return future

    def _settle(self, future: asyncio.Future[Any], command: Command) -> None:
        outcome = self.answer(command)
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


class MemoryWarehouses:
    """`elsewhere`: made by another process, found by asking."""

    def __init__(self, *known: Warehouse, elsewhere: Sequence[Warehouse] = ()) -> None:
        self._known: Mapping[str, Warehouse] = {warehouse.code: warehouse for warehouse in known}
        self._elsewhere = {warehouse.code: warehouse for warehouse in elsewhere}
        self.away = False
        self.asked: list[str] = []

    def all(self) -> Mapping[str, Warehouse]:
        return self._known

    async def lookup(self, code: str) -> Warehouse | None:
        self.asked.append(code)
        await asyncio.sleep(0)
        if self.away:
            raise NotReady("The store is away.")
        if code in self._elsewhere:
            await self.put(self._elsewhere[code])
        return self._known.get(code)

    async def put(self, warehouse: Warehouse) -> None:
        self._known = {**self._known, warehouse.code: warehouse}


class MemoryLedger:
    """Reads, and the rows that people work on."""

    def __init__(self) -> None:
        self.away = False
        self.records: dict[str, Reservation] = {}
        self.orders: dict[tuple[str, str], list[str]] = {}
        self.stocks: dict[str, StoredStock] = {}
        self.events: list[StockEvent] = []
        self.cases: dict[str, ScanException] = {}
        self.alarms: dict[str, Alert] = {}
        self.candidates: list[ParkedCandidate] = []

    async def reservation(self, reservation_id: str) -> StoredReservation | None:
        await self._ask()
        record = self.records.get(reservation_id)
        return StoredReservation(reservation_id, record) if record else None

    async def reservations(self, wanted: ReservationFilter, limit: int, cursor: str) -> Page[StoredReservation]:
        await self._ask()
        found = [StoredReservation(key, record) for key, record in self.records.items() if key > cursor]
        return Page([stored for stored in found if stored.record.status == wanted.status][:limit], "")

    async def records_of(self, reservation_ids: Sequence[str]) -> Mapping[str, Reservation]:
        await self._ask()
        return {key: self.records[key] for key in reservation_ids if key in self.records}

    async def reservations_of(self, orders: Sequence[Order]) -> Mapping[Order, Sequence[str]]:
        await self._ask()
        return {order: self.orders[order] for order in orders if order in self.orders}

    async def stock(self, wanted: StockFilter, limit: int, cursor: str) -> Page[StoredStock]:
        await self._ask()
        found = [
            stored for sku, stored in self.stocks.items() if sku > cursor and (sku in wanted.skus or not wanted.skus)
        ]
        return Page(found[:limit], "")

    async def stock_events(self, sku: str, warehouse: str, limit: int, cursor: str) -> Page[StockEvent]:
        await self._ask()
        found = [event for event in self.events if event.sku == sku and warehouse in ("", event.warehouse)]
        return Page([event for event in found if event.event_id > cursor][:limit], "")

    async def exceptions(self, state: str, limit: int, cursor: str) -> Page[ScanException]:
        await self._ask()
        found = [case for key, case in self.cases.items() if key > cursor and state in ("", case.state)]
        return Page(found[:limit], "")

    async def exception(self, exception_id: str) -> ScanException | None:
        await self._ask()
        return self.cases.get(exception_id)

    async def alerts(self, state: str, limit: int, cursor: str) -> Page[Alert]:
        await self._ask()
        found = [alarm for key, alarm in self.alarms.items() if key > cursor and state in ("", alarm.state)]
        return Page(found[:limit], "")

    async def resolve_exception(self, exception_id: str, resolution: str, note: str, by: str) -> bool:
        await self._ask()
        case = self.cases[exception_id]
        if case.state != "open":
            return False
        self.cases[exception_id] = replace(case, state="resolved", resolution=resolution, note=note, resolved_by=by)
        return True

    async def acknowledge_alert(self, alert_id: str, by: str) -> Alert | None:
        await self._ask()
        alarm = self.alarms.get(alert_id)
        if alarm is None:
            return None
        self.alarms[alert_id] = replace(alarm, state="acknowledged", acknowledged_by=by)
        return self.alarms[alert_id]

    async def parked_candidates(self, limit: int) -> Sequence[ParkedCandidate]:
        await self._ask()
        return self.candidates[:limit]

    async def _ask(self) -> None:
        await asyncio.sleep(0)
        if self.away:
            raise NotReady("The ledger is away.")


def record(status: str = "held", fingerprint: str = "f", attributes: str = "{}") -> Reservation:
    """A reservation of 2 A at SHA."""
    lines = [Line("A", 2, 2, 0, [Allocation("SHA", 2, 0)])]
    return Reservation(1, status, 1_000, 2_000, 1_000, 0, 0, 7, fingerprint, "shop", lines, [], attributes)


def outcome(code: str, of: Reservation | None = None, line: int = -1) -> ReservationOutcome:
    return ReservationOutcome(code, of, [], line)


def level(warehouse: str, on_hand: int, held: int = 0, safety_stock: int = -1) -> Level:
    return Level(warehouse, on_hand, held, 0, 0, 0, safety_stock, -1, 0)


def stock(*levels: Level, safety_stock: int = 0) -> Stock:
    return Stock(1, 9, safety_stock, 3, list(levels))
