"""Orders that a channel sends, taken into a running service's database as its hub takes them in."""

from collections.abc import Mapping
from pathlib import Path

from inventory_service.channels.mapping.reading import DocumentReader
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.orders.book import PostgresOrderBook
from inventory_service.ledger.orders.failures import PostgresFailures
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.pool import make_pool
from inventory_service.sealing import Sealer, parse_keys
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders.arrive import Arrival, ArriveOrder, TakeRefund
from inventory_service.usecases.orders.ports import OrderKey, StoredOrder
from tests.acceptance.service import SEALING_KEYS, RunningService
from tests.orders.house import Orders
from tests.usecases.real import BACKLOG_LIMIT, RETENTION_MS, Service


def url_of(service: RunningService, store: str) -> str:
    """`store`: DATABASE or REDIS."""
    (worker,) = service.processes_running("worker")
    environment = Path(f"/proc/{worker}/environ").read_text().split("\0")
    (url,) = (line.partition("=")[2] for line in environment if line.startswith(f"INVENTORY_{store}_URL="))
    return url


async def arrives(service: RunningService, document: Mapping[str, object]) -> Arrival:
    """Of a shop of one's own. Its stock is not settled yet."""
    seals = Seals(Sealer(parse_keys(SEALING_KEYS)))
    key = OrderKey("generic", "shop-1", str(document["order_id"]))
    async with make_pool(url_of(service, "DATABASE"), size_max=1) as pool:
        book, reads = PostgresOrderBook(pool, seals), DocumentReader()
        arrive = ArriveOrder(book, PostgresFailures(pool, seals), reads, TakeRefund(book, reads.refund))
        return await arrive(key, 1, document)


async def settles(service: RunningService, order_no: str) -> StoredOrder:
    """Gives it its stock and tells its warehouses, by an engine of its own, as its hub does."""
    engine = RedisEngine(url_of(service, "REDIS"))
    state = RedisState(url_of(service, "REDIS"), RETENTION_MS, BACKLOG_LIMIT)
    async with make_pool(url_of(service, "DATABASE"), size_max=2) as pool:
        await engine.start()
        try:
            settling = Service(engine, state, pool)
            await settling.registry.refresh()
            orders = Orders(settling, Sealer(parse_keys(SEALING_KEYS)))
            orders.now_ms = wall_ms()  # the service's own clock judges who is late to answer
            return await orders.settle(order_no)
        finally:
            await engine.stop()
            await state.close()
