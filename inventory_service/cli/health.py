"""How it is doing: `status` in a few numbers, `doctor` with what mends it."""

import sys
from typing import TYPE_CHECKING

import typer

from inventory_service.cli.options import CARE, LOOK, AsJson, DataDir
from inventory_service.cli.output import print_json, print_pairs, print_table
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async

if TYPE_CHECKING:
    from inventory_service.bootstrap.status import Standing

app = typer.Typer()


@app.command(rich_help_panel=LOOK)
def status(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Whether a reservation would succeed now, as far as the stores tell; exit 1 when not. Starts nothing."""
    from inventory_service.bootstrap.status import standing

    found = run_async(standing(load_settings(data_dir=data_dir)), as_json)
    if as_json:
        print_json(found)
    else:
        print_pairs(_pairs(found))
    if not found.ready and not as_json:
        typer.echo("Run `inventory-service doctor` to see what mends it.", err=True)
    sys.exit(0 if found.ready else EXIT_FAILED)


@app.command(rich_help_panel=CARE)
def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Everything that can be wrong on one screen, each with what mends it; exit 1 if something is.

    Works whatever is away, starts nothing and changes nothing.
    """
    from inventory_service.bootstrap.doctor import Verdict, examine

    lines = run_async(examine(load_settings(data_dir=data_dir)), as_json)
    if as_json:
        print_json(lines)
    else:
        print_table(
            ("", "about", "verdict", "found"),
            [(line.topic, line.name, line.verdict.value, line.detail) for line in lines],
        )
        unwell = [line for line in lines if line.mend]
        if unwell:
            typer.echo()
            print_pairs([(f"{line.topic} {line.name}", line.mend) for line in unwell])
    sys.exit(EXIT_FAILED if any(line.verdict is Verdict.WRONG for line in lines) else 0)


def _pairs(found: "Standing") -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = [("ready", "yes" if found.ready else "no")]
    pairs += [("", reason) for reason in found.reasons]
    if found.gate is None and found.worker is None:  # nobody could be asked
        return pairs
    behind = "" if found.lag is None else f", {found.lag} behind"
    ledger = None if found.ledger_seq is None else f"at {found.ledger_seq}{behind}"
    backlog = None if found.backlog is None else f"{found.backlog} of {found.backlog_limit}"
    worker = None if found.worker is None else "at work" if found.worker else "none"
    hub = None if found.hub is None else "at work" if found.hub else "none"
    return [
        *pairs,
        ("gate", found.gate),
        ("epoch", found.epoch),
        ("events", found.seq),
        ("ledger", ledger),
        ("backlog", backlog),
        ("brownout", found.brownout),
        ("held reservations", found.held),
        ("worker", worker),
        ("hub", hub if not found.shops else f"{hub}, {found.shops} shops"),
        ("quarantined", found.quarantined),
        ("open alerts", found.open_alerts),
        ("open exceptions", found.open_exceptions),
    ]
