"""kill -9 of the whole service under load, again and again: `python -m tests.crash.kill --rounds 10`."""

import argparse
import asyncio
import sys

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses
from tests.crash.aftermath import check_everything
from tests.crash.load import Load

STEPS = 600  # acknowledged before the kill


async def kill_under_load(service: RunningService, load: Load, steps: int = STEPS) -> None:
    """Every process at once, while callers call; then up again, and everything that was told must be true."""
    load.start()
    await load.until_told(steps)
    await asyncio.to_thread(service.kill)
    await load.ended()
    await asyncio.to_thread(service.start)
    await check_everything(load)
    await asyncio.to_thread(service.verify)


async def rounds(service: RunningService, count: int) -> None:
    await open_warehouses(service.url)
    async with Api(service.url, BOOTSTRAP_KEY) as api:
        load = Load(Shop(api))
        await load.prepare()
        for number in range(1, count + 1):
            before = load.losses.total()
            await kill_under_load(service, load)
            lost = load.losses.total() - before
            sys.stdout.write(f"round {number}: {len(load.lives)} orders so far, {lost} calls cut off, nothing lost\n")
            sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    count = parser.parse_args().rounds
    with RunningService(workers=2) as service:
        asyncio.run(rounds(service, count))
        service.stop()


if __name__ == "__main__":
    main()
