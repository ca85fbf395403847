"""The service with callers in front of it, and how much of what they can is asked of them."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from redis.asyncio import Redis

from loadtests.bench.calls import Job, Told
from loadtests.bench.driving import drive
from loadtests.bench.forms import Form
from loadtests.bench.houses import constant, service
from loadtests.bench.steady.house import House, eventually

LIST = 200
CONNECTIONS = 64
LIST_CONNECTIONS = 4  # 800 reserves under way: three batches, and few enough for turns of a second
NEAR = 0.8  # of the generator's ceiling: from here on it may be what was measured
SETTLE_SECONDS = 60.0
_names = itertools.count()


@dataclass
class Street:
    """`highest`: what was reached against the generator's own ceiling, by reserves per request."""

    house: House
    ceilings: dict[int, float] = field(default_factory=dict)

    async def ours(self, form: Form, operations: int = 1) -> float:
        """Reserves per second; returns when the ledger has them, so that it works in nobody else's turn."""
        told = await drive(job(self.house.port, form, operations=operations, api_key=self.house.key))
        await self.settle()
        return told.per_second

    async def settle(self) -> None:
        async def settled() -> bool:
            return await self.house.backlog_events() == 0

        await eventually(settled, "the ledger has everything", SETTLE_SECONDS)

    async def without_fsync(self, form: Form, operations: int = 1) -> float:
        async with Redis.from_url(self.house.redis.url) as client:
            await client.config_set("appendfsync", "no")
            try:
                return await self.ours(form, operations)
            finally:
                await client.config_set("appendfsync", "always")

    async def near_ceiling(self, form: Form, rate: float, operations: int = 1) -> str:
        """A note for the table; "" while the generator has enough in reserve."""
        if operations not in self.ceilings:
            async with constant() as port:
                self.ceilings[operations] = (await drive(job(port, form, operations=operations))).per_second
        share = rate / self.ceilings[operations]
        return f"generator at {share:.0%} of its ceiling" if share >= NEAR else ""


@asynccontextmanager
async def street() -> AsyncIterator[Street]:
    async with service() as house:
        yield Street(house)


async def theirs(port: int, form: Form) -> float:
    """Of a peer."""
    return (await drive(job(port, form))).per_second


async def p99_ms(port: int, form: Form, per_second: float, api_key: str = "") -> float:
    """Of requests that fall due by the clock."""
    told: Told = await drive(job(port, form, per_second=per_second, api_key=api_key))
    return told.p99_ms


def job(port: int, form: Form, *, operations: int = 1, per_second: float = 0.0, api_key: str = "") -> Job:
    return Job(
        port=port,
        name=f"j{next(_names)}",
        seconds=form.turn_seconds,
        warm_up_seconds=form.warm_up_seconds,
        connections=CONNECTIONS if operations == 1 else LIST_CONNECTIONS,
        operations=operations,
        per_second=per_second,
        api_key=api_key,
    )
