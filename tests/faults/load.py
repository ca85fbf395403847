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
from typing import Any

from tests.faults.caller import Caller
from tests.faults.lives import (
    HELD,
    LIVES,
    PAID,
    SCANNED_FIRST,
    SHORT_TTL_SECONDS,
    TTL_SECONDS,
    Life,
    Movement,
    single_call,
)

PAUSE_SECONDS = 0.05  # before a repeat
ENOUGH_SECONDS = 40.0
PLENTY = 400_000
FEW = 40  # units of the SKU that everybody wants
GOODS = {"A": ("SHA", PLENTY), "B": ("PEK", PLENTY), "HOT": ("SHA", FEW)}
OPERATIONS_MAX = 1000


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
        self.parked: list[Life] = []  # whose scan came first
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

    async def prepare(self) -> None:
        """The goods arrive. Nothing is broken yet, so it is done within a few attempts."""
        goods = [Movement(f"{self.prefix}:g.{name}", self.sku(name), *place) for name, place in GOODS.items()]
        async with asyncio.timeout(ENOUGH_SECONDS):
            while any(not movement.told for movement in goods):
                await self.move(goods)
        self.movements += goods

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
            while doubtful := [life for life in self.lives if life.in_doubt]:
                await self._advance(doubtful)
            while movements := [movement for movement in self.movements if movement.in_doubt]:
                await self.move(movements)
            while short := [life for life in self.lives if life.may_expire and life.told and not life.ended]:
                await self._give_back(short)

    async def _give_back(self, lives: Sequence[Life]) -> None:
        """Holds that may expire at any moment, so that what comes behind can be compared."""
        operations = [{"op": "release", "reservation_id": life.reservation_id} for life in lives[:OPERATIONS_MAX]]
        answer = await self._call("/v1/batch", {"operations": operations})
        if answer is None or not _definite(answer, self.seen):
            await self._pause()
            return
        for life, result in zip(lives, answer[1]["results"], strict=False):
            if result["status"] == 200:
                life.ended = result["body"]["status"]
                self.seen[f"short_hold.{life.ended}"] += 1
            elif result["status"] != 503:
                self.findings.append(f"lost: {life.reservation_id} was held, now {result}")
                life.refused, life.ended = True, "lost"

    def new_life(self) -> Life:
        number = next(self._numbers)
        name = self._rng.choice(("A", "A", "B", "HOT"))
        steps = PAID if name == "HOT" else self._rng.choice(LIVES)
        short = steps is HELD and self._rng.random() < 0.5
        ttl = SHORT_TTL_SECONDS if short else TTL_SECONDS
        life = Life(f"{self.prefix}:r.{number}", self.sku(name), GOODS[name][0], steps, ttl)
        self.lives.append(life)
        return life

    async def move(self, movements: Sequence[Movement]) -> None:
        """One attempt at those that are not told yet."""
        movements = [movement for movement in movements if not movement.told]
        answer = await self._call("/v1/stock/movements", {"movements": [each.body() for each in movements]})
        if answer is None or not _definite(answer, self.seen):
            for movement in movements:
                movement.in_doubt = movement.in_doubt or _may_have_happened(answer)
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
        return [asyncio.create_task(self._advance([self.new_life()]), name="burst") for _ in range(count)]

    async def park(self, count: int) -> None:
        """So many scans of orders that do not exist, and then the orders, up to being paid."""
        name, warehouse = "A", GOODS["A"][0]
        lives = [
            Life(f"{self.prefix}:early.{next(self._numbers)}", self.sku(name), warehouse, SCANNED_FIRST)
            for _ in range(count)
        ]
        last = len(SCANNED_FIRST) - 1
        async with asyncio.timeout(ENOUGH_SECONDS):
            while not await self._is_parked([life.operation(last) for life in lives]):
                await self._pause()
            self.lives += lives
            self.parked += lives
            while unpaid := [life for life in lives if life.told < last]:
                await self._advance(unpaid)

    async def _is_parked(self, scans: Sequence[Any]) -> bool:
        answer = await self._call("/v1/wms/outbound-scans", {"scans": scans})
        if answer is None or not _definite(answer, self.seen):
            return False
        return {result["result"] for result in answer[1]["results"]} <= {"parked", "duplicate"}

    async def until_unparked(self) -> None:
        """Until the scans that came first have applied themselves."""
        async with asyncio.timeout(ENOUGH_SECONDS):
            while waiting := [life for life in self.parked if life.next_step]:
                answer = await self.caller.get(f"/v1/reservations/{waiting[0].reservation_id}")
                if answer is not None and answer[0] == 200 and answer[1]["status"] == "shipped":
                    self._acknowledge(waiting[0])
                else:
                    await self._pause()

    async def _live(self, size: int) -> None:
        """One caller: new orders, each to the end of its life, and now and then goods that arrive."""
        while not self._stopping.is_set():
            await self._receive(size)
            lives = [self.new_life() for _ in range(size)]
            while not self._stopping.is_set() and (alive := [life for life in lives if life.next_step]):
                await self._advance(alive)
                await self._pause(self._crowd.think_seconds)

    async def _receive(self, size: int) -> None:
        count = 1 + size // 10
        if self._rng.random() > 0.1:
            return
        names = [self._rng.choice(("A", "B")) for _ in range(count)]
        arriving = [
            Movement(f"{self.prefix}:m.{next(self._numbers)}", self.sku(name), GOODS[name][0], 1) for name in names
        ]
        self.movements += arriving
        while not self._stopping.is_set() and any(not movement.told for movement in arriving):
            await self.move(arriving)

    async def _advance(self, lives: Sequence[Life]) -> None:
        """The next step of each, in as few calls as it takes: one alone by its own call, several by lists."""
        scans = [life for life in lives if (step := life.next_step) and step.verb == "scan"]
        others = [life for life in lives if (step := life.next_step) and step.verb != "scan"]
        if len(lives) == 1:
            await self._advance_one(lives[0])
            return
        if others:
            await self._advance_by_list(others, "/v1/batch", "operations")
        if scans:
            await self._advance_by_list(scans, "/v1/wms/outbound-scans", "scans")

    async def _advance_one(self, life: Life) -> None:
        begin(life)
        path, body = single_call(life.operation(life.told))
        answer = await self._call(path, body, [life])
        if answer is not None and path.endswith("outbound-scans") and answer[0] == 200:
            self._take(life, 200, answer[1]["results"][0])
        elif answer is not None:
            self._take(life, *answer)
        if answer is None or life.in_doubt:
            await self._pause()

    async def _advance_by_list(self, lives: Sequence[Life], path: str, name: str) -> None:
        for part in slices(lives):
            for life in part:
                begin(life)
            answer = await self._call(path, {name: [life.operation(life.told) for life in part]}, part)
            if answer is None or not _definite(answer, self.seen):
                if _may_have_happened(answer):
                    doubt(part)
                await self._pause()
                continue
            for life, result in zip(part, answer[1]["results"], strict=True):
                self._take(life, *((200, result) if name == "scans" else (result["status"], result["body"])))

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

    def _take(self, life: Life, status: int, body: Any) -> None:
        """One order's answer."""
        step = life.next_step
        assert step is not None, life
        code = body.get("code", "") if isinstance(body, dict) else ""
        if status in {429, 503}:
            self.seen[f"answer.{code}"] += 1
            life.in_doubt = life.in_doubt or code == "outcome_unknown"
        elif step.verb == "scan":
            self._take_scan(life, body)
        elif status in {200, 201}:
            self._take_reservation(life, step.status, body, replayed=status == 200 and step.verb == "reserve")
        elif code == "insufficient_stock" and step.verb == "reserve":
            life.refused = True
            self.refusals.append((life.sku, time.monotonic()))
            self.seen["answer.insufficient_stock"] += 1
            if life.in_doubt:
                self.seen["answer.refused_after_doubt"] += 1
            life.in_doubt = False
        elif status == 404:
            self.findings.append(f"lost: {life.reservation_id} was told {life.status}, now {status} {body}")
            life.refused = True
        else:
            self.findings.append(f"{life.reservation_id}: {step.verb} behind {life.status} answered {status} {body}")
            life.refused = True

    def _take_scan(self, life: Life, result: Any) -> None:
        if result["result"] in {"applied", "duplicate"} and "code" not in result:
            self._note_repeat(life.in_doubt, replayed=result["result"] == "duplicate")
            self._acknowledge(life)
        elif result.get("code") == "outcome_unknown":
            life.in_doubt = True
        else:
            self.findings.append(f"{life.reservation_id}: scan behind {life.status} answered {result}")
            life.refused = True

    def _take_reservation(self, life: Life, wanted: str, body: Any, *, replayed: bool) -> None:
        if body["reservation_id"] != life.reservation_id:
            self.findings.append(f"{life.reservation_id} was answered about {body['reservation_id']}")
        if life.may_expire and body["status"] == "expired":
            life.ended = "expired"
        elif body["status"] != wanted:
            self.findings.append(f"{life.reservation_id}: answered {body['status']}, not {wanted}")
        life.expires_at = body.get("expires_at") or life.expires_at
        self._note_repeat(life.in_doubt, replayed=replayed)
        if replayed and not life.in_doubt:
            self.findings.append(f"refused and yet done: {life.reservation_id}, told that nothing had happened")
        self._acknowledge(life)

    def _note_repeat(self, in_doubt: bool, *, replayed: bool) -> None:
        """A repeat may find what its first attempt did. Nobody else uses our ids."""
        self.seen["repeat.found_done"] += replayed and in_doubt

    def _acknowledge(self, life: Life) -> None:
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


def slices(lives: Sequence[Life]) -> Iterator[Sequence[Life]]:
    return (lives[start : start + OPERATIONS_MAX] for start in range(0, len(lives), OPERATIONS_MAX))


def _definite(answer: tuple[int, Any], seen: Counter[str]) -> bool:
    """Whether a list call was judged item by item."""
    if answer[0] == 200:
        return True
    code = answer[1].get("code", "")
    assert answer[0] in {429, 503}, answer
    seen[f"answer.{code}"] += 1
    return False


def _may_have_happened(answer: tuple[int, Any] | None) -> bool:
    """Every error but this one means that nothing happened."""
    return answer is None or answer[1].get("code") == "outcome_unknown"
