"""Step up until no more is done, then ask for five times as much, in turn with the peak; the service is our own."""

import asyncio
import itertools
import shutil
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Annotated

import aiohttp
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from inventory_service.loadtest.target import Target, machine, own_service
from loadtests.overload.crowd import CLASSES, WARM_UP_SECONDS, Task, Told, crowd
from loadtests.overload.processors import seconds_of

PROCESSES = 2
SKUS = 200
MIX = "30,45,23,2"
STEP = 1.3
ENOUGH = 0.9  # a step that does less than so much of what is asked for is past the peak
_names = itertools.count()


class Run:
    """Loads on one service whose data lie in `folder`."""

    def __init__(self, target: Target, folder: Path, processes: ProcessPoolExecutor, mix: str, seconds: float) -> None:
        self._target = target
        self._folder = folder
        self._processes = processes
        self._mix = tuple(map(int, mix.split(",")))
        self._seconds = seconds

    async def load(self, per_second: float) -> Told:
        port = int(self._target.url.rpartition(":")[2])
        rate = per_second / PROCESSES
        tasks = [
            Task(port, self._target.api_key, f"o{next(_names)}", rate, self._seconds, SKUS, self._mix)
            for _ in range(PROCESSES)
        ]
        loop = asyncio.get_running_loop()
        crowds = asyncio.gather(*(loop.run_in_executor(self._processes, crowd, task) for task in tasks))
        await asyncio.sleep(WARM_UP_SECONDS)
        before = seconds_of(self._folder)
        told = Told()
        for each in await crowds:
            told.add(each)
        told.service_seconds = seconds_of(self._folder) - before
        return told

    async def seed(self) -> None:
        headers = {"Authorization": f"Bearer {self._target.api_key}"}
        movements = [
            {"movement_id": f"m{n}", "type": "receive", "sku": f"S-{n}", "warehouse": "W", "quantity": 1_000_000}
            for n in range(SKUS)
        ]
        async with aiohttp.ClientSession(self._target.url, headers=headers, raise_for_status=True) as session:
            async with session.put("/v1/warehouses/W", json={"name": "W", "kind": "warehouse"}):
                pass
            async with session.post("/v1/stock/movements", json={"movements": movements}):
                pass

    async def peak(self, console: Console, first: float) -> float:
        """The rate at which most is done."""
        rate, best, most = first, first, 0.0
        while True:
            done = (await self.load(rate)).useful() / self._seconds
            console.print(f"asked {rate:,.0f}/s: {done:,.0f}/s useful", highlight=False)
            if done > most:
                best, most = rate, done
            if done < ENOUGH * rate:
                return min(best, most / ENOUGH)
            rate *= STEP


async def measure(console: Console, first: float, seconds: float, times: float, rounds: int, mix: str) -> None:
    folder = await asyncio.to_thread(_folder)
    try:
        async with own_service(folder) as target:
            with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as processes:
                run = Run(target, folder, processes, mix, seconds)
                await run.seed()
                rate = await run.peak(console, first)
                pairs = [(await run.load(rate), await run.load(times * rate)) for _ in range(rounds)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for peak, beyond in pairs:
        console.print(table(peak, beyond, seconds, times))
    by_time = median(beyond.useful() / peak.useful() for peak, beyond in pairs)
    by_processor = median(beyond.per_processor() / peak.per_processor() for peak, beyond in pairs)
    console.print(f"useful work at {times:g} times the peak: {by_time:.0%} of the peak per second,")
    console.print(f"{by_processor:.0%} per processor second of the service; median of {rounds} rounds", highlight=False)


def table(peak: Told, beyond: Told, seconds: float, times: float) -> Table:
    shown = Table(title=machine())
    for heading in ("class", "at the peak", "useful", f"at {times:g} times", "useful", "refused", "late or lost"):
        shown.add_column(heading, justify="right")
    for kind in (*CLASSES, ""):
        asked = [told.asked[kind] if kind else told.asked.total() for told in (peak, beyond)]
        useful, refused = beyond.useful(kind), beyond.refused(kind)
        row = (asked[0], peak.useful(kind), asked[1], useful, refused, max(0, asked[1] - useful - refused))
        shown.add_row(kind or "all", *(f"{n / seconds:,.0f}/s" for n in row))
    shown.add_row("p50, p99", *_percentiles(peak), *_percentiles(beyond), "", "")
    for name, figures in (
        ("processors, service", [told.service_seconds / seconds for told in (peak, beyond)]),
        ("processors, callers", [told.cpu_seconds for told in (peak, beyond)]),
        ("useful per processor s", [told.per_processor() for told in (peak, beyond)]),
    ):
        shown.add_row(name, f"{figures[0]:,.2f}", "", f"{figures[1]:,.2f}", "", "", "")
    return shown


def _percentiles(told: Told) -> tuple[str, str]:
    times = sorted(told.seconds) or [0.0]
    return f"{times[len(times) // 2]:.3f} s", f"{times[len(times) * 99 // 100]:.3f} s"


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="inventory-overload-"))
    folder.chmod(0o711)  # embedded Postgres may run as another user than root and has to get through
    return folder


def main(
    first: Annotated[float, typer.Option(help="calls per second to begin with")] = 800,
    seconds: Annotated[float, typer.Option(help="of each step, behind its warm-up")] = 5,
    times: Annotated[float, typer.Option(help="so many times the peak")] = 5,
    rounds: Annotated[int, typer.Option(help="of peak and beyond in turn: a machine that drifts drifts for both")] = 3,
    mix: Annotated[str, typer.Option(help=f"weights of {', '.join(CLASSES)}")] = MIX,
) -> None:
    """Useful answers per second (2xx within 5 s) at the peak and far beyond it."""
    uvloop.run(measure(Console(width=120), first, seconds, times, rounds, mix))


if __name__ == "__main__":
    typer.run(main)
