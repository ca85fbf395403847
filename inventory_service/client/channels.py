"""How shops are kept in step with their platforms: what is answered, and the calls."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from inventory_service.client.base import BaseClient
from inventory_service.client.retries import Retry
from inventory_service.client.stock import part


class ShopRun(Struct, frozen=True, kw_only=True):
    """A range of time that is gone through. `progress`: 0 to 1; `reason`: why the last attempt was in vain."""

    shop: str
    from_: datetime = field(name="from")
    to: datetime
    state: str
    progress: float = 0.0
    attempts: int = 0
    reason: str | None = None
    requested_by: str
    requested_at: datetime
    ended_at: datetime | None = None


class Backfilled(Struct, frozen=True, kw_only=True):
    channel_order_id: str
    outcome: str
    reason: str | None = None


class AffectedCustomer(Struct, frozen=True, kw_only=True):
    """`customer`: the same for the same buyer, and nobody can tell who it is."""

    customer: str
    channel_order_ids: tuple[str, ...] = ()


class Backfill(ShopRun, frozen=True, kw_only=True):
    """`orders`: the first 1,000 that were not unchanged. `customers`: of those that are new or changed."""

    backfill_id: str
    new: int
    changed: int
    unchanged: int
    failed: int
    orders: tuple[Backfilled, ...] = ()
    customers: tuple[AffectedCustomer, ...] = ()


class OrdersCounted(Struct, frozen=True, kw_only=True):
    orders: int
    paid_minor: int


NONE_COUNTED = OrdersCounted(orders=0, paid_minor=0)


class OrderDifference(Struct, frozen=True, kw_only=True):
    channel_order_id: str
    difference: str
    theirs: dict[str, Any] | None = None
    ours: dict[str, Any] | None = None


class ChannelCheck(ShopRun, frozen=True, kw_only=True):
    """`orders`: the first 1,000 that differ, `differences`: how many by kind."""

    check_id: str
    theirs: OrdersCounted = NONE_COUNTED
    ours: OrdersCounted = NONE_COUNTED
    differences: dict[str, int] = {}
    orders: tuple[OrderDifference, ...] = ()


class Repaired(Struct, frozen=True, kw_only=True):
    """So many orders are fetched again."""

    check_id: str
    orders: int


class ShopStanding(Struct, frozen=True, kw_only=True):
    """Where a shop stands. `reached_at`: everything modified before is here; None: the hub has not begun with it."""

    shop: str
    channel: str
    responsible: str
    enabled: bool = True
    paused_reason: str | None = None
    reached_at: datetime | None = None
    succeeded_at: datetime | None = None
    failures: int = 0
    reason: str | None = None
    hints: int = 0
    backfill: ShopRun | None = None
    check: ShopRun | None = None


class ShopStandings(Struct, frozen=True, kw_only=True):
    shops: tuple[ShopStanding, ...] = ()


class ItemPart(Struct, frozen=True, kw_only=True):
    sku: str
    quantity: int


class ShopItem(Struct, frozen=True, kw_only=True):
    """A platform's article and what is in it; without parts its stock is written no more.

    `written`: what the platform was told last, None: nothing yet, or nobody knows; `reason`: why it refused it. Both
    are only answered.
    """

    product_id: str
    sku_id: str = ""
    parts: tuple[ItemPart, ...] = ()
    written: int | None = None
    reason: str | None = None


class ShopItems(Struct, frozen=True, kw_only=True):
    items: tuple[ShopItem, ...] = ()


class ChannelCalls(BaseClient):
    """Of InventoryClient. Each raises NotFound for a shop that is not registered."""

    async def ask_backfill(
        self, shop: str, since: datetime, until: datetime, *, retry: Retry | None = None
    ) -> Backfill:
        """Pull the orders placed in a time again, both ends with their offset; it goes on by itself."""
        return await self._change("POST", _path(shop, "/backfill"), Backfill, _range(since, until), shop, retry)

    async def backfill(self, shop: str, backfill_id: str, *, retry: Retry | None = None) -> Backfill:
        return await self._ask(_path(shop, f"/backfill/{part(backfill_id)}"), Backfill, retry)

    async def ask_check(
        self, shop: str, since: datetime, until: datetime, *, retry: Retry | None = None
    ) -> ChannelCheck:
        """Compare the platform's orders with ours, both ends with their offset; it goes on by itself."""
        return await self._change("POST", _path(shop, "/check"), ChannelCheck, _range(since, until), shop, retry)

    async def check(self, shop: str, check_id: str, *, retry: Retry | None = None) -> ChannelCheck:
        return await self._ask(_path(shop, f"/check/{part(check_id)}"), ChannelCheck, retry)

    async def repair_check(self, shop: str, check_id: str, *, retry: Retry | None = None) -> Repaired:
        """Fetch every order again that a check found different."""
        path = _path(shop, f"/check/{part(check_id)}/repair")
        return await self._change("POST", path, Repaired, {}, check_id, retry)

    async def shop_standings(self, *, retry: Retry | None = None) -> tuple[ShopStanding, ...]:
        """Where every shop stands."""
        return (await self._ask("/v1/channels/status", ShopStandings, retry)).shops

    async def put_items(
        self, shop: str, items: tuple[ShopItem, ...], *, retry: Retry | None = None
    ) -> tuple[ShopItem, ...]:
        """Say what is in these articles of the platform; others stay as they are. All there are is answered."""
        body = {"items": [_item(item) for item in items]}
        return (await self._change("PUT", _items_path(shop), ShopItems, body, shop, retry)).items

    async def items(self, shop: str, *, retry: Retry | None = None) -> tuple[ShopItem, ...]:
        return (await self._ask(_items_path(shop), ShopItems, retry)).items


def _path(shop: str, verb: str) -> str:
    return f"/v1/channels/{part(shop)}{verb}"


def _items_path(shop: str) -> str:
    return f"/v1/channels/shops/{part(shop)}/items"


def _range(since: datetime, until: datetime) -> dict[str, Any]:
    return {"from": since, "to": until}


def _item(item: ShopItem) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(item)
    return {name: body[name] for name in ("product_id", "sku_id", "parts")}
