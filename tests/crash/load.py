"""Callers who remember what they were told: the yardstick of every crash test.

Each order lives its life one call after the other. After a crash its reservation must stand where the last
acknowledged call left it, or one step further when the call behind was never answered.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.acceptance.client import Answer, Api
from tests.acceptance.shop import Shop

UNITS = 2  # per order
ABSENT = "absent"
LOST = (aiohttp.ClientError, TimeoutError, ConnectionError)


@dataclass(frozen=True)
class Step:
    """One call of a life and the status behind it. `stock` is what it does: on_hand, held, committed."""

    verb: str
    status: str
    stock: tuple[int, int, int]


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
    """One order: its steps, how many were acknowledged, and whether the next one was under way when all ended."""

    order: dict[str, Any]
    steps: Sequence[Step]
    ids: list[str]  # one per step, for scans and parts
    acknowledged: int = 0
    in_doubt: bool = False

    @property
    def reservation_id(self) -> str:
        return str(self.order["reservation_id"])

    @property
    def possible(self) -> set[str]:
        """Statuses that do not contradict what was told."""
        last = self.acknowledged + (1 if self.in_doubt else 0)
        return {ABSENT if count == 0 else self.steps[count - 1].status for count in range(self.acknowledged, last + 1)}


@dataclass
class Load:
    """Lives of many orders over a few SKUs, and movements beside them."""

    shop: Shop
    callers: int = 40
    ttl_seconds: int = 3600
    lives: list[Life] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)  # acknowledged movements
    failures: Counter[str] = field(default_factory=Counter)
    stopped: bool = False

    SKUS = ("A", "B", "C")
    PLENTY = 500_000

    async def prepare(self) -> None:
        for name in self.SKUS:
            await self._receive(self.PLENTY, name)

    async def run(self, enough: int) -> None:
        """Let callers live lives until `enough` steps were acknowledged; each goes on until it is cut off or stopped.

        Returns when all callers have ended: after `stop()`, or because the service is gone.
        """
        numbers = itertools.count()
        reached = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for _ in range(self.callers):
                group.create_task(self._caller(numbers, enough, reached))

    def start(self, enough: int) -> tuple["asyncio.Task[None]", asyncio.Event]:
        """As `run`, in the background: the task, and the event of `enough` steps."""
        reached = asyncio.Event()
        return asyncio.create_task(self._all(enough, reached)), reached

    @property
    def steps_acknowledged(self) -> int:
        return sum(life.acknowledged for life in self.lives)
