"""Ten thousand shoppers for a hundred units: `python -m tests.races.oversell --runs 20`."""

import argparse
import asyncio
import sys
import time
from collections import Counter

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses
from tests.races.callers import Call, call_from_processes

PROCESSES = 4
CALLERS = 50  # per process
CALLS = 10_000
UNITS = 100


async def oversell_once(url: str, calls: int = CALLS) -> Counter[str]:
    """One race; AssertionError unless exactly the units there are were sold, each once."""
    async with Api(url, BOOTSTRAP_KEY) as api:
        shop = Shop(api)
        await shop.stocked(UNITS)
        orders = [Call("/v1/reservations", shop.order()) for _ in range(calls)]
        heard = await call_from_processes(url, orders, PROCESSES, CALLERS)
        outcomes = Counter(answer.outcome for answer in heard)
        assert outcomes == {"held": UNITS, "insufficient_stock": calls - UNITS}, outcomes
        level = await shop.level()
        assert (level["held"], level["available"], level["on_hand"]) == (UNITS, 0, UNITS), level
        winners = [answer.body["reservation_id"] for answer in heard if answer.status == 201]
        assert len(set(winners)) == UNITS
        return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    with RunningService(workers=2) as service:
        asyncio.run(open_warehouses(service.url))
        for run in range(1, runs + 1):
            started = time.perf_counter()
            outcomes = asyncio.run(oversell_once(service.url))
            rate = CALLS / (time.perf_counter() - started)
            sys.stdout.write(f"run {run}: {dict(outcomes)}, {rate:.0f} calls/s\n")
            sys.stdout.flush()
        service.verify()
        service.stop()
    sys.stdout.write(f"{runs} runs, nothing oversold\n")


if __name__ == "__main__":
    main()
