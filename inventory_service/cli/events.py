"""`events`: what happened, as the ledger has it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from inventory_service.cli.options import DataDir
from inventory_service.cli.output import builtins, instant, print_json_line, printable
from inventory_service.cli.work import load_settings, run_async

if TYPE_CHECKING:
    from inventory_service.ledger.tail import TailFilter, ToldEvent
    from inventory_service.settings import Settings

# Parts of an event's details that are worth a place on its line.
TOLD_DETAILS = ("reason", "reference", "code", "codes", "safety_stock", "warn_below", "note", "forced")

app = typer.Typer(help="What happened, as the ledger has it.", no_args_is_help=True)


@app.command("tail")
def events_tail(
    sku: Annotated[str | None, typer.Option(help="Only what moved this.")] = None,
    reservation: Annotated[str | None, typer.Option(metavar="ID", help="Only what happened to this.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, max=100_000, help="At most so many.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for new ones, until Ctrl-C.")] = False,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")] = False,
) -> None:
    """The newest events, oldest first: time (UTC), number, what happened to what, which counters moved, by whom."""
    from inventory_service.ledger.tail import TailFilter

    wanted = TailFilter(subject=reservation or "", sku=sku or "")
    run_async(_tail(load_settings(data_dir=data_dir), wanted, lines, follow, as_json), as_json)


async def _tail(settings: "Settings", wanted: "TailFilter", lines: int, follow: bool, as_json: bool) -> None:
    from inventory_service.bootstrap import commands

    show = _print_json if as_json else _print_event
    async with commands.tail(settings, follows=follow) as tail:
        for event in await tail.last(wanted, lines):
            show(event)
        if follow:
            async for event in tail.following(wanted):
                show(event)


def _print_json(event: "ToldEvent") -> None:
    """With its time as the API spells times."""
    fields = builtins(event)
    at_ms = fields.pop("at_ms")
    print_json_line({**fields, "at": f"{instant(at_ms).replace(' ', 'T')}Z"})


def _print_event(event: "ToldEvent") -> None:
    subject = f"{event.subject} → {event.status}" if event.status else event.subject
    parts = [f"{event.seq:>7}", f"{event.type:<10}", subject, *_changes(event)]
    parts += _told(event.details)
    told = printable("  ".join([*parts, f"by {event.client}"] if event.client else parts))
    typer.echo(f"{typer.style(instant(event.at_ms), dim=True)}  {told}")


def _changes(event: "ToldEvent") -> list[str]:
    return [
        f"{change.sku}@{change.warehouse} " + " ".join(f"{name}{delta:+d}" for name, delta in change.deltas.items())
        for change in event.changes
    ]


def _told(details: Mapping[str, object]) -> list[str]:
    told = []
    for name in TOLD_DETAILS:
        value = details.get(name)
        if value not in (None, "", [], False, -1):
            told.append(f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}")
    return told
