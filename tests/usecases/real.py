"""The use cases on a real Redis and a real Postgres, with the write-behind running."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from inventory_service.domain.commands import LineRequest, ReadReservation
from inventory_service.domain.events import Position
from inventory_service.domain.outcomes import Code
from inventory_service.domain.warehouse import Warehouse
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_log import RedisLog
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.case_book import PostgresCaseBook
from inventory_service.ledger.pool import Pool, make_pool
from inventory_service.ledger.reader import PostgresReader
from inventory_service.ledger.snapshots import PostgresSnapshots
from inventory_service.ledger.warehouses import PostgresWarehouses
from inventory_service.ledger.writer import PostgresLedgerWriter
from inventory_service.usecases.accept_scans import AcceptScans
from inventory_service.usecases.confirm_reservation import ConfirmReservation
from inventory_service.usecases.exceptions import Exceptions
from inventory_service.usecases.extend_reservation import ExtendReservation
from inventory_service.usecases.manage_warehouses import ManageWarehouses
from inventory_service.usecases.move_stock import MoveStock
from inventory_service.usecases.open_gate import OpenGate
from inventory_service.usecases.persist_events import PersistEvents
from inventory_service.usecases.read_reservations import ReadReservations
from inventory_service.usecases.read_stock import ReadStock, StockViews
from inventory_service.usecases.release_reservation import ReleaseReservation
from inventory_service.usecases.requests import MovementRequest, ReservationResult, ReserveRequest, ScanRequest
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.reserve_stock import ReserveStock
from inventory_service.usecases.routes import Routes
from inventory_service.usecases.scan_ties import ScanTies

RETENTION_MS = 7 * 24 * 3600 * 1000
BACKLOG_LIMIT = 1_000_000
WAIT_MAX_S = 20.0


class Service:
    """Every use case, wired as the API processes wire them."""

    def __init__(self, engine: RedisEngine, state: RedisState, pool: Pool) -> None:
        one_at_a_time = asyncio.Lock()

        async def acknowledged() -> Position:
            async with one_at_a_time:
                return (await state.inspect()).position

        self.engine = engine
        self.pool = pool
        self.arrival = Arrival(pool, acknowledged)
        self.ledger = PostgresReader(pool, self.arrival)
        self.cases = PostgresCaseBook(pool)
        self.registry = PostgresWarehouses(pool)
        views = StockViews(self.registry)
        self.routes = routes = Routes(self.registry)
        desk = ReservationDesk(engine, self.ledger, routes)
        ties = ScanTies(self.ledger, self.registry)
        self.reserve = ReserveStock(desk, routes)
        self.confirm = ConfirmReservation(desk)
        self.release = ReleaseReservation(desk)
        self.extend = ExtendReservation(desk)
        self.reservations = ReadReservations(engine, self.ledger)
        self.stock = ReadStock(engine, self.ledger, views)
        self.move = MoveStock(engine, self.registry, views)
        self.warehouses = ManageWarehouses(self.registry)
        self.scans = AcceptScans(engine, ties)
        self.exceptions = Exceptions(engine, self.ledger, self.cases, ties)

    async def stock_up(self, sku: str, warehouse: str, quantity: int) -> None:
        await self.warehouses.put(Warehouse(warehouse, warehouse))
        movement = MovementRequest(f"in-{sku}-{warehouse}", "receive", sku, warehouse, quantity)
        (result,) = await self.move("wms", [movement])
        assert result.result == "applied"

    async def held(self, reservation_id: str, **fields: Any) -> ReservationResult:
        """Two units of A."""
        return await self.reserve(request(reservation_id, **fields))

    async def expired_and_gone(self, reservation_id: str, **fields: Any) -> None:
        """Held for no time at all, and out of Redis since the ledger has it."""
        await self.held(reservation_id, ttl_seconds=0, **fields)
        await self.gone(reservation_id)

    async def gone(self, reservation_id: str) -> None:
        async with asyncio.timeout(WAIT_MAX_S):
            while (await self.engine.reservation(ReadReservation(reservation_id))).code != Code.ABSENT:
                pass

    async def counters(self, sku: str = "A") -> tuple[int, int, int]:
        """on_hand, held, committed."""
        view = await self.stock.one(sku)
        return view.on_hand, view.held, view.committed


def request(reservation_id: str, **fields: Any) -> ReserveRequest:
    content = {name: repr(value) for name, value in fields.items()}
    return ReserveRequest(reservation_id, "shop", (LineRequest("A", 2),), content=content, **fields)


def scan(scan_id: str, reservation_id: str = "", order_ref: str = "", **fields: Any) -> ScanRequest:
    sent = {"warehouse": "SHA", "sku": "A", "quantity": 1, **fields}
    tie = f'"reservation_id":"{reservation_id}"' if reservation_id else f'"order_ref":"{order_ref}"'
    payload = f'{{{tie},"warehouse":"{sent["warehouse"]}","sku":"{sent["sku"]}","quantity":{sent["quantity"]}}}'
    return ScanRequest(scan_id, reservation_id, order_ref, "", **sent, scanned_ms=0, payload=payload, content=sent)


@asynccontextmanager
async def running_service(redis_url: str, database_url: str) -> AsyncIterator[Service]:
    state = RedisState(redis_url, RETENTION_MS, BACKLOG_LIMIT)
    log = RedisLog(redis_url, linger_ms=0)
    engine = RedisEngine(redis_url)
    async with make_pool(database_url, size_max=4) as pool:
        writer = PostgresLedgerWriter(pool)
        persist = PersistEvents(log, writer)
        ledger, alarms = PostgresSnapshots(pool), PostgresAlarmBook(pool)
        persist.resume(await OpenGate(state, writer, ledger, alarms, rebuilds_empty=True).run())
        stopping = asyncio.Event()
        writing = asyncio.create_task(_write(persist, stopping))
        await engine.start()
        try:
            yield Service(engine, state, pool)
        finally:
            stopping.set()
            await engine.stop()
            await writing
            await log.close()
            await state.close()


async def _write(persist: PersistEvents, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        await persist.run_once()
