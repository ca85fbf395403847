"""The use cases of orders on Postgres and on whatever reservations go through."""

from collections.abc import Awaitable, Callable

import structlog

from inventory_service.bootstrap.channels import ShopParts
from inventory_service.ledger.hint_book import PostgresHintBook
from inventory_service.ledger.orders.book import PostgresOrderBook
from inventory_service.ledger.orders.failures import PostgresFailures
from inventory_service.ledger.orders.news import FeedNews
from inventory_service.ledger.orders.outbound import PostgresOutboundFeed
from inventory_service.ledger.orders.reader import PostgresOrderReader
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.orders.sku_codes import PostgresSkuCodes
from inventory_service.ledger.pool import Pool
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.confirm_reservation import ConfirmReservation
from inventory_service.usecases.orders.arrive import ArriveOrder, TakeRefund
from inventory_service.usecases.orders.desk import OrderDesk
from inventory_service.usecases.orders.erase import EraseCustomer
from inventory_service.usecases.orders.feed import ReadFeed
from inventory_service.usecases.orders.hear import HearWarehouse
from inventory_service.usecases.orders.map_skus import MapSkus
from inventory_service.usecases.orders.ports import OrderKey
from inventory_service.usecases.orders.read_orders import ReadOrders
from inventory_service.usecases.orders.retry import RetryOrders
from inventory_service.usecases.orders.settle import SettleOrder
from inventory_service.usecases.orders.stock_steps import StockSteps
from inventory_service.usecases.read_reservations import ReadReservations
from inventory_service.usecases.read_stock import ReadStock
from inventory_service.usecases.release_reservation import ReleaseReservation
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.reserve_stock import ReserveStock
from inventory_service.usecases.routes import Routes
from inventory_service.usecases.sync.ports import HintBook

log = structlog.get_logger()


def order_desk(
    pool: Pool,
    desk: ReservationDesk,
    routes: Routes,
    reservations: ReadReservations,
    stock: ReadStock,
    shops: ShopParts,
    news: FeedNews,
) -> OrderDesk:
    """Without sealing keys all of it answers NotReady, in words that say which variable to set."""
    seals = Seals(shops.sealer)
    book, failures = PostgresOrderBook(pool, seals), PostgresFailures(pool, seals)
    reserve, confirm, release = ReserveStock(desk, routes), ConfirmReservation(desk), ReleaseReservation(desk)
    steps = StockSteps(reserve, confirm, release, reservations, routes)
    refund = TakeRefund(book, shops.read.refund)
    arrive = ArriveOrder(book, failures, shops.read, refund)
    settle = SettleOrder(book, steps, stock, shops.hold_seconds)
    fetch = _fetching(PostgresHintBook(pool))
    feed, reading = PostgresOutboundFeed(pool, seals), ReadOrders(PostgresOrderReader(pool, seals))
    return OrderDesk(
        arrive=arrive,
        refund=refund,
        settle=settle,
        retry=RetryOrders(book, failures, arrive, settle, shops.own_mappings.refresh, fetch, tell_broken),
        skus=MapSkus(PostgresSkuCodes(pool, seals), settle),
        feed=ReadFeed(feed, reading, news),
        warehouse=HearWarehouse(book, feed, settle),
        read=reading,
        erase=EraseCustomer(book, failures),
    )


def _fetching(hints: HintBook) -> Callable[[OrderKey], Awaitable[None]]:
    async def fetch(key: OrderKey) -> None:
        """As if its platform had told of it."""
        await hints.note(key.shop, [key.channel_order_id], wall_ms())

    return fetch


def tell_broken(what: str, error: Exception) -> None:
    log.error("orders.broke", what=what, error=type(error).__name__, exc_info=error)
