"""Callers who remember what they were told: the yardstick of every crash test.

Each order lives its life one call after the other. After a crash its reservation must stand where the last
acknowledged call left it, or one step further when the call behind was never answered.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.acceptance.client import Answer
from tests.acceptance.shop import Shop

UNITS = 2  # of one SKU per order
ABSENT = "absent"
SKU_NAMES = ("A", "B", "C")
PLENTY = 500_000  # units of each SKU at the start
MOVEMENT_EVERY = 10  # orders
TTL_SECONDS = 3600
ENOUGH_SECONDS = 60.0


@dataclass(frozen=True)
class Step:
    """One call of a life, the status behind it, and what it does to on_hand, held and committed."""

    verb: str
    status: str
    effect: tuple[int, int, int]


RESERVE = Step("reserve", "held", (0, UNITS, 0))
CONFIRM = Step("confirm", "confirmed", (0, -UNITS, UNITS))
LIVES: tuple[tuple[Step, ...], ...] = (
    (RESERVE,),
    (RESERVE, Step("release", "released", (0, -UNITS, 0))),
    (RESERVE, Step("part", "held", (0, -1, 0))),
    (RESERVE, CONFIRM),
    (RESERVE, CONFIRM, Step("release", "released", (0, 0, -UNITS))),
    (RESERVE, CONFIRM, Step("scan", "part_shipped", (-1, 0, -1)), Step("scan", "shipped", (-1, 0, -1))),
    (RESERVE, Step("extend", "held", (0, 0, 0)), CONFIRM, Step("part", "confirmed", (0, 0, -1))),
)


@dataclass
class Life:
    """One order of `sku_name`. `told` steps were acknowledged; `in_doubt`: the next was sent and never answered."""

    order: dict[str, Any]
    sku_name: str
    steps: Sequence[Step]
    calls: Sequence[tuple[str, Any]]  # path and body of each step
    told: int = 0
    in_doubt: bool = False

    @property
    def reservation_id(self) -> str:
        return str(self.order["reservation_id"])

    @property
    def possible(self) -> set[str]:
        """Statuses that agree with what was told."""
        counts = {self.told, self.told + self.in_doubt}
        return {self.steps[count - 1].status if count else ABSENT for count in counts}


class Load:
    """Many lives at once, and movements between them, until it is stopped or the service is gone."""

    def __init__(self, shop: Shop, callers: int = 40) -> None:
        self.shop = shop
        self.lives: list[Life] = []
        self.movements: list[dict[str, Any]] = []  # acknowledged
        self.movements_in_doubt: list[dict[str, Any]] = []
        self.losses: Counter[str] = Counter()  # calls that were not answered, or with 503
        self._callers = callers
        self._numbers = itertools.count()
        self._told = 0
        self._target = 0
        self._reached = asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        for name in SKU_NAMES:
            assert await self._receive(PLENTY, name)

    def start(self) -> None:
        self._stopping = False
        self._tasks = [asyncio.create_task(self._caller()) for _ in range(self._callers)]

    async def until_told(self, steps: int) -> None:
        """Wait until so many more steps were acknowledged; a caller that failed is raised at once."""
        self._target = self._told + steps
        self._reached.clear()
        reached = asyncio.create_task(self._reached.wait())
        async with asyncio.timeout(ENOUGH_SECONDS):
            done, _ = await asyncio.wait({reached, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        if reached not in done:
            reached.cancel()
            await self.ended()
            raise AssertionError(f"the callers ended too early: {self.losses}")

    async def ended(self) -> None:
        """Let every caller finish its call, and end. Raises what one of them found wrong."""
        self._stopping = True
        await self.ended_by_service()

    async def ended_by_service(self) -> None:
        """Let the callers go on until nobody answers them any more."""
        async with asyncio.timeout(ENOUGH_SECONDS):
            results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for error in results:
            if error is not None:
                raise error

    async def send(self, life: Life) -> Answer:
        """The next step of a life."""
        path, body = life.calls[life.told]
        answer = await self.shop.api.post(path, body)
        if answer.status < 400 and path.endswith("/outbound-scans"):
            (result,) = answer.body["results"]
            assert result["result"] in {"applied", "duplicate"}, answer
            assert "code" not in result, answer
        return answer

    def acknowledge(self, life: Life) -> None:
        life.told += 1
        life.in_doubt = False
        self._told += 1
        if self._told >= self._target:
            self._reached.set()

    async def _caller(self) -> None:
        while not self._stopping:
            number = next(self._numbers)
            if number % MOVEMENT_EVERY == 0:
                going_on = await self._receive(1, SKU_NAMES[number % len(SKU_NAMES)])
            else:
                going_on = await self._live(self._new_life(number))
            if not going_on:
                return

    async def _live(self, life: Life) -> bool:
        """Whether the service still answers."""
        self.lives.append(life)
        for step in life.steps:
            if self._stopping:
                return False
            life.in_doubt = True
            answer = await self._answer(self.send(life))
            if answer is None:
                return False
            assert answer.status in {200, 201}, answer
            assert step.verb == "scan" or answer.body["status"] == step.status, answer
            self.acknowledge(life)
        return True

    async def _receive(self, quantity: int, name: str) -> bool:
        movement = self.shop.movement("receive", quantity, name)
        self.movements_in_doubt.append(movement)
        answer = await self._answer(self.shop.api.post("/v1/stock/movements", {"movements": [movement]}))
        if answer is None:
            return False
        # "duplicate": the service lost its store's reply and asked again by itself.
        assert answer.ok()["results"][0]["result"] in {"applied", "duplicate"}, answer
        self.movements_in_doubt.remove(movement)
        self.movements.append(movement)
        return True

    async def _answer(self, call: Any) -> Answer | None:
        """The answer, None when there was none: it may have happened."""
        try:
            answer: Answer = await call
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.losses[type(error).__name__] += 1
            return None
        if answer.status == 503:
            self.losses[answer.body["code"]] += 1
            return None
        return answer

    def _new_life(self, number: int) -> Life:
        name = SKU_NAMES[number % len(SKU_NAMES)]
        steps = LIVES[number % len(LIVES)]
        order = self.shop.order(UNITS, name, ttl_seconds=TTL_SECONDS)
        calls = [self._call(step, order, name) for step in steps]
        return Life(order, name, steps, calls)

    def _call(self, step: Step, order: dict[str, Any], name: str) -> tuple[str, Any]:
        """Path and body; whatever id the call needs is in it, so that a repeat is the same call."""
        path = f"/v1/reservations/{order['reservation_id']}/"
        match step.verb:
            case "reserve":
                return "/v1/reservations", order
            case "scan":
                return "/v1/wms/outbound-scans", {"scans": [self.shop.scan_of(order["reservation_id"], 1, name)]}
            case "part":
                lines = [{"sku": self.shop.sku(name), "quantity": 1}]
                return path + "release", {"lines": lines, "release_id": self.shop.id("part")}
            case "extend":
                return path + "extend", {"ttl_seconds": TTL_SECONDS}
        return path + step.verb, {}
