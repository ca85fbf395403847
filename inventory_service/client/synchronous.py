"""The same client for code without `await`: Django, Flask, scripts."""

import weakref
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from inventory_service.client.answers import Alert, Item, Page, Reservation, ScanException, Stock, StockEvent, Transfer
from inventory_service.client.asynchronous import InventoryClient
from inventory_service.client.blocking import Face, LoopThread, blocking, facing
from inventory_service.client.hold import Hold
from inventory_service.client.listing import Listing
from inventory_service.client.order_answers import Order, OrderFailure, SkuCode
from inventory_service.client.requests import Warehouse
from inventory_service.client.retries import Retry
from inventory_service.client.shops import Shop


class SyncListing(Face[Listing[Item]]):
    """As Listing: `for item in listing`, or `listing.page()`."""

    def page(self) -> Page[Item]:
        return self._loop.run(self._behind.page())

    def __iter__(self) -> Iterator[Item]:
        pages = self._behind.pages()

        async def following() -> Page[Item] | None:
            return await anext(pages, None)

        while (page := self._loop.run(following())) is not None:
            yield from page.data


class SyncHold(Face[Hold]):
    """As Hold: `with client.hold({"TEE-RED-M": 2}) as hold`."""

    confirm = blocking(Hold.confirm)
    extend = blocking(Hold.extend)

    @property
    def reservation_id(self) -> str:
        return self._behind.reservation_id

    @property
    def reservation(self) -> Reservation:
        return self._behind.reservation

    def __enter__(self) -> Self:
        self._loop.run(self._behind.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run(self._behind.__aexit__(kind, error, trace))


class SyncInventoryClient(Face[InventoryClient]):
    """As InventoryClient, for any number of threads: `with SyncInventoryClient(url, api_key) as client`.

    Calls run in an event loop in one background thread, started by the first of them, and share its connections.
    Without `with`, call `close`, or leave it to the end of the process. Make one per process, not before a fork.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        webhook_secret: str | None = None,
        retry: Retry | None = None,
        connections_max: int = 100,
    ) -> None:
        client = InventoryClient(
            url, api_key, webhook_secret=webhook_secret, retry=retry, connections_max=connections_max
        )
        loop = LoopThread(at_end=client.close)
        super().__init__(client, loop)
        self.close = weakref.finalize(self, loop.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    reserve = blocking(InventoryClient.reserve)
    confirm = blocking(InventoryClient.confirm)
    release = blocking(InventoryClient.release)
    extend = blocking(InventoryClient.extend)
    hold = facing(InventoryClient.hold, SyncHold)
    reservation = blocking(InventoryClient.reservation)
    reservations = facing(InventoryClient.reservations, SyncListing[Reservation])
    batch = blocking(InventoryClient.batch)
    stock = blocking(InventoryClient.stock)
    stock_list = facing(InventoryClient.stock_list, SyncListing[Stock])
    stock_events = facing(InventoryClient.stock_events, SyncListing[StockEvent])
    move_stock = blocking(InventoryClient.move_stock)
    set_policy = blocking(InventoryClient.set_policy)
    put_warehouse = blocking(InventoryClient.put_warehouse)
    warehouses = facing(InventoryClient.warehouses, SyncListing[Warehouse])
    policy = blocking(InventoryClient.policy)
    reallocate_warehouse = blocking(InventoryClient.reallocate_warehouse)
    open_transfer = blocking(InventoryClient.open_transfer)
    transfer = blocking(InventoryClient.transfer)
    transfers = facing(InventoryClient.transfers, SyncListing[Transfer])
    ship_transfer = blocking(InventoryClient.ship_transfer)
    receive_transfer = blocking(InventoryClient.receive_transfer)
    cancel_transfer = blocking(InventoryClient.cancel_transfer)
    allocation = blocking(InventoryClient.allocation)
    preview_allocation = blocking(InventoryClient.preview_allocation)
    reallocate = blocking(InventoryClient.reallocate)
    scan = blocking(InventoryClient.scan)
    report_short_picks = blocking(InventoryClient.report_short_picks)
    exceptions = facing(InventoryClient.exceptions, SyncListing[ScanException])
    resolve_exception = blocking(InventoryClient.resolve_exception)
    alerts = facing(InventoryClient.alerts, SyncListing[Alert])
    acknowledge_alert = blocking(InventoryClient.acknowledge_alert)
    orders = facing(InventoryClient.orders, SyncListing[Order])
    order = blocking(InventoryClient.order)
    order_failures = facing(InventoryClient.order_failures, SyncListing[OrderFailure])
    retry_order_failure = blocking(InventoryClient.retry_order_failure)
    sku_codes = facing(InventoryClient.sku_codes, SyncListing[SkuCode])
    put_sku_code = blocking(InventoryClient.put_sku_code)
    outbound_orders = blocking(InventoryClient.outbound_orders)
    answer_outbound_order = blocking(InventoryClient.answer_outbound_order)
    erase_customer = blocking(InventoryClient.erase_customer)
    put_shop = blocking(InventoryClient.put_shop)
    shop = blocking(InventoryClient.shop)
    shops = facing(InventoryClient.shops, SyncListing[Shop])
    set_credential = blocking(InventoryClient.set_credential)
    credentials = blocking(InventoryClient.credentials)
    test_shop = blocking(InventoryClient.test_shop)
    put_mapping = blocking(InventoryClient.put_mapping)
    mapping = blocking(InventoryClient.mapping)
    unset_mapping = blocking(InventoryClient.unset_mapping)
    ask_backfill = blocking(InventoryClient.ask_backfill)
    backfill = blocking(InventoryClient.backfill)
    ask_check = blocking(InventoryClient.ask_check)
    check = blocking(InventoryClient.check)
    repair_check = blocking(InventoryClient.repair_check)
    shop_standings = blocking(InventoryClient.shop_standings)
    put_items = blocking(InventoryClient.put_items)
    items = blocking(InventoryClient.items)
    ready = blocking(InventoryClient.ready)
