"""Run the load, take Postgres away if asked to, let everything settle, and print what the ledger tells."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
import uvloop
from rich.console import Console

from inventory_service.telemetry import configure_logs
from loadtests.bench.steady.measuring import measure
from loadtests.bench.steady.report import Options, kept, table

SHORT_HOLDS_MAX = 0.25  # of the rate: the rest stays a life of reserve, confirm and scan
ASKED_TO_END = 130


async def run(options: Options) -> dict[str, Any]:
    """A SIGTERM ends it as a Ctrl-C does: everything that was started first."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await measure(options)


def main(
    rate: Annotated[float, typer.Option(min=1, help="operations per second")] = 2000,
    seconds: Annotated[float, typer.Option(min=1, help="of the load with Postgres there")] = 60,
    away_seconds: Annotated[float, typer.Option(min=0, help="then Postgres is dead for so long; 0: never")] = 0,
    expiries: Annotated[int, typer.Option(min=0, help="short holds among the operations")] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures there, too")] = None,
) -> None:
    """Ledger lag, Postgres away and expiry, under a load that never pauses. Exit 1 when a promise was broken."""
    allowed = SHORT_HOLDS_MAX * rate * (seconds + away_seconds)
    if expiries > allowed:
        raise typer.BadParameter(f"at this rate {expiries / SHORT_HOLDS_MAX / rate:,.0f} seconds are needed for them")
    configure_logs("error")
    try:
        found = uvloop.run(run(Options(rate, seconds, away_seconds, expiries)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(ASKED_TO_END) from None
    if json_file is not None:
        json_file.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    Console(width=140).print(table(found))
    raise typer.Exit(not kept(found))


if __name__ == "__main__":
    typer.run(main)
