"""The kernel alone, without HTTP, against what most stock scripts do, and what a hold with everything costs."""

from collections.abc import Sequence

from loadtests.bench.contenders import callers, kernel, one_by_one
from loadtests.bench.forms import ALWAYS, Figure, Form
from loadtests.bench.reservations import NETWORK
from loadtests.bench.rows import RATE, Reach, Row, compared, take_turns

MICROSECONDS = "µs"
PIPELINED, HOT, SPREAD, WHOLE, CALLERS = "pipelined", "hot", "spread", "whole", "callers"


async def measure(redis_url: str, form: Form) -> Sequence[Row]:
    number = form.reservations
    contenders = {
        PIPELINED: lambda: one_by_one(redis_url, number, 64),
        HOT: lambda: kernel(redis_url, number, 1),
        SPREAD: lambda: kernel(redis_url, number, 1000),
        WHOLE: lambda: kernel(redis_url, number, 1, NETWORK),
        CALLERS: lambda: callers(redis_url, number, 1),
    }
    await take_turns(contenders, 1)  # warm-up
    rates = await take_turns(contenders, form.rounds)
    rival = "one EVALSHA each, pipelined by 64"
    costs = {name: [1e6 / rate for rate in rates[name]] for name in (WHOLE, HOT)}
    return [
        compared(f"kernel, 256 per batch, hot SKU / {rival}", RATE, rates[HOT], rates[PIPELINED], Reach(2.5)),
        compared(f"kernel, 1,000 SKUs in 3 warehouses / {rival}", RATE, rates[SPREAD], rates[PIPELINED], Reach(1.5)),
        compared(f"batcher, 200 callers, hot SKU / {rival}", RATE, rates[CALLERS], rates[PIPELINED], None),
        compared(
            "a hold with geography, capacity and policy / plain hold", MICROSECONDS, costs[WHOLE], costs[HOT],
            Reach(1.5, at_most=True),
        ),
    ]  # fmt: skip


KERNEL = Figure("kernel", measure, ALWAYS)
