"""What warehouses are told, for whoever ships: page by page, in the order in which it was told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from inventory_service.domain.clients import Client
from inventory_service.domain.orders.telling import EntryKind
from inventory_service.usecases.orders.ports import FeedNews, OutboundEntry, OutboundFeed
from inventory_service.usecases.orders.read_orders import ReadOrders, hidden

Waits = Callable[[asyncio.Event], Awaitable[bool]]  # whether it came in time


class ReadFeed:
    def __init__(self, feed: OutboundFeed, orders: ReadOrders, news: FeedNews) -> None:
        self._feed = feed
        self._orders = orders
        self._news = news

    async def __call__(self, after: int, warehouse: str, limit: int, client: Client) -> Sequence[OutboundEntry]:
        """Behind a position. The receiver is in clear for who may see it, and each reading noted. Raises NotReady."""
        entries = await self._feed.entries(after, warehouse, limit)
        shipping = {each.order_no: each.stored for each in entries if each.kind != EntryKind.CANCEL}
        shown = await self._orders.shown(list(shipping.values()), client)
        by_number = {stored.order.order_no: stored for stored in shown}
        return [each._replace(stored=by_number.get(each.order_no) or hidden(each.stored)) for each in entries]

    async def following(
        self, after: int, warehouse: str, limit: int, client: Client, wait: Waits
    ) -> Sequence[OutboundEntry]:
        """As above; where there is nothing, once there is something, or when `wait` has had enough."""
        with self._news.listening(warehouse) as came:
            while True:
                came.clear()  # before the reading: what comes behind it is not missed
                entries = await self(after, warehouse, limit, client)
                if entries or not await wait(came):
                    return entries
