"""What is written back is what an order could get now, from a real kernel and its ledger: nothing of what is paused."""

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from redis.asyncio import Redis

from inventory_service.domain.shops.shop import Shop
from inventory_service.domain.stock import Threshold
from inventory_service.domain.warehouse import Warehouse
from inventory_service.ledger.shops import PostgresShops
from inventory_service.usecases.orders.intake import ChannelStock
from inventory_service.usecases.read_stock import StockViews
from inventory_service.usecases.set_policy import PolicyWish, SetPolicy
from inventory_service.usecases.shops.ports import Author
from inventory_service.usecases.sync import write_back
from inventory_service.usecases.sync.ports import Item
from inventory_service.usecases.sync.write_back import WriteBack
from tests.acceptance.waiting import eventually
from tests.simulators.platform import broken_off
from tests.sync.house import House
from tests.usecases.real import Service, running_service

ARTICLE = ("520", "100")
BY = Author("desk", 1)


@dataclass
class Sale:
    """10 units of A in SHA, on sale in a shop."""

    house: House
    service: Service

    def hub(self) -> WriteBack:
        """One that has just begun: it compares all."""
        stock = ChannelStock(self.service.stock)
        return WriteBack(self.house.line, self.house.item_book, stock, self.house.clock.now_ms)

    async def written(self, hub: WriteBack | None = None) -> int:
        """Behind one more turn."""
        await (hub or self.hub()).run_once()
        return self.house.simulator.book.stock[ARTICLE]

    async def is_in_the_ledger(self) -> bool:
        return bool(await self.house.pool.fetchval("SELECT count(*) FROM stock_changes"))

    async def policy(self, **thresholds: int) -> None:
        views = StockViews(self.service.registry)
        wish = PolicyWish(thresholds=(Threshold("generic", **thresholds),))
        await SetPolicy(self.service.engine, self.service.registry, views)("desk", "A", wish)

    async def warehouse(self, code: str, *, paused: bool = False, enabled: bool = True) -> None:
        await self.service.warehouses.put(Warehouse(code, code, paused=paused, enabled=enabled))

    async def said_by_the_read_api(self) -> tuple[int, int]:
        view = await self.service.stock.one("A", "generic")
        return view.available, view.sellable


@pytest.fixture
async def sale(redis: Redis, redis_url: str, database_url: str, shop: House) -> AsyncIterator[Sale]:
    async with running_service(redis_url, database_url) as service:
        await service.stock_up("A", "SHA", 10)
        await shop.items.put("tees", [Item(*ARTICLE, {"A": 1})])
        yield Sale(shop, service)


async def test_a_paused_channel_is_written_as_nothing_and_back(sale: Sale) -> None:
    assert await sale.written() == 10
    await sale.policy(pause_below=11)
    assert await sale.written() == 0
    await sale.policy(pause_below=0)
    assert await sale.written() == 10
    await sale.policy(safety_stock=4)
    assert await sale.written() == 6


async def test_a_paused_warehouse_gives_nothing_though_its_stock_is_there_to_be_seen(sale: Sale) -> None:
    await sale.service.stock_up("A", "PEK", 3)
    assert await sale.written() == 13
    await sale.warehouse("SHA", paused=True)
    assert await sale.written() == 3
    assert await sale.said_by_the_read_api() == (13, 3)
    await sale.policy(safety_stock=11)
    assert await sale.written() == 2
    await sale.warehouse("SHA")
    await sale.warehouse("PEK", enabled=False)
    await sale.policy(safety_stock=0)
    assert await sale.written() == 10


@pytest.mark.parametrize("change", [{"enabled": False}, {"base_url": "http://127.0.0.1:2"}])
async def test_what_a_platform_has_is_not_believed_once_its_shop_was_away(sale: Sale, change: dict[str, Any]) -> None:
    shops = PostgresShops(sale.house.pool)
    registered = Shop("tees", "generic", "Tees", "Wang Fang", "http://127.0.0.1:1", 1800, {})
    await shops.put(registered, BY)
    assert await sale.written() == 10
    sale.house.simulator.book.stock[ARTICLE] = 99  # somebody else sold there meanwhile
    await shops.put(replace(registered, title="T"), BY)
    assert await sale.written() == 99
    await shops.put(replace(registered, **change), BY)
    await shops.put(registered, BY)
    assert await sale.written() == 10


async def test_what_moved_is_written_long_before_everything_is_compared(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_back, "ALL_EVERY_S", math.inf)
    hub = sale.hub()
    assert await sale.written(hub) == 10
    await sale.service.held("R1")

    async def told() -> bool:
        return await sale.written(hub) == 8

    await eventually(told, "the hold is in the ledger, and the platform knows", 30)


async def test_what_a_platform_did_not_take_is_written_though_nothing_moves_any_more(
    sale: Sale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_back, "ALL_EVERY_S", 0.0)
    await eventually(sale.is_in_the_ledger, "the ledger has the units", 30)
    hub, platform = sale.hub(), sale.house.simulator
    assert await sale.written(hub) == 10
    await sale.house.items.put("tees", [Item(*ARTICLE, {"A": 2})])
    platform.troubles.extend([broken_off] * 4)
    assert await sale.written(hub) == 10
    platform.troubles.clear()
    monkeypatch.setattr(write_back, "ALL_EVERY_S", math.inf)
    assert await sale.written(hub) == 5
