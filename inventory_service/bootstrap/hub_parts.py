"""What the hub works for: the registered shops, and where their orders go."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from inventory_service.bootstrap.channels import shop_parts
from inventory_service.bootstrap.hub import HubParts
from inventory_service.bootstrap.inspector import Inspector
from inventory_service.bootstrap.limits import DAY_MS
from inventory_service.bootstrap.orders import order_desk, tell_broken
from inventory_service.bootstrap.stores import given_urls
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.orders.failures import PostgresFailures
from inventory_service.ledger.orders.news import FeedNews
from inventory_service.ledger.orders.outbound import PostgresOutboundFeed
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.orders.summaries import PostgresSummaries
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.reader import PostgresReader
from inventory_service.ledger.warehouses import PostgresWarehouses
from inventory_service.settings import Settings
from inventory_service.telemetry.alarms import tell_alarm
from inventory_service.usecases.orders.intake import ChannelStock, Intake
from inventory_service.usecases.orders.retry import AT_ONCE_MAX, RetryOrders
from inventory_service.usecases.orders.watch_failures import WatchFailures
from inventory_service.usecases.orders.watch_warehouses import WatchWarehouses
from inventory_service.usecases.read_reservations import ReadReservations
from inventory_service.usecases.read_stock import ReadStock, StockViews
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.routes import Routes
from inventory_service.workers.loops import Loop

IDLE_S = 0.5


@asynccontextmanager
async def hub_parts(settings: Settings, pool: Pool) -> AsyncIterator[HubParts]:
    """Its engine is one of its own, as every API process has one."""
    async with AsyncExitStack() as stack:
        url = given_urls(settings).redis_url
        hot = RedisState(url, settings.retention_days * DAY_MS, settings.backlog_limit)
        stack.push_async_callback(hot.close)
        inspector = Inspector(hot)
        stack.push_async_callback(inspector.stop)
        engine = RedisEngine(url, asserted=settings.redis_durability == "asserted")
        await engine.start()
        stack.push_async_callback(engine.stop)
        reader = PostgresReader(pool, Arrival(pool, inspector.acknowledged))
        warehouses, shops = PostgresWarehouses(pool), shop_parts(pool, settings)
        routes, stock = Routes(warehouses), ReadStock(engine, reader, StockViews(warehouses))
        desk = ReservationDesk(engine, reader, routes)
        reservations = ReadReservations(engine, reader)
        orders = order_desk(pool, desk, routes, reservations, stock, shops, FeedNews())
        seals = Seals(shops.sealer)
        failures = PostgresFailures(pool, seals)
        alarms = PostgresAlarmBook(pool, tell_alarm)
        warehouses_watch = WatchWarehouses(PostgresOutboundFeed(pool, seals), alarms)
        failures_watch = WatchFailures(failures, shops.registry, alarms)
        yield HubParts(
            shops=shops.registry,
            watch=shops.watch,
            opens=shops.opened,
            orders=Intake(orders.arrive, orders.refund, failures, PostgresSummaries(pool), tell_broken),
            stock=ChannelStock(stock),
            refreshed=(warehouses, shops.registry, shops.secrets, shops.own_mappings),
            loops=(
                Loop("orders", _settling(orders.retry)),
                Loop("warehouses", warehouses_watch.run_once),
                Loop("failures", failures_watch.run_once),
            ),
        )


def _settling(retry: RetryOrders) -> Callable[[], Awaitable[float]]:
    async def run_once() -> float:
        """At once again while there is more than one go takes."""
        done = await retry.run_once()
        return 0.0 if done.settled >= AT_ONCE_MAX else IDLE_S

    return run_once
