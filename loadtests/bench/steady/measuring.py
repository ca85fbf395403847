"""A load on a house of its own: the callers, Postgres taken away, and what came of it."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
import typer

from loadtests.bench.steady.crowd import AWAY, BACK, CALL_SECONDS, END, SKUS, WAREHOUSE, Task, Told, crowd, sku_of
from loadtests.bench.steady.house import House, eventually, open_house
from loadtests.bench.steady.ledger import Ear, now_ms, overdue, read_books
from loadtests.bench.steady.report import Options, Outage, figures

UNITS = 1_000_000
LOOK_SECONDS = 0.5
# The load goes on for so long behind what is measured: an event must not wait for an outage that it came before, and
# the last short hold has to expire under load, since an idle service looks once a second.
APART_SECONDS = 5.0
DRAIN_SECONDS = 1800.0
SETTLE_SECONDS = 180.0  # behind an outage a hold may expire a minute late
SHORT_TTL_MS = 3000
BEGIN_SECONDS = 30.0
LEAVE_SECONDS = 5.0


class Load:
    """The crowd in a process of its own, so that the one that listens to the ledger has nothing else to do.

    `backlogs`: how many events the ledger lacked, each time it was looked at.
    """

    def __init__(self, house: House, link: Connection) -> None:
        self.backlogs: list[int] = []
        self._house = house
        self._link = link

    async def began(self) -> None:
        await eventually(self._answered, "the callers have begun", BEGIN_SECONDS)
        self._link.recv()

    def tell(self, phase: str) -> None:
        self._link.send(phase)

    async def run_for(self, seconds: float) -> None:
        """Let it go on. Raises RuntimeError when a process of the service or the crowd has ended."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0:
            await asyncio.sleep(min(left, LOOK_SECONDS))
            self.check()
            self.backlogs.append(await self._house.backlog_events())

    def check(self) -> None:
        self._house.check_children()
        if self._link.poll():
            raise RuntimeError("the callers have ended by themselves")

    async def end(self) -> Told:
        self.tell(END)
        await eventually(self._answered, "the callers are done", 2 * CALL_SECONDS)
        told: Told = self._link.recv()
        return told

    async def _answered(self) -> bool:
        return self._link.poll()


@asynccontextmanager
async def load(house: House, task: Task) -> AsyncIterator[Load]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=crowd, args=(task, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        running = Load(house, ours)
        await running.began()
        yield running
    finally:
        ours.close()
        process.terminate()
        await asyncio.to_thread(process.join, LEAVE_SECONDS)
        if process.is_alive():
            process.kill()


@asynccontextmanager
async def listening(ear: Ear) -> AsyncIterator[None]:
    task = asyncio.create_task(ear.run(), name="ear")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def seed(house: House) -> None:
    headers = {"Authorization": f"Bearer {house.key}"}
    movements = [
        {"movement_id": f"m{n}", "type": "receive", "sku": sku_of(n), "warehouse": WAREHOUSE, "quantity": UNITS}
        for n in range(SKUS)
    ]
    warehouse = {"name": WAREHOUSE, "kind": "warehouse"}
    async with aiohttp.ClientSession(house.api_url, headers=headers, raise_for_status=True) as session:
        async with session.put(f"/v1/warehouses/{WAREHOUSE}", json=warehouse):
            pass
        async with session.post("/v1/stock/movements", json={"movements": movements}) as answer:
            results = (await answer.json())["results"]
    if any(result["result"] != "applied" for result in results):
        raise RuntimeError(f"the goods did not arrive: {results[0]}")


async def take_postgres_away(house: House, running: Load, seconds: float, rate: float) -> Outage:
    """Kill it, start it again after `seconds`, and wait until the ledger has drained. The load goes on all the time."""
    loop = asyncio.get_running_loop()
    running.tell(AWAY)
    await house.kill_postgres()
    killed = loop.time()
    await running.run_for(seconds)
    backlog = await house.backlog_events()
    started = loop.time()
    await house.postgres.start()
    answering = loop.time()
    running.tell(BACK)

    async def drained() -> bool:
        running.check()
        return await house.backlog_events() < rate

    await eventually(drained, "the ledger has drained", DRAIN_SECONDS)
    return Outage(started - killed, backlog, answering - started, loop.time() - started)


async def settle(house: House, ear: Ear) -> None:
    """Every short hold has expired, and the ledger has everything."""

    async def settled() -> bool:
        house.check_children()
        if await overdue(house.postgres.url, SHORT_TTL_MS):
            return False
        inspection = await house.hot.inspect()
        return inspection.backlog_events == 0 and ear.seq >= inspection.position.seq

    await eventually(settled, "every hold has expired and the ledger has everything", SETTLE_SECONDS)


async def measure(options: Options) -> dict[str, Any]:
    """The figures. Prints what `verify` found when that is not clean."""
    async with open_house() as house:
        await seed(house)
        ear, outage = Ear(house.postgres.url), None
        task = Task(house.api_url, house.key, options.rate, options.seconds + options.away_seconds, options.expiries)
        async with listening(ear):
            async with load(house, task) as running:
                from_ms = now_ms()
                await running.run_for(options.seconds)
                until_ms = now_ms()
                backlogs = tuple(running.backlogs)
                await running.run_for(APART_SECONDS)
                if options.away_seconds:
                    outage = await take_postgres_away(house, running, options.away_seconds, options.rate)
                    await running.run_for(APART_SECONDS)
                told = await running.end()
            await settle(house, ear)
        clean, printed = await house.verify()
        if not clean:
            typer.echo(printed)
        books = await read_books(house.postgres.url, ear, len(told.steps), from_ms, until_ms)
    return figures(options, told, books, backlogs, outage, verified=clean)
