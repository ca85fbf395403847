"""`channels backfill`, `check` and `status`: how shops are kept in step with their platforms."""

import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import instant, print_json, print_pairs, print_table
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory_service.settings import Settings
    from inventory_service.usecases.sync.ports import RunKind
    from inventory_service.usecases.sync.runs import Report
    from inventory_service.web.schemas.sync import StandingView

WEEK_MS = 7 * 24 * 60 * 60 * 1000

app = typer.Typer()

Shop = Annotated[str, typer.Argument(metavar="SHOP", help="As it is registered.", show_default=False)]


def _instant_ms(text: str) -> int:
    """Without an offset: on this machine's clock."""
    try:
        return round(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is no time such as 2026-11-11T08:00 or 2026-11-11T08:00+08:00") from None


@app.command()
def backfill(
    shop: Shop,
    from_: Annotated[str, typer.Option("--from", metavar="TIME", help="Orders placed from then on.")],
    to: Annotated[str | None, typer.Option(metavar="TIME", help="Until then \\[now].")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Pull the orders of a time again, and tell what was new, changed and unchanged. Interrupted, it goes on.

    Exit 1 where nobody does it for now: no hub is at work, or the shop is not called.
    """
    from inventory_service.usecases.sync.ports import RunKind
    from inventory_service.web.schemas.sync import backfill_view

    settings = load_settings(data_dir=data_dir)
    report = _gone_through(settings, RunKind.BACKFILL, shop, (_instant_ms(from_), _until_ms(to)), as_json)
    if as_json:
        print_json(backfill_view(report))
        sys.exit(_status(report))
    _print_counts(report)
    rows = [(customer, ", ".join(orders)) for customer, orders in report.customers.items()]
    if rows:
        print_table(("customer", "orders"), rows)
    sys.exit(_status(report))


@app.command()
def check(
    shop: Shop,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Orders placed from then on \\[a week ago].")
    ] = None,
    to: Annotated[str | None, typer.Option(metavar="TIME", help="Until then \\[now].")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Fetch every order again that differs.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare the platform's orders with ours: count, amount, and the state of each. 1 where something differs."""
    from inventory_service.bootstrap import sync_commands
    from inventory_service.usecases.sync.ports import RunKind
    from inventory_service.web.schemas.sync import check_view

    settings, to_ms = load_settings(data_dir=data_dir), _until_ms(to)
    window = (_instant_ms(from_) if from_ else to_ms - WEEK_MS, to_ms)
    report = _gone_through(settings, RunKind.CHECK, shop, window, as_json)
    if as_json:
        print_json(check_view(report))
    else:
        _print_counts(report)
        if report.counts:
            print_table(("order", "differs in"), [(order.channel_order_id, order.outcome) for order in report.listed])
        elif not _status(report):
            typer.echo("No order differs.")
    if repair and report.counts:
        fetched = run_async(sync_commands.repair(settings, shop, report.run.run_id), as_json)
        typer.echo(f"{fetched} orders are fetched again.", err=True)
    sys.exit(EXIT_FAILED if report.counts and not repair else _status(report))


@app.command()
def status(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Where every shop stands: up to when its orders are here, and what keeps it from going on."""
    from inventory_service.bootstrap import sync_commands
    from inventory_service.web.schemas.sync import StandingsView, standing_view

    standings = run_async(sync_commands.status(load_settings(data_dir=data_dir)), as_json)
    views = [standing_view(each) for each in standings]
    if as_json:
        print_json(StandingsView(shops=views))
        return
    rows = [(view.shop, view.channel, view.reached_at or "", view.failures, view.hints, _why(view)) for view in views]
    print_table(("shop", "channel", "reached", "failures", "hints", "reason"), rows)


def _why(view: "StandingView") -> str:
    return view.paused_reason or view.reason or ""


def _until_ms(to: str | None) -> int:
    return _instant_ms(to) if to else time.time_ns() // 1_000_000


def _gone_through(settings: "Settings", kind: "RunKind", shop: str, window: tuple[int, int], as_json: bool) -> "Report":
    from inventory_service.bootstrap import sync_commands

    gone = run_async(sync_commands.go_through(settings, kind, shop, *window, _showing()), as_json)
    if gone.stopped_by:
        typer.echo(gone.stopped_by, err=True)
    return gone.report


def _status(report: "Report") -> int:
    """What is not done yet has told nothing: no script may take it for a range without a difference."""
    return 0 if report.run.ended_ms else EXIT_FAILED


def _showing() -> "Callable[[Report], None]":
    """A line for whatever is new."""
    before = ""

    def show(report: "Report") -> None:
        nonlocal before
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(report.counts.items()))
        line = f"{report.run.share_done:4.0%} {told}{' ' + report.run.reason if report.run.reason else ''}"
        if line != before:
            typer.echo(line, err=True)
        before = line

    return show


def _print_counts(report: "Report") -> None:
    run = report.run
    print_pairs([
        (run.kind.value, run.run_id),
        ("from", instant(run.from_ms)),
        ("to", instant(run.to_ms)),
        ("done", f"{run.share_done:.0%}"),
        *sorted(run.counted.items()),
        *sorted(report.counts.items()),
    ])  # fmt: skip
