"""Thousands of orders over five shops, while the service is killed; and what has to be true of them afterwards.

    python -m tests.sync.flood --orders 10000 --kills 3          # 10 minutes

The platforms repeat messages, bring them in another order, show rows twice, and answer with versions that are behind.
They send a message once: what a dead service did not hear, its polls have to find, or a backfill where somebody asks
for one (`--fill`). The warehouse asks until it is answered.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import aiohttp

from inventory_service.channels.clock import SystemClock
from tests.acceptance.client import Answer, Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.waiting import pause
from tests.simulators.book import Order
from tests.simulators.douyin import DouyinSimulator
from tests.simulators.generic import GenericSimulator
from tests.simulators.platform import Simulator
from tests.simulators.taobao import TaobaoSimulator
from tests.sync.books import LAST, PARTS, SET, SKUS, WAREHOUSE, Life, Shop, Told, what_is_wrong

DUPLICATES = REORDERED = BEHIND = 0.05
SHOPS: dict[str, type[Simulator]] = {
    "tmall-1": TaobaoSimulator, "tmall-2": TaobaoSimulator, "douyin-1": DouyinSimulator, "douyin-2": DouyinSimulator,
    "own": GenericSimulator,
}  # fmt: skip
PER_S = 40.0
AGAIN_S = 0.2
STEP_S = 3.0  # between two moments of an order's life
FILL_S = 5.0
QUIET_S = 400.0  # a poll finds what changed a minute ago or more, once a minute, if its detail is not behind again
TOLD_MAX = 20


SHARES = {
    Life.UNPAID: 10, Life.DROPPED: 10, Life.PAID: 45, Life.GROWN: 5, Life.REFUNDED: 12, Life.SHIPPED: 18,
}  # fmt: skip


class Flood:
    def __init__(self, orders: int, kills: int, seed: int, fills: bool) -> None:
        self.count, self.kills, self.fills = orders, kills, fills
        self.random = random.Random(seed)
        self.service = RunningService(workers=1)
        self.shops: list[Shop] = []
        self.received = dict.fromkeys(SKUS, 10 * orders) | {LAST: max(1, orders // 100)}
        self.told = Told()
        self.heard = Counter[str]()
        self._lives = self.random.choices(list(SHARES), list(SHARES.values()), k=orders)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Flood"]:
        """The service, five platforms, and the shops entered, with stock for all but the last article."""
        async with AsyncExitStack() as stack:
            stack.callback(self.service.close)
            await asyncio.to_thread(self.service.start)
            for name, kind in SHOPS.items():
                platform = kind(SystemClock())  # type: ignore[call-arg]
                await stack.enter_async_context(platform.serving())
                platform.untidy = True
                platform.behind = partial(self._behind, platform)
                self.shops.append(Shop(name, platform))
            self.api = await stack.enter_async_context(Api(self.service.url, BOOTSTRAP_KEY))
            await self._enter()
            yield self

    async def run(self) -> None:
        """Until every order has had its life and the books are at rest. AssertionError where they are not right."""
        warehouse = asyncio.create_task(self._warehouse())
        try:
            async with asyncio.TaskGroup() as group:
                for number, life in enumerate(self._lives):
                    shop = self.shops[number % len(self.shops)]
                    group.create_task(self._live(shop, life, self._sku(life)))
                    if self._dies_behind(number):
                        await pause(STEP_S)  # orders of every age are on their way
                        await asyncio.to_thread(self.service.kill)
                        await asyncio.to_thread(self.service.start)
                    elif number % 10 == 0:
                        await pause(10 / PER_S)
            await self._right()
        finally:
            warehouse.cancel()
            with suppress(asyncio.CancelledError):
                await warehouse
        await asyncio.to_thread(self.service.verify)

    async def _fill(self) -> None:
        """The platforms have caught up with themselves, and somebody asks for all of it once more."""
        now = datetime.now(UTC)
        window = {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(seconds=1)).isoformat()}
        for shop in self.shops:
            shop.platform.behind = lambda order: order
            await self._asked(partial(self.api.post, f"/v1/channels/{shop.name}/backfill", window))

    def _dies_behind(self, number: int) -> bool:
        return number in {round(self.count * (each + 1) / (self.kills + 1)) for each in range(self.kills)}

    def _sku(self, life: Life) -> str:
        """Who buys the last ones has paid: no hold that ends decides who gets them."""
        rare = {SET: 0.05, LAST: 0.04} if life is Life.PAID else {SET: 0.05}
        chance = self.random.random()
        for sku, share in rare.items():
            if chance < share:
                return sku
            chance -= share
        return self.random.choice(SKUS)

    def _behind(self, platform: Simulator, order: Order) -> Order:
        """As a copy of the platform's store answers that is behind it."""
        return platform.book.older.get(order.order_id, order) if self.random.random() < BEHIND else order

    async def _live(self, shop: Shop, life: Life, sku: str) -> None:
        book = shop.platform.book
        order = book.place(state="paid" if sku == LAST else "unpaid", skus=(sku,))
        shop.lives[order.order_id] = life
        await self._tell(shop, order)
        for change in () if sku == LAST else MOMENTS[life]:
            await pause(STEP_S * self.random.uniform(0.5, 1.5))
            book.change(order.order_id)
            change(order, book.clock.now_ms())
            await self._tell(shop, order)

    async def _tell(self, shop: Shop, order: Order) -> None:
        """Once, twice, or behind the next one."""
        chance = self.random.random()
        if chance < REORDERED:
            shop.held_back.append(order)
            return
        for _ in range(2 if chance < REORDERED + DUPLICATES else 1):
            await self._send(shop, order)
        while shop.held_back:
            await self._send(shop, shop.held_back.pop())

    async def _send(self, shop: Shop, order: Order) -> None:
        platform = shop.platform
        self.heard["messages"] += 1
        if isinstance(platform, TaobaoSimulator):
            platform.tell(order)
            return
        assert isinstance(platform, DouyinSimulator | GenericSimulator)
        headers, body = platform.push([order]) if isinstance(platform, DouyinSimulator) else platform.push(order)
        with suppress(aiohttp.ClientError, TimeoutError):
            answer = await self.api.post(f"/v1/channels/{shop.name}/push", raw=body, headers=headers)
            self.heard["pushes heard"] += answer.status == 200

    async def _warehouse(self) -> None:
        """Reads what it is told, ships what is to be shipped, and answers, until it is heard."""
        while True:
            query = {"cursor": self.told.cursor, "limit": "200"}
            page = await self._asked(partial(self.api.get, "/v1/wms/outbound-orders", query))
            for entry in page["data"]:
                await self._handle(entry)
            self.told.cursor = page["next_cursor"]
            if not page["data"]:
                await pause(AGAIN_S)

    async def _handle(self, entry: Any) -> None:
        self.told.note(entry)
        shop = next(each for each in self.shops if each.name == entry["shop"])
        order = shop.platform.book.orders[entry["channel_order_id"]]
        ships = entry["kind"] == "ship" and shop.lives[order.order_id] is Life.SHIPPED
        saying = "not-shipped" if entry["kind"] == "cancel" else "ack"
        if ships:
            await self._scan(entry)
            saying = "shipped"
        answer = {"answer_id": f"a{entry['position']}", "position": entry["position"], "warehouse": WAREHOUSE}
        path = f"/v1/wms/outbound-orders/{entry['order_no']}/{saying}"
        await self._asked(partial(self.api.post, path, answer))
        if ships:
            shop.platform.book.change(order.order_id, "shipped")
            await self._tell(shop, order)

    async def _scan(self, entry: Any) -> None:
        whose = {"reservation_id": entry["reservation_id"], "warehouse": WAREHOUSE}
        scans = [whose | line | {"scan_id": f"{entry['order_no']}:{line['sku']}"} for line in entry["lines"]]
        results = (await self._asked(partial(self.api.post, "/v1/wms/outbound-scans", {"scans": scans})))["results"]
        assert {each["result"] for each in results} <= {"applied", "duplicate"}, results

    async def _asked(self, ask: Callable[[], Awaitable[Answer]]) -> Any:
        """Again until it is answered for good; nothing else would a person's WMS do."""
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                answer = await ask()
                if answer.status < 500:
                    return answer.ok()
            await pause(AGAIN_S)

    async def _right(self) -> None:
        begun = time.monotonic()
        filled = begun
        while wrong := await what_is_wrong(self.api, self.shops, self.told, self.received):
            now = time.monotonic()
            assert now - begun < QUIET_S, "\n".join(wrong[:TOLD_MAX])
            if self.fills and now - filled > FILL_S:
                await self._fill()
                filled = now
            await pause(1)

    async def _enter(self) -> None:
        api = self.api
        (await api.put(f"/v1/warehouses/{WAREHOUSE}", {"name": "上海仓", "country": "CN", "region": "310000"})).ok()
        goods = [
            {"movement_id": f"in-{sku}", "type": "receive", "sku": sku, "warehouse": WAREHOUSE, "quantity": units}
            for sku, units in self.received.items()
        ]
        (await api.post("/v1/stock/movements", {"movements": goods})).ok()
        for shop in self.shops:
            await self._enter_shop(shop)

    async def _enter_shop(self, shop: Shop) -> None:
        platform, path = shop.platform, f"/v1/channels/shops/{shop.name}"
        settings = {"calls_per_second": 1000}
        described = {"channel": platform.name, "title": shop.name, "responsible": "Wang Fang", "settings": settings}
        (await self.api.put(path, described | {"base_url": platform.url})).ok()
        secret = {"app_key": platform.app_key, "app_secret": platform.secret}
        tokens = {"access_token": platform.access_token, "refresh_token": platform.refresh_token}
        (await self.api.put(f"{path}/credentials", secret | tokens)).ok()
        parts = [{"sku": sku, "quantity": units} for sku, units in PARTS.items()]
        (await self.api.put("/v1/orders/sku-codes", {"channel": platform.name, "code": SET, "parts": parts})).ok()


def _pay(order: Order, now_ms: int) -> None:
    order.state, order.paid_ms = "paid", now_ms


def _drop(order: Order, _: int) -> None:
    order.state = "cancelled"


def _grow(order: Order, _: int) -> None:
    order.lines[0].quantity = 2


def _refund(order: Order, _: int) -> None:
    order.state = "refunded"
    order.lines[0].refund = "succeeded"


MOMENTS: dict[Life, Sequence[Callable[[Order, int], None]]] = {
    Life.UNPAID: (), Life.DROPPED: (_drop,), Life.PAID: (_pay,), Life.GROWN: (_pay, _grow),
    Life.REFUNDED: (_pay, _refund), Life.SHIPPED: (_pay,),  # and by the warehouse, once it was told
}  # fmt: skip


async def flood(orders: int, kills: int, seed: int, fills: bool) -> Counter[str]:
    """What was heard and counted; AssertionError with what is wrong in the books at the end."""
    async with Flood(orders, kills, seed, fills).open() as running:
        await running.run()
        return running.heard


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fill", action="store_true", help="a backfill at the end, instead of waiting for polls")
    given = parser.parse_args(arguments)
    heard = asyncio.run(flood(given.orders, given.kills, given.seed, given.fill))
    sys.stdout.write(f"{given.orders} orders, {given.kills} kills, seed {given.seed}: right. {dict(heard)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
