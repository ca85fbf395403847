"""One platform as a process: `python -m tests.simulators douyin --push URL`.

Prints a line of JSON once it answers: where its API is, where its shoppers are served (`market.control`), and the
credential of its shop. It ends with whoever holds its standard input, however that one ends.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from inventory_service.channels.clock import SystemClock
from tests.simulators.douyin import DouyinSimulator
from tests.simulators.generic import GenericSimulator
from tests.simulators.market import Market, Mouth, control
from tests.simulators.platform import Simulator
from tests.simulators.taobao import TaobaoSimulator

KINDS: dict[str, type[DouyinSimulator] | type[GenericSimulator] | type[TaobaoSimulator]] = {
    "taobao": TaobaoSimulator,
    "douyin": DouyinSimulator,
    "generic": GenericSimulator,
}


def opened(platform: str, clock: SystemClock) -> Simulator:
    simulator = KINDS[platform](clock)
    # Ids of its own each time, as a platform's never come again.
    simulator.book.first += time.time_ns() // 1_000_000 % 10**12 * 1000
    return simulator


@asynccontextmanager
async def served(market: Market) -> AsyncIterator[str]:
    """The address of its control."""
    runner = web.AppRunner(control(market), handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def run(platform: str, push_url: str) -> None:
    clock = SystemClock()
    simulator = opened(platform, clock)
    mouth = Mouth(simulator, push_url, clock)
    market = Market(simulator, mouth)
    async with simulator.serving(), served(market) as control_url:
        speaking = asyncio.create_task(mouth.run())
        told = {"url": simulator.url, "control": control_url, "credential": market.credential()}
        print(json.dumps(told), flush=True)  # noqa: T201  # for whoever started it
        await asyncio.to_thread(sys.stdin.read)
        speaking.cancel()
        with suppress(asyncio.CancelledError):
            await speaking


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tests.simulators")
    arguments.add_argument("platform", choices=KINDS)
    arguments.add_argument("--push", required=True, help="where its messages go")
    given = arguments.parse_args()
    asyncio.run(run(given.platform, given.push))


if __name__ == "__main__":
    main()
