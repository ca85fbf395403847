"""One API process: the web application on the engine, the ledger's reader and what every process knows by heart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from inventory_service.bootstrap.brownout_watch import BrownoutWatch
from inventory_service.bootstrap.channels import shop_parts, sync_parts
from inventory_service.bootstrap.inspector import Inspector, StoreReadiness
from inventory_service.bootstrap.limits import API_POOL_SIZE_MAX, DAY_MS
from inventory_service.bootstrap.orders import order_desk
from inventory_service.bootstrap.stores import given_urls
from inventory_service.domain.durability import Durability, Levels
from inventory_service.domain.errors import NotReady
from inventory_service.engine.delivery import Delivery
from inventory_service.engine.kernel import Kernel
from inventory_service.engine.link import ScriptFailed
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.arrival import CHANNEL, Arrival
from inventory_service.ledger.case_book import PostgresCaseBook
from inventory_service.ledger.decisions import PostgresDecisions
from inventory_service.ledger.keys import ApiKeys
from inventory_service.ledger.orders.news import CHANNEL as FEED
from inventory_service.ledger.orders.news import FeedNews
from inventory_service.ledger.pool import make_pool
from inventory_service.ledger.reader import PostgresReader
from inventory_service.ledger.refresh import Refresh, Refreshed
from inventory_service.ledger.transfers import PostgresTransfers
from inventory_service.ledger.warehouses import PostgresWarehouses
from inventory_service.settings import Settings, SettingsError
from inventory_service.telemetry import runtime, tracing
from inventory_service.usecases.accept_scans import AcceptScans
from inventory_service.usecases.alerts import Alerts
from inventory_service.usecases.confirm_reservation import ConfirmReservation
from inventory_service.usecases.exceptions import Exceptions
from inventory_service.usecases.explain_allocation import ExplainAllocation
from inventory_service.usecases.extend_reservation import ExtendReservation
from inventory_service.usecases.hold_limits import HoldLimits
from inventory_service.usecases.import_stock import ImportStock
from inventory_service.usecases.manage_warehouses import ManageWarehouses
from inventory_service.usecases.move_between import MoveBetween
from inventory_service.usecases.move_stock import MoveStock
from inventory_service.usecases.read_reservations import ReadReservations
from inventory_service.usecases.read_stock import ReadStock, StockViews
from inventory_service.usecases.reallocate import ReallocateReservations
from inventory_service.usecases.release_reservation import ReleaseReservation
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.reserve_stock import ReserveStock
from inventory_service.usecases.routes import Routes
from inventory_service.usecases.scan_ties import ScanTies
from inventory_service.usecases.set_policy import SetPolicy
from inventory_service.usecases.short_picks import AcceptShortPicks
from inventory_service.web.admission import Admission
from inventory_service.web.app import create_app
from inventory_service.web.server import has_c_parser, serve_app
from inventory_service.web.services import Services
from inventory_service.workers import memory
from inventory_service.workers.loops import Loop
from inventory_service.workers.pulse import Pulse
from inventory_service.workers.shutdown import Shutdown, SupervisorLink, until

log = structlog.get_logger()

READY_LOOK_S = 0.1
NO_C_PARSER = (
    "AIOHTTP_NO_EXTENSIONS: aiohttp runs without its parser in C, and the one in Python can be deceived about where a "
    "request ends; unset it, or install a wheel of aiohttp that has it"
)
TICK_S = 20.0


@dataclass(frozen=True, slots=True)
class ApiProcess:
    """`imports` is for the command line alone: no handler calls it."""

    services: Services
    admission: Admission
    brownout: BrownoutWatch
    refresh: Refresh
    pulse: Pulse
    imports: ImportStock
    ticker: Delivery

    async def tick(self) -> float:
        """The worker ticks every second; while there is none, somebody has to see time pass (`lua/lib/clock.lua`)."""
        with suppress(ScriptFailed):  # told by the worker, which ends of it
            await self.ticker.sweep()
        return TICK_S


@asynccontextmanager
async def api_process(settings: Settings) -> AsyncIterator[ApiProcess]:
    """Everything a handler needs, connected when it is first used: it starts and serves while Postgres is away.

    Raises SettingsError.
    """
    urls = given_urls(settings)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(make_pool(urls.database_url, size_max=API_POOL_SIZE_MAX))
        hot = RedisState(urls.redis_url, settings.retention_days * DAY_MS, settings.backlog_limit)
        stack.push_async_callback(hot.close)
        inspector = Inspector(hot)
        stack.push_async_callback(inspector.stop)
        arrival = Arrival(pool, inspector.acknowledged)
        engine = await stack.enter_async_context(_engine(settings, urls.redis_url, arrival))
        reader, decisions = PostgresReader(pool, arrival), PostgresDecisions(pool, arrival)
        keys, cases = ApiKeys(pool, settings.bootstrap_key), PostgresCaseBook(pool)
        warehouses, shops, news = PostgresWarehouses(pool), shop_parts(pool, settings), FeedNews()
        sync = sync_parts(pool, shops)
        stack.push_async_callback(sync.push.close)
        routes, views, ties = Routes(warehouses), StockViews(warehouses), ScanTies(reader, warehouses)
        desk = ReservationDesk(engine, reader, routes)
        reservations, stock = ReadReservations(engine, reader), ReadStock(engine, reader, views)
        services = Services(
            clients=keys,
            readiness=StoreReadiness(inspector, pool, warehouses, PostgresAlarmBook(pool)),
            reserve=ReserveStock(desk, routes, _limits(settings)),
            confirm=ConfirmReservation(desk),
            release=ReleaseReservation(desk),
            extend=ExtendReservation(desk),
            reservations=reservations,
            allocations=ExplainAllocation(engine, routes, decisions),
            reallocate=ReallocateReservations(engine, desk, routes, warehouses, decisions),
            short_picks=AcceptShortPicks(engine, ties, routes),
            stock=stock,
            movements=MoveStock(engine, warehouses, views),
            policy=SetPolicy(engine, warehouses, views),
            transfers=MoveBetween(engine, PostgresTransfers(pool, arrival), warehouses),
            warehouses=ManageWarehouses(warehouses),
            orders=order_desk(pool, desk, routes, reservations, stock, shops, news),
            scans=AcceptScans(engine, ties),
            exceptions=Exceptions(engine, reader, cases, ties),
            alerts=Alerts(reader, cases),
            shops=shops.shops,
            credentials=shops.credentials,
            mappings=shops.mappings,
            probe_shop=shops.probe,
            push=sync.push,
            runs=sync.runs,
            items=sync.items,
            sync=sync.read,
            retention_days=settings.retention_days,
        )
        by_heart: list[Refreshed] = [warehouses, keys, shops.registry, shops.secrets, shops.own_mappings]
        refresh = Refresh(pool, by_heart, {CHANNEL: arrival.hear, FEED: news.hear})
        ticker = Delivery(Kernel(urls.redis_url))
        stack.push_async_callback(refresh.stop)
        stack.push_async_callback(ticker.close)
        imports, admission = ImportStock(engine, warehouses, reader), Admission(engine.wait_seconds)
        brownout = BrownoutWatch(inspector, admission)
        yield ApiProcess(services, admission, brownout, refresh, Pulse(pool), imports, ticker)


def _limits(settings: Settings) -> HoldLimits:
    return HoldLimits(settings.client_holds_per_second, settings.customer_holds_per_minute)


@asynccontextmanager
async def _engine(settings: Settings, redis_url: str, arrival: Arrival) -> AsyncIterator[RedisEngine]:
    levels = Levels(
        holds=Durability(settings.durability_holds),
        confirms=Durability(settings.durability_confirms),
        scans=Durability(settings.durability_scans),
        movements=Durability(settings.durability_movements),
    )
    engine = RedisEngine(redis_url, levels, ledger=arrival, asserted=settings.redis_durability == "asserted")
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


async def run(settings: Settings, supervisor_fd: int | None) -> int:
    """Serve until asked to end, then drain; the exit status. Raises SettingsError, OSError."""
    if not has_c_parser():
        raise SettingsError([NO_C_PARSER])
    shutdown, link = Shutdown(), SupervisorLink(supervisor_fd)
    shutdown.listen()
    link.watch(shutdown)
    runtime.tell_start("api")
    tracing.start("api")
    try:
        async with api_process(settings) as process:
            # Whoever calls as soon as we listen should be answered, not put off; without Postgres we serve anyway.
            with suppress(NotReady):
                await process.refresh.read()
            memory.settle()
            await until(shutdown.hurried, _serve(settings, process, shutdown, link))
    finally:
        await asyncio.to_thread(tracing.stop)
    return 0


async def _serve(settings: Settings, process: ApiProcess, shutdown: Shutdown, link: SupervisorLink) -> None:
    """Until the end is requested. Raises OSError, and what a background task died of: that ends the process too."""
    background = [
        asyncio.create_task(Loop("refresh", process.refresh.run_once).run(shutdown), name="refresh"),
        asyncio.create_task(Loop("pulse", process.pulse.run_once).run(shutdown), name="pulse"),
        asyncio.create_task(Loop("ticker", process.tick).run(shutdown), name="ticker"),
        asyncio.create_task(Loop("brownout", process.brownout.run_once).run(shutdown), name="brownout"),
        asyncio.create_task(_tell_ready(process, link, shutdown), name="readiness"),
    ]

    def end_with(task: asyncio.Task[None]) -> None:
        if _has_failed(task):
            shutdown.request()

    for task in background:
        task.add_done_callback(end_with)
    try:
        await serve_app(
            create_app(process.services, admission=process.admission),
            settings.host,
            settings.port,
            shutdown.requested,
            announce_seconds=settings.drain_delay_seconds,
            on_listening=lambda port: log.info("api.listening", host=settings.host, port=port),
        )
    finally:
        for task in background:
            task.cancel()
        await asyncio.wait(background)
    for task in filter(_has_failed, background):
        task.result()


def _has_failed(task: "asyncio.Task[None]") -> bool:
    return not task.cancelled() and task.exception() is not None


async def _tell_ready(process: ApiProcess, link: SupervisorLink, shutdown: Shutdown) -> None:
    while await process.services.readiness.reasons():
        if await shutdown.pause(READY_LOOK_S):
            return
    log.info("api.ready")
    link.tell_ready()
