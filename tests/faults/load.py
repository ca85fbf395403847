"""Callers with a memory, on every API process at once, that go on through every fault.

A call without a definite answer is repeated with the same ids until it has one, so a repeat meets what the first
attempt did. Whatever contradicts what a caller was told before is a finding.
"""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.faults.caller import REPLAYED, Caller, definite, may_have_happened
from tests.faults.goods import ASKED, CARGO, EVERYWHERE, GOODS, ONE_PLACE, Goods
from tests.faults.lives import (
    HELD,
    LISTS,
    SHORT_TTL_SECONDS,
    TTL_SECONDS,
    Life,
    Movement,
    Order,
    Step,
    Transfer,
    list_of,
)

L = TypeVar("L", bound=Life)

PAUSE_SECONDS = 0.05  # before a repeat
ENOUGH_SECONDS = 40.0
OPERATIONS_MAX = 1000
APPLIED = frozenset({"applied", "duplicate", "moved", "not_moved"})  # results of lists that did what was asked


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many callers, how many orders each of them moves with one call, and how long it thinks before the next."""

    singles: int = 12
    lists: int = 2
    orders: int = 30
    think_seconds: float = 0.0

    @property
    def sizes(self) -> list[int]:
        return [1] * self.singles + [self.orders] * self.lists


class Load:
    """One scenario's goods and orders; `prefix` is its own."""

    def __init__(self, caller: Caller, prefix: str, rng: random.Random, seen: Counter[str], crowd: Crowd) -> None:
        self.caller = caller
        self.prefix = prefix
        self.seen = seen
        self.lives: list[Life] = []
        self.movements: list[Movement] = []
        self.refusals: list[tuple[str, float]] = []  # SKU, and when it was answered that there is not enough
        self.forgotten: Counter[str] = Counter()  # orders of an SKU that a fault was allowed to lose
        self.parked: list[Order] = []  # whose scan came first
        self.findings: list[str] = []
        self.told = 0  # acknowledged operations
        self.in_flight = 0  # calls
        self._rng = rng
        self._crowd = crowd
        self._numbers = itertools.count()
        self._progress = asyncio.Event()
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def sku(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def new_name(self, kind: str) -> str:
        return f"{self.prefix}:{kind}.{next(self._numbers)}"

    async def prepare(self) -> None:
        """The goods arrive, and what rules them. Nothing is broken yet, so it is done within a few attempts."""
        arriving = [
            Movement(f"{self.prefix}:g.{goods.name}.{warehouse}", goods.arrival, self.sku(goods.name), warehouse,
                     goods.quantity)
            for goods in GOODS.values()
            for warehouse in goods.warehouses
        ]  # fmt: skip
        async with asyncio.timeout(ENOUGH_SECONDS):
            while any(not movement.told for movement in arriving):
                await self.move(arriving)
            for goods in GOODS.values():
                while goods.policy and not await self._is_ruled(goods):
                    await self._pause()
        self.movements += arriving

    async def _is_ruled(self, goods: Goods) -> bool:
        answer = await self.caller.call("PUT", f"/v1/stock/{self.sku(goods.name)}/policy", dict(goods.policy))
        return answer is not None and answer[0] == 200

    def start(self) -> None:
        self._stopping.clear()
        self._tasks = [asyncio.create_task(self._live(size), name="caller") for size in self._crowd.sizes]

    async def until_told(self, operations: int, within_seconds: float = ENOUGH_SECONDS) -> None:
        """Until so many more are acknowledged. AssertionError when they are not in time; a caller's bug is raised."""
        wanted = self.told + operations
        try:
            async with asyncio.timeout(within_seconds):
                while self.told < wanted:
                    self._progress.clear()
                    await asyncio.wait({*self._tasks, waiting := asyncio.create_task(self._progress.wait())},
                                       return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
                    waiting.cancel()
                    for task in self._tasks:
                        if task.done():
                            task.result()
        except TimeoutError:
            missing = wanted - self.told
            raise AssertionError(f"no progress: {missing} of {operations} missing in {within_seconds:g} s") from None

    async def stop(self) -> None:
        """Every caller finishes its call and ends. Raises what one of them died of."""
        self._stopping.set()
        async with asyncio.timeout(ENOUGH_SECONDS):
            await asyncio.gather(*self._tasks)
        self._tasks = []

    async def abandon(self) -> None:
        """End the callers, whatever they do; nothing where they were stopped."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def settle(self) -> None:
        """Everything in doubt once more, with the same ids, until it is told; short holds are given back."""
        async with asyncio.timeout(ENOUGH_SECONDS):
            while doubtful := [life for life in self.lives if life.in_doubt and life.next_step]:
                await self.advance(doubtful)
            while movements := [movement for movement in self.movements if movement.in_doubt]:
                await self.move(movements)
            while short := [each for each in self.orders if each.may_expire and each.told and not each.ended]:
                await self._give_back(short)

    async def _give_back(self, lives: Sequence[Order]) -> None:
        """Holds that may expire at any moment, so that what comes behind can be compared."""
        operations = [{"op": "release", "reservation_id": life.subject} for life in lives[:OPERATIONS_MAX]]
        answer = await self._call("/v1/batch", {"operations": operations})
        if answer is None or not definite(answer, self.seen):
            await self._pause()
            return
        for life, result in zip(lives, answer[1]["results"], strict=False):
            if result["status"] == 200:
                life.ended = result["body"]["status"]
                self.seen[f"short_hold.{life.ended}"] += 1
            elif result["status"] != 503:
                self.findings.append(f"lost: {life.subject} was held, now {result}")
                life.refused, life.ended = True, "lost"

    @property
    def orders(self) -> list[Order]:
        return [life for life in self.lives if isinstance(life, Order)]

    def new_life(self) -> Life:
        (goods,) = self._rng.choices(list(GOODS.values()), [goods.weight for goods in GOODS.values()])
        steps = self._rng.choice(goods.lives)
        return self.new_transfer(steps) if goods is CARGO else self.new_order(goods, steps)

    def new_order(self, goods: Goods, steps: tuple[Step, ...], **asked: Any) -> Order:
        """What can be anywhere goes somewhere, unless it is `asked` for something else."""
        short = steps is HELD and self._rng.random() < 0.5
        if goods is EVERYWHERE and not asked:
            asked = self._rng.choice(ASKED)
        order = Order(
            self.new_name("r"),
            self.sku(goods.name),
            steps,
            asked=asked,
            ttl_seconds=SHORT_TTL_SECONDS if short else TTL_SECONDS,
        )
        self.lives.append(order)
        return order

    def new_transfer(self, steps: tuple[Step, ...]) -> Transfer:
        name = self.new_name("t")
        transfer = Transfer(name, self.sku(CARGO.name), steps, origin=CARGO.warehouses[0], destination="PEK")
        self.lives.append(transfer)
        return transfer

    async def move(self, movements: Sequence[Movement]) -> None:
        """One attempt at those that are not told yet."""
        movements = [movement for movement in movements if not movement.told]
        answer = await self._call("/v1/stock/movements", {"movements": [each.body() for each in movements]})
        if answer is None or not definite(answer, self.seen):
            for movement in movements:
                movement.in_doubt = movement.in_doubt or may_have_happened(answer)
            await self._pause()
            return
        for movement, result in zip(movements, answer[1]["results"], strict=True):
            if result["result"] in {"applied", "duplicate"}:
                self._note_repeat(movement.in_doubt, replayed=result["result"] == "duplicate")
                movement.told, movement.in_doubt = True, False
                self._acknowledged()
            else:
                movement.in_doubt = movement.in_doubt or result.get("code") == "outcome_unknown"

    async def burst(self, count: int) -> list[asyncio.Task[None]]:
        """So many calls at once, one new order each, for somebody who cuts them off. `settle` finds out about them."""
        return [asyncio.create_task(self.advance([self.new_life()]), name="burst") for _ in range(count)]

    async def _live(self, size: int) -> None:
        """One caller: new orders, each to the end of its life, and now and then goods that arrive."""
        while not self._stopping.is_set():
            await self._receive(size)
            lives = [self.new_life() for _ in range(size)]
            while not self._stopping.is_set() and (alive := [life for life in lives if life.next_step]):
                await self.advance(alive)
                await self._pause(self._crowd.think_seconds)

    async def _receive(self, size: int) -> None:
        count = 1 + size // 10
        if self._rng.random() > 0.1:
            return
        chosen = [self._rng.choice(ONE_PLACE) for _ in range(count)]
        arriving = [
            Movement(self.new_name("m"), "receive", self.sku(each.name), each.warehouses[0], 1) for each in chosen
        ]
        self.movements += arriving
        while not self._stopping.is_set() and any(not movement.told for movement in arriving):
            await self.move(arriving)

    async def advance(self, lives: Sequence[Life]) -> None:
        """The next step of each, in as few calls as it takes: one alone by its own call, several by lists."""
        of_list: dict[tuple[str, str] | None, list[Life]] = {}
        for life in lives:
            if step := life.next_step:
                of_list.setdefault(list_of(step) if len(lives) > 1 else None, []).append(life)
        for where, some in of_list.items():
            if where is None:
                await asyncio.gather(*map(self._advance_one, some))
            else:
                await self._advance_by_list(some, *where)

    async def _advance_one(self, life: Life) -> None:
        begin(life)
        path, body = life.call(life.told)
        answer = await self._call(path, body, [life])
        if answer is not None:
            listed = answer[0] == 200 and life.steps[life.told].verb in LISTS
            self.take(life, answer[0], answer[1]["results"][0] if listed else answer[1])
        if answer is None or life.in_doubt:
            await self._pause()

    async def _advance_by_list(self, lives: Sequence[Life], path: str, name: str) -> None:
        for part in slices(lives):
            for life in part:
                begin(life)
            items = [life.item(life.told) for life in part if isinstance(life, Order)]
            answer = await self._call(path, {name: items}, part)
            if answer is None or not definite(answer, self.seen):
                if may_have_happened(answer):
                    doubt(part)
                await self._pause()
                continue
            for life, result in zip(part, answer[1]["results"], strict=True):
                self.take(life, *(_operation(result) if name == "operations" else (200, result)))

    async def _call(self, path: str, body: Any, lives: Sequence[Life] = ()) -> tuple[int, Any] | None:
        self.in_flight += 1
        try:
            answer = await self.caller.post(path, body)
        except BaseException:
            doubt(lives)  # cut off: it may have happened
            raise
        finally:
            self.in_flight -= 1
        if answer is None:
            doubt(lives)
        return answer

    def take(self, life: Life, status: int, body: Any) -> None:
        """One order's answer."""
        step = life.next_step
        assert step is not None, life
        code = body.get("code", "") if isinstance(body, dict) else ""
        if status in {429, 503}:
            self.seen[f"answer.{code}"] += 1
            life.in_doubt = life.in_doubt or code == "outcome_unknown"
        elif step.verb in LISTS:
            self._take_result(life, body)
        elif status in {200, 201}:
            self._take_record(life, step, body)
        elif code == "insufficient_stock" and step.verb == "reserve":
            life.refused = True
            self.refusals.append((life.sku, time.monotonic()))
            self.seen["answer.insufficient_stock"] += 1
            if life.in_doubt:
                self.seen["answer.refused_after_doubt"] += 1
            life.in_doubt = False
        elif status == 404:
            self.findings.append(f"lost: {life.subject} was told {life.status}, now {status} {body}")
            life.refused = True
        else:
            self.findings.append(f"{life.subject}: {step.verb} behind {life.status} answered {status} {body}")
            life.refused = True

    def _take_result(self, life: Life, result: Any) -> None:
        if result["result"] in APPLIED and "code" not in result:
            self._note_repeat(life.in_doubt, replayed=result["result"] == "duplicate")
            self.seen[f"result.{result['result']}"] += 1
            self.acknowledge(life)
        elif result.get("code") == "outcome_unknown":
            life.in_doubt = True
        else:
            self.findings.append(f"{life.subject}: behind {life.status} a list answered {result}")
            life.refused = True

    def _take_record(self, life: Life, step: Step, body: Any) -> None:
        # The service's own repeats know an order's operation again; of a transfer they only know that it is done.
        replayed = isinstance(life, Order) and body.get(REPLAYED, False)
        subject, status, warehouse = life.told_by(body)
        if subject != life.subject:
            self.findings.append(f"{life.subject} was answered about {subject}")
        if isinstance(life, Order) and life.may_expire and status == "expired":
            life.ended = "expired"
        elif status != step.status:
            self.findings.append(f"{life.subject}: answered {status}, not {step.status}")
        if isinstance(life, Order):
            self._take_place(life, step, warehouse)
            self._take_deadline(life, step, body.get("expires_at") or "")
        self._note_repeat(life.in_doubt, replayed=replayed)
        if replayed and not life.in_doubt:
            self.findings.append(f"refused and yet done: {step.verb} of {life.subject}, told that nothing had happened")
        self.acknowledge(life)

    def _take_place(self, order: Order, step: Step, warehouse: str) -> None:
        """Which warehouse ships it: the reserve and a move say so, and nothing else changes it."""
        if step.verb == "reallocate" and warehouse == order.warehouses[0]:
            self.findings.append(f"{order.subject} was moved and is in {warehouse} as before")
        if step.verb in {"reserve", "reallocate"}:
            order.warehouses.append(warehouse)
            self.seen[f"{step.verb}.{warehouse}"] += 1
        elif warehouse and warehouse != order.warehouses[-1]:
            self.findings.append(f"{order.subject}: {step.verb} moved it from {order.warehouses[-1]} to {warehouse}")

    def _take_deadline(self, order: Order, step: Step, expires_at: str) -> None:
        """A move leaves it as it is; behind an outage it may have become later."""
        if step.verb == "reallocate" and expires_at < order.expires_at:
            self.findings.append(f"{order.subject} was to expire at {order.expires_at}, and moved at {expires_at}")
        order.expires_at = expires_at

    def _note_repeat(self, in_doubt: bool, *, replayed: bool) -> None:
        """A repeat may find what its first attempt did. Nobody else uses our ids."""
        self.seen["repeat.found_done"] += replayed and in_doubt

    def acknowledge(self, life: Life) -> None:
        life.told += 1
        life.in_doubt = False
        life.told_s.append(time.monotonic())
        self._acknowledged()

    def _acknowledged(self) -> None:
        self.told += 1
        self._progress.set()

    async def _pause(self, seconds: float = PAUSE_SECONDS) -> None:
        """About so long, and no longer than the callers go on."""
        if not seconds:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds * (0.5 + self._rng.random())):
                await self._stopping.wait()


def begin(life: Life) -> None:
    """Note when the step was first attempted."""
    if len(life.sent_s) == life.told:
        life.sent_s.append(time.monotonic())
    else:
        life.repeated = True


def doubt(lives: Sequence[Life]) -> None:
    for life in lives:
        life.in_doubt = True


def slices(lives: Sequence[L]) -> Iterator[Sequence[L]]:
    return (lives[start : start + OPERATIONS_MAX] for start in range(0, len(lives), OPERATIONS_MAX))


def _operation(result: Any) -> tuple[int, Any]:
    """Status and body of one result of a batch, as its own call would have answered."""
    replayed = {REPLAYED: True} if result.get(REPLAYED) else {}
    return result["status"], {**result["body"], **replayed}
