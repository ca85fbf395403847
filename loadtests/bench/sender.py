"""One API process's share of the kernel: batches of its own, one behind the other.

`python -m loadtests.bench.sender REDIS_URL NAME NUMBER` prints `ready`, waits for a line, sends, and prints when it
began and ended, by the clock of all processes.
"""

import asyncio
import sys
import time
from typing import Annotated

import typer
import uvloop

from inventory_service.domain.ids import digest
from inventory_service.engine.kernel import Kernel
from loadtests.bench.contenders import BATCH, check_held
from loadtests.bench.reservations import reservations

FAR_MS = 3_600_000


async def send(redis_url: str, name: str, number: int) -> None:
    """Raises RuntimeError when a reservation is refused."""
    batches = [
        [
            each._replace(reservation_id=f"{name}-{each.reservation_id}", digest=digest(name, each.reservation_id))
            for each in reservations(BATCH, 1)
        ]
        for _ in range(number // BATCH)
    ]
    kernel = Kernel(redis_url)
    not_after_ms = await kernel.now_ms() + FAR_MS
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.monotonic()  # one clock for all processes of a machine
    replies = [await kernel.run(batch, not_after_ms, 10.0) for batch in batches]
    print(began, time.monotonic(), flush=True)
    await kernel.close()
    check_held(replies)


def main(redis_url: Annotated[str, typer.Argument()], name: str, number: int) -> None:
    uvloop.run(send(redis_url, name, number))


if __name__ == "__main__":
    typer.run(main)
