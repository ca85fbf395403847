"""What a person, or a program, sees of an import: how far it is, and how it ended."""

import asyncio
import gc
import json
import signal
import sys
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import typer

from inventory_service.bootstrap.stock_files import import_stock
from inventory_service.cli.files import problem_words, tell_lines
from inventory_service.cli.output import print_json, printable
from inventory_service.cli.work import EXIT_FAILED, EXIT_INTERRUPTED, run_async
from inventory_service.domain.outcomes import Code
from inventory_service.settings import Settings
from inventory_service.stockfile.reading import StockFile
from inventory_service.usecases.import_lines import ImportOrder, ImportTally, UnknownWarehouse
from inventory_service.usecases.import_stock import CHUNK_LINES, Told, named

RATE_FROM_S = 1.0
AGAIN = "The same command again goes on where this stopped; nothing is applied twice."

REFUSALS: Mapping[str, str] = {
    Code.WOULD_BREAK_COMMITMENTS: "more is promised than would be left; --force applies it, and it is alarmed",
    Code.NOT_ENOUGH: "there is not so much unavailable, or incoming",
    Code.STALE_COUNT: "on_hand is not what was expected any more: export anew, and count again",
    Code.OUT_OF_RANGE: "a counter would pass 1,000,000,000",
}


def run_import(settings: Settings, file: StockFile, order: ImportOrder, name: str, *, as_json: bool) -> int:
    """The exit status. Raises what `import_stock` raises, having told how far it got."""
    tally = ImportTally()
    gc.freeze()  # the lines stay to the end: looking through them again and again took a quarter of the time
    try:
        with _progress(name, as_json=as_json) as told:
            run_async(_ended_in_order(import_stock(settings, file, order, tally, told)), as_json)
    except (KeyboardInterrupt, asyncio.CancelledError):
        _tell_stop("interrupted", tally)
        return EXIT_INTERRUPTED
    except (Exception, SystemExit):
        if tally.applied:
            _tell_stop("stopped", tally)
        raise
    if as_json:
        print_json(_document(tally, order, name))
    else:
        _report(tally, order, name)
    failed = bool(tally.rejections) or (tally.broken and not order.skip_errors)
    return EXIT_FAILED if failed else 0


async def _ended_in_order(work: Coroutine[object, object, None]) -> None:
    """As Ctrl-C does: what is on its way is answered, and how far it got is told."""
    task = cast("asyncio.Task[None]", asyncio.current_task())
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await work


@contextmanager
def _progress(name: str, *, as_json: bool) -> Iterator[Told]:
    """A bar on a terminal; a line of JSON per step for a program; else nothing."""
    if as_json:
        yield lambda tally: typer.echo(json.dumps({"done": _done(tally), "of": _all(tally)}), err=True)
    elif sys.stderr.isatty():
        with _bar(name) as told:
            yield told
    else:
        yield lambda _: None


@contextmanager
def _bar(name: str) -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{name}: checking", total=None)
        yield lambda tally: progress.update(task, description=name, total=_all(tally), completed=_done(tally))


def _all(tally: ImportTally) -> int:
    return _done(tally) + tally.remaining


def _done(tally: ImportTally) -> int:
    return tally.applied + tally.duplicates + len(tally.rejections)


def _tell_stop(how: str, tally: ImportTally) -> None:
    """`at least`: what was on its way to the kernel may have been applied too."""
    if not _done(tally):
        typer.echo(f"{how} before anything was known to be imported. {AGAIN}", err=True)
        return
    more = f" at least, and {CHUNK_LINES:,} more at most" if tally.remaining else ""
    typer.echo(f"{how}: {_done(tally):,} of {_all(tally):,} lines are done{more}. {AGAIN}", err=True)


def _report(tally: ImportTally, order: ImportOrder, name: str) -> None:
    _tell_broken(tally, order, name)
    if tally.broken and not order.skip_errors:
        return
    if order.dry_run:
        typer.echo(f"{name} as {order.type}: {tally.remaining:,} to apply, {_others(tally)}; nothing was imported.")
        return
    rate = f"; {round(_done(tally) / tally.seconds):,} lines/s" if tally.seconds > RATE_FROM_S else ""
    typer.echo(f"{name} as {order.type}: {tally.applied:,} applied, {_others(tally)}{rate}")
    _tell_rejections(tally)
    if tally.repeated:
        typer.echo(f"{tally.repeated:,} of these had to be sent twice, or elsewhere too; they count once.", err=True)
    if tally.duplicates == tally.lines:
        typer.echo("All of it was applied before. If it is meant once more: --import-id NAME.", err=True)
    if tally.skipped or tally.rejections:
        typer.echo(
            f"Mend the lines where they stand, then import the file with --import-id {order.import_id}: "
            "what was applied is not applied again.",
            err=True,
        )


def _others(tally: ImportTally) -> str:
    return f"{tally.duplicates:,} applied before, {len(tally.rejections):,} refused, {tally.skipped:,} skipped"


def _tell_broken(tally: ImportTally, order: ImportOrder, name: str) -> None:
    if not tally.broken:
        return
    what = "they are skipped" if order.skip_errors else "nothing was imported"
    typer.echo(f"{name}: {tally.skipped:,} of {tally.lines:,} lines are broken; {what}.", err=True)
    tell_lines([problem_words(problem) for problem in tally.problems])
    tell_lines([_warehouse_words(each) for each in tally.unknown_warehouses])
    if not order.skip_errors:
        typer.echo("Mend them, or import the others with --skip-errors.", err=True)


def _tell_rejections(tally: ImportTally) -> None:
    tell_lines(
        [f"line {each.line}: {printable(each.sku)} in {each.warehouse}: {each.code}" for each in tally.rejections]
    )
    for code in sorted({each.code for each in tally.rejections} & REFUSALS.keys()):
        typer.echo(f"{code}: {REFUSALS[code]}.", err=True)


def _warehouse_words(unknown: UnknownWarehouse) -> str:
    meant = f"; is {unknown.like} meant?" if unknown.like else ""
    return (
        f"warehouse {printable(unknown.code)} does not exist ({named(unknown.lines)}): "
        f"make it with PUT /v1/warehouses/{unknown.code}, or mend the lines{meant}"
    )


def _document(tally: ImportTally, order: ImportOrder, name: str) -> dict[str, object]:
    return {
        "file": name,
        "type": order.type.value,
        "import_id": order.import_id,
        "dry_run": order.dry_run,
        "lines": tally.lines,
        "applied": tally.applied,
        "repeated": tally.repeated,
        "duplicates": tally.duplicates,
        "skipped": tally.skipped,
        "remaining": tally.remaining,
        "rejected": [each._asdict() for each in tally.rejections],
        "problems": [each._asdict() for each in tally.problems],
        "unknown_warehouses": [
            {"warehouse": each.code, "lines": list(each.lines), "like": each.like or None}
            for each in tally.unknown_warehouses
        ],
        "seconds": round(tally.seconds, 3),
    }
