"""Measure, print the table, and end with 0 however slow it was: a figure is no failure."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from inventory_service.telemetry import configure_logs
from loadtests.bench import chart, report
from loadtests.bench.figures import GROUPS, NAMES
from loadtests.bench.forms import FORMS, USUAL, Form
from loadtests.bench.rows import Row
from loadtests.bench.running import measure

WIDTH = 180  # where there is no terminal
ASKED_TO_END = 130


async def run(form: Form, only: list[str]) -> list[Row]:
    """A SIGTERM ends it as a Ctrl-C does: everything that was started first."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await measure(GROUPS, form, only, lambda text: typer.echo(text, err=True))


def main(
    form: Annotated[str, typer.Option(help=", ".join(FORMS))] = USUAL.name,
    only: Annotated[list[str] | None, typer.Option(help=f"of {', '.join(NAMES)}; may be given again")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the rows there, too")] = None,
    chart_file: Annotated[Path | None, typer.Option("--chart", help="an SVG")] = None,
    commit: Annotated[bool, typer.Option("--commit", help="later runs are compared with this one")] = False,  # noqa: FBT002  # an option
) -> None:
    """Speed as ratios within one run."""
    if form not in FORMS or set(only or ()) - set(NAMES):
        raise typer.BadParameter("there is no such form or figure: see --help")
    configure_logs("error")
    try:
        rows = uvloop.run(run(FORMS[form], only or []))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(ASKED_TO_END) from None
    record, committed = report.Record(form, report.this_machine(), rows), report.read_committed()
    console = Console(width=None if Console().is_terminal else WIDTH, highlight=False)
    console.print(report.table(record, committed))
    if warning := report.warning(rows, committed):
        console.print(warning, style="bold red")
    if json_file is not None:
        report.write_json(json_file, record)
    if chart_file is not None:
        chart.draw(chart_file, record)
    if commit:
        report.commit(rows)


if __name__ == "__main__":
    typer.run(main)
