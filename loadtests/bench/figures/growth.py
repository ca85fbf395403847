"""What a reservation costs in the kernel of a large shop, against the same in a small one: two servers, in turn."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count, islice

import msgspec

from inventory_service.domain.commands import Reserve, Route
from inventory_service.domain.ids import fingerprint
from inventory_service.domain.reservation import RECORD_VERSION, Allocation, Line, Operation, Reservation, Status
from inventory_service.domain.stock import UNSET, Level, Stock
from loadtests.bench.contenders import BATCH, build, per_second
from loadtests.bench.empty_ledger import EmptyLedger
from loadtests.bench.forms import ONLY_FULL, Figure, Form
from loadtests.bench.houses import redis_alone
from loadtests.bench.reservations import reservations
from loadtests.bench.rows import Reach, Row, compared, take_turns

SMALL, LARGE = "small", "large"
MICROSECONDS = "µs"
UNITS = 1_000_000
TTL_MS = 86_400_000
STOCK_VERSION = 1
AT_ONCE = 100  # SKUs of a batch; divides every number of them
_STRIDE = AT_ONCE * 7919
_numbers = count()


@dataclass(frozen=True)
class Size(EmptyLedger):
    """A ledger of so many: every SKU in every warehouse, the holds over the SKUs in turn."""

    skus: int = 1_000
    holds: int = 1_000
    warehouses: int = 3

    @property
    def route(self) -> Route:
        return Route(tuple(f"W{n:02d}" for n in range(self.warehouses)), (), False, 0)

    def batches(self, number: int) -> list[list[Reserve]]:
        """Each touches as many SKUs in a large shop as in a small one, and few that were touched before."""
        firsts = (n * _STRIDE % self.skus for n in islice(_numbers, number // BATCH))
        return [reservations(BATCH, AT_ONCE, self.route, first) for first in firsts]

    async def stocks(self) -> AsyncIterator[tuple[str, Stock]]:
        """The first warehouse has all of the holds."""
        counters = (0, 0, 0, UNSET, UNSET, 0)  # committed, unavailable, incoming, policy, counted
        for n in range(self.skus):
            held = len(range(n, self.holds, self.skus))
            levels = [Level(code, UNITS, 0, *counters) for code in self.route.ranked]
            levels[0] = levels[0]._replace(held=held)
            yield f"SKU-{n}", Stock(STOCK_VERSION, 0, 0, 0, levels)

    async def reservations(self) -> AsyncIterator[tuple[str, bytes]]:
        now_ms = time.time_ns() // 1_000_000
        head = (RECORD_VERSION, Status.HELD, now_ms, now_ms + TTL_MS, now_ms, 0, 0, 0, fingerprint({}), "bench")
        for n in range(self.holds):
            lines = [Line(f"SKU-{n % self.skus}", 1, 1, 0, [Allocation(self.route.ranked[0], 1, 0)])]
            operations = [Operation(f"op-{n}", "held")]
            yield f"held-{n}", msgspec.msgpack.encode(Reservation(*head, lines, operations, "{}"))


async def growth(name: str, small: Size, large: Size, reach: float, form: Form) -> Row:
    async with AsyncExitStack() as stack:
        urls = {size: await stack.enter_async_context(redis_alone()) for size in (small, large)}
        for size, url in urls.items():
            await build(url, size)
        contenders = {
            label: lambda size=size: per_second(urls[size], size.batches(form.reservations))
            for label, size in ((SMALL, small), (LARGE, large))
        }
        await take_turns(contenders, 1)  # warm-up
        rates = await take_turns(contenders, form.rounds)
    costs = {label: [1e6 / rate for rate in values] for label, values in rates.items()}
    return compared(name, MICROSECONDS, costs[LARGE], costs[SMALL], Reach(reach, at_most=True))


async def measure(_: None, form: Form) -> Sequence[Row]:
    cost = "cost of a reservation in the kernel, {}"
    return [
        await growth(cost.format("10⁶ SKUs / 10²"), Size(skus=100), Size(skus=10**6), 1.2, form),
        await growth(cost.format("10⁶ open holds / 10³"), Size(), Size(holds=10**6), 1.2, form),
        await growth(cost.format("50 warehouses / 3"), Size(), Size(warehouses=50), 3, form),
    ]


GROWTH = Figure("growth", measure, ONLY_FULL)
