"""Run every contender in turn, several rounds, and print medians and their ratios."""

import platform
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.redis import RedisServer
from loadtests.bench.contenders import callers, kernel, one_by_one
from loadtests.bench.reservations import NETWORK

Contender = Callable[[str, int], Awaitable[float]]

CONTENDERS: dict[str, Contender] = {
    "one EVALSHA per reservation, one by one": lambda url, number: one_by_one(url, number // 4, 1),
    "one EVALSHA per reservation, pipelined by 64": lambda url, number: one_by_one(url, number, 64),
    "kernel, 256 per batch, hot SKU": lambda url, number: kernel(url, number, 1),
    "kernel, 256 per batch, hot SKU, geography, capacity and policy": lambda url, number: kernel(
        url, number, 1, NETWORK
    ),
    "kernel, 256 per batch, 1,000 SKUs in 3 warehouses": lambda url, number: kernel(url, number, 1000),
    "batcher, 200 callers, hot SKU": lambda url, number: callers(url, number, 1),
}
BASE = "one EVALSHA per reservation, pipelined by 64"


async def measure(redis_url: str, rounds: int, number: int) -> dict[str, list[float]]:
    """Interleaved, so that a machine that drifts drifts for all; the first round only warms up."""
    figures: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    for turn in range(rounds + 1):
        for name, contender in CONTENDERS.items():
            figure = await contender(redis_url, number)
            if turn:
                figures[name].append(figure)
    return figures


def table(figures: dict[str, list[float]]) -> Table:
    shown = Table(
        title=f"reservations per second, fsync before every reply · {platform.processor() or platform.machine()}"
    )
    for heading in ("contender", "median", "min – max", "ratio"):
        shown.add_column(heading, justify="left" if heading == "contender" else "right")
    base = median(figures[BASE])
    for name, values in figures.items():
        middle = median(values)
        shown.add_row(name, f"{middle:,.0f}", f"{min(values):,.0f} – {max(values):,.0f}", f"{middle / base:.2f}")
    return shown


async def run(rounds: int, number: int) -> None:
    with tempfile.TemporaryDirectory(prefix="inventory-bench-") as folder:
        (Path(folder) / "logs").mkdir()
        server = RedisServer(find_binaries().redis, Path(folder), "bench")
        await server.start()
        try:
            figures = await measure(server.url, rounds, number)
        finally:
            await server.stop()
    Console().print(table(figures))


def main(rounds: int = 3, number: int = 25_600) -> None:
    """Reservations per second of the kernel and of what one would write without it, in one run."""
    uvloop.run(run(rounds, number))


if __name__ == "__main__":
    typer.run(main)
