"""One platform as its shoppers, its people and its messages meet it: what `python -m tests.simulators` runs.

Its own books say what it has sold, whatever its API shows. It shows the stock that it was told and takes nothing off by
itself, so what a shopper can buy is our doing. Messages come late, some twice, and in an order of their own.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field

import aiohttp
from aiohttp import web

from inventory_service.channels.clock import SystemClock
from tests.simulators.book import Order, State
from tests.simulators.douyin import DouyinSimulator
from tests.simulators.generic import GenericSimulator
from tests.simulators.platform import Json, Simulator, json_response
from tests.simulators.taobao import TaobaoSimulator

COLLECTED_MS = 300  # messages of so long leave shuffled
TWICE_SHARE = 0.25
# Then it gives up, as platforms do: what it had to say is only in its lists.
ATTEMPTS = 3
SECOND_MS = 1000
ANSWER_TIMEOUT_S = 5.0
TOPICS = {"unpaid": "taobao_trade_TradeCreate", "paid": "taobao_trade_TradeBuyerPay"}
CLOSED_TOPIC = "taobao_trade_TradeClose"
TAGS = {"unpaid": "100", "paid": "101"}
CLOSED_TAG = "106"

Message = tuple[dict[str, str], bytes]


@dataclass
class Told:
    """Messages: how many there were, how many of them twice, and how many nobody wanted to hear."""

    messages: int = 0
    twice: int = 0
    given_up: int = 0


class Mouth:
    """Tells of orders: pushes them to `push_url`, or keeps them for who asks, as the platform does."""

    def __init__(self, simulator: Simulator, push_url: str, clock: SystemClock) -> None:
        self.told = Told()
        self._simulator = simulator
        self._push_url = push_url
        self._clock = clock
        self._waiting: list[Order] = []
        self._random = random.Random(simulator.name)
        self._sending: set[asyncio.Task[None]] = set()

    def say(self, order: Order) -> None:
        self._waiting.append(order)

    async def run(self) -> None:
        """Until cancelled."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                await self._clock.wait(COLLECTED_MS)
                waiting, self._waiting = self._waiting, []
                self._random.shuffle(waiting)
                for order in waiting:
                    self._tell(session, order)

    def _tell(self, session: aiohttp.ClientSession, order: Order) -> None:
        times = 2 if self._random.random() < TWICE_SHARE else 1
        self.told.messages += 1
        self.told.twice += times - 1
        if isinstance(self._simulator, TaobaoSimulator):
            self._simulator.tell(order, TOPICS.get(order.state, CLOSED_TOPIC), times)
            return
        message = self._message(order)
        for _ in range(times):
            task = asyncio.create_task(self._push(session, message))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _message(self, order: Order) -> Message:
        if isinstance(self._simulator, DouyinSimulator):
            return self._simulator.push([order], TAGS.get(order.state, CLOSED_TAG))
        assert isinstance(self._simulator, GenericSimulator)
        return self._simulator.push(order, f"order.{order.state}")

    async def _push(self, session: aiohttp.ClientSession, message: Message) -> None:
        headers, body = message
        for attempt in range(ATTEMPTS):
            await self._clock.wait(attempt * SECOND_MS)
            try:
                async with session.post(self._push_url, headers=headers, data=body) as answer:
                    said = await answer.json(content_type=None)
                    if answer.status == 200 and said.get("code", 0) in {0, "0"}:
                        return
            except (aiohttp.ClientError, TimeoutError, ValueError):
                continue
        self.told.given_up += 1


@dataclass
class Market:
    """`articles`: the merchant's code → the platform's product and variant."""

    simulator: Simulator
    mouth: Mouth
    articles: dict[str, tuple[str, str]] = field(default_factory=dict)
    claimed: dict[str, Order] = field(default_factory=dict)

    def shown(self, code: str) -> int:
        return self.simulator.book.stock.get(self.articles[code], 0)

    async def offer(self, given: Json) -> Json:
        self.articles = {code: (product, variant) for code, (product, variant) in given["articles"].items()}
        return {}

    async def buy(self, given: Json) -> Json:
        """An unpaid order; no id: the shop's page says that it is sold out."""
        if self.shown(given["code"]) < given["quantity"]:
            return {"order_id": None}
        order = self.simulator.book.place(state="unpaid", skus=[given["code"]])
        order.lines[0].quantity = given["quantity"]
        self.mouth.say(order)
        return {"order_id": order.order_id}

    async def change(self, given: Json) -> Json:
        """It is paid, cancelled, or its money goes back."""
        state: State = given["state"]
        book = self.simulator.book
        if state == "refunded":
            book.ask_back(given["order_id"]).state = "succeeded"
            book.orders[given["order_id"]].lines[0].refund = "succeeded"
        self.mouth.say(book.change(given["order_id"], state))
        return {}

    async def change_secret(self, given: Json) -> Json:
        self.simulator.change_secret()
        return self.credential()

    async def claim(self, given: Json) -> Json:
        """An order that the platform's books have, and its API never tells of: so it can never arrive anywhere."""
        book = self.simulator.book
        order = book.place(skus=[given["code"]])
        self.claimed[order.order_id] = book.orders.pop(order.order_id)
        book.first += 10  # ids are numbered by how many orders there are
        return {"order_id": order.order_id}

    async def books(self, given: Json) -> Json:
        orders = (self.simulator.book.orders | self.claimed).values()
        return {
            "orders": [_entry(order) for order in orders],
            "stock": {code: self.shown(code) for code in self.articles},
            "bad_signatures": self.simulator.bad_signatures,
            **asdict(self.mouth.told),
        }

    def credential(self) -> Json:
        """What the merchant copies from the platform's own pages."""
        simulator = self.simulator
        tokens = {"access_token": simulator.access_token, "refresh_token": simulator.refresh_token}
        of_platform = {} if isinstance(simulator, GenericSimulator) else tokens
        return {"app_key": simulator.app_key, "app_secret": simulator.secret, **of_platform}


def control(market: Market) -> web.Application:
    """What the shop's page and its back office can do, each by POST with JSON."""
    doors: dict[str, Callable[[Json], Awaitable[Json]]] = {
        "offer": market.offer,
        "buy": market.buy,
        "change": market.change,
        "change-secret": market.change_secret,
        "claim": market.claim,
        "books": market.books,
    }

    async def serve(request: web.Request) -> web.Response:
        door = doors.get(request.match_info["door"])
        return json_response(await door(await request.json())) if door else json_response({}, 404)

    application = web.Application()
    application.router.add_post("/{door}", serve)
    return application


def _entry(order: Order) -> Json:
    return {
        "order_id": order.order_id,
        "state": order.state,
        "created_ms": order.created_ms,
        "paid_minor": order.total_minor if order.paid_ms else 0,
        "lines": {line.sku: line.quantity for line in order.lines},
    }
