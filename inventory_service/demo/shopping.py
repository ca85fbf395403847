"""What a shopper does, call by call."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from random import Random

from inventory_service.demo.client import InventoryClient
from inventory_service.demo.crowd import Habit, Shopper
from inventory_service.demo.told import Bookkeeping, Promise
from inventory_service.outside.answer import Body
from inventory_service.outside.orders import Word

HANG_UP_AFTER_S = (0.001, 0.03)
COME_BACK_AFTER_S = (1.0, 4.0)
LATENESS_S = (0.3, 1.0)


class Shop:
    """Where shoppers meet the service.

    `last_chance_s` from now nobody comes back to see whether it is still sold out. `paid` is called with each
    promise that was paid, for the warehouse to pack.
    """

    def __init__(
        self,
        client: InventoryClient,
        book: Bookkeeping,
        run: str,
        hold_seconds: int,
        last_chance_s: float,
        paid: Callable[[Promise], None],
        random: Random,
    ) -> None:
        self.arrived = 0
        self._client = client
        self._book = book
        self._run = run
        self._hold_seconds = hold_seconds
        self._paid = paid
        self._random = random
        self._last_chance = time.monotonic() + last_chance_s

    async def visit(self, shopper: Shopper) -> None:
        """One shopper from the arrival to the last word."""
        await asyncio.sleep(shopper.arrives_s)
        self.arrived += 1
        promise = Promise(
            f"demo-{self._run}-{shopper.number:05d}", shopper.province.code, shopper.lines, self._hold_seconds
        )
        self._book.opened(promise)
        visits = await self._reserve_patiently(shopper, promise)
        if not visits:
            return
        match shopper.habit if visits == 1 else Habit.PAYS:  # who came back for it wants it
            case Habit.LEAVES:
                return
            case Habit.GIVES_UP:
                await asyncio.sleep(shopper.thinks_s)
                await self._ask(promise, "release", {})
            case Habit.PAYS_LATE:
                await asyncio.sleep(self._hold_seconds + self._random.uniform(*LATENESS_S))
                await self._pay(shopper, promise)
            case _:
                await asyncio.sleep(shopper.thinks_s)
                await self._pay(shopper, promise)

    async def _reserve_patiently(self, shopper: Shopper, promise: Promise) -> int:
        """The number of visits it took, 0: all in vain."""
        body = self._order(shopper, promise)
        for visit in range(1, shopper.visits + 1):
            await self._reserve(shopper, promise, body)
            if promise.word is Word.HELD:
                return visit
            await asyncio.sleep(self._random.uniform(*COME_BACK_AFTER_S))
            if time.monotonic() > self._last_chance:
                break
        return 0

    async def _reserve(self, shopper: Shopper, promise: Promise, body: Body) -> None:
        path = "/v1/reservations"
        if shopper.habit is Habit.DOUBLE_CLICKS:
            clicks = (self._client.settle("reserve", "POST", path, body) for _ in range(2))
            for answer in await asyncio.gather(*clicks):
                self._book.heard(promise, "reserve", answer)
            return
        cut = shopper.habit is Habit.LOSES_ANSWERS
        if cut:
            await self._client.cut("reserve", "POST", path, body, self._random.uniform(*HANG_UP_AFTER_S))
        answer = await self._client.settle("reserve", "POST", path, body)
        self._book.heard(promise, "reserve", replace(answer, doubtful=answer.doubtful or cut))

    async def _pay(self, shopper: Shopper, promise: Promise) -> None:
        if shopper.habit is Habit.LOSES_ANSWERS:
            path = f"/v1/reservations/{promise.reservation_id}/confirm"
            await self._client.cut("confirm", "POST", path, {}, self._random.uniform(*HANG_UP_AFTER_S))
        await self._ask(promise, "confirm", {})
        if promise.word is Word.EXPIRED and shopper.insists:
            await self._ask(promise, "confirm", {"reacquire": True})
        if promise.word is Word.CONFIRMED:
            self._paid(promise)

    async def _ask(self, promise: Promise, verb: str, body: Body) -> None:
        path = f"/v1/reservations/{promise.reservation_id}/{verb}"
        self._book.heard(promise, verb, await self._client.settle(verb, "POST", path, body))

    def _order(self, shopper: Shopper, promise: Promise) -> Body:
        province = shopper.province
        return {
            "reservation_id": promise.reservation_id,
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in shopper.lines.items()],
            "ttl_seconds": self._hold_seconds,
            "channel": "flash-sale",
            "order_ref": f"{self._run}-{shopper.number}",
            "customer_id": f"c-{shopper.number}",
            "ship_to": {
                "country": "CN",
                "region": province.code,
                "province": province.name,
                "lat": province.lat,
                "lon": province.lon,
            },
        }
