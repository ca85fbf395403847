"""Commands that judge and mend the books: `verify`, `rebuild`, `resnapshot`, `ledger`."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from inventory_service.cli.options import CARE, AsJson, DataDir, RetentionDays
from inventory_service.cli.output import print_json, print_table
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async, tell_error

if TYPE_CHECKING:
    from inventory_service.usecases.ledger_ports import Quarantined

app = typer.Typer()
ledger = typer.Typer(help="What the ledger cannot follow.", no_args_is_help=True)


@app.command(rich_help_panel=CARE)
def verify(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check every invariant, Redis against the ledger; exit 0, or 1 with the differences.

    The ledger against itself: no number is missing in its log; its rows are what the log says; every counter is the
    sum of its changes and never promises more than was there; reservations only moved as they may; what is held and
    committed is what the orders hold.

    Redis against the ledger: one history; the same stock; the same reservations.

    Redis against itself: held and committed are what its orders hold; exactly what is held waits to expire.

    May run beside the service under load: what changes while it looks is left out. It reads the whole ledger once.
    """
    from inventory_service.bootstrap import commands

    findings = run_async(commands.verify(load_settings(data_dir=data_dir)), as_json)
    if as_json:
        print_json(findings)
    else:
        rows = [("ok" if each.ok else "wrong", each.name, each.detail) for each in findings]
        print_table(("", "invariant", "checked"), rows)
    sys.exit(0 if all(each.ok for each in findings) else EXIT_FAILED)


@app.command(rich_help_panel=CARE)
def rebuild(
    old_primary_is_dead: Annotated[
        bool, typer.Option("--old-primary-is-dead", help="You made sure that no other Redis still answers anybody.")
    ] = False,
    retention_days: RetentionDays = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make Redis what the ledger says, whatever Redis holds.

    Events that Redis has logged and the ledger lacks go into the ledger first, as far as they go on where it ends. What
    belongs to another history is lost, and so is what only another server knows.
    """
    from inventory_service.bootstrap import commands

    if not old_primary_is_dead:
        tell_error(
            "this discards what Redis holds. Make sure that no other Redis still answers anybody, "
            "then repeat it with --old-primary-is-dead"
        )
        sys.exit(EXIT_FAILED)
    rebuilt = run_async(commands.rebuild(load_settings(data_dir=data_dir, retention_days=retention_days)), as_json)
    if as_json:
        print_json({"epoch": rebuilt.epoch, "carried_events": rebuilt.carried})
    else:
        typer.echo(f"Redis was rebuilt from the ledger; epoch {rebuilt.epoch}")
        if rebuilt.carried:
            typer.echo(f"{rebuilt.carried} events that only Redis had are in the ledger now")


@ledger.command()
def quarantine(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """SKUs and reservations that the ledger does not follow, since when and why; exit 1 when there is one.

    Their events are all kept. Reads from the ledger show them as they were before; a rebuild refuses.
    """
    from inventory_service.bootstrap import commands

    _show_quarantine(run_async(commands.quarantine(load_settings(data_dir=data_dir)), as_json), as_json)


@ledger.command()
def requalify(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Replay what is quarantined from the raw entries, once the cause is mended; exit 1 with what is left.

    The writer waits meanwhile; reservations go on.
    """
    from inventory_service.bootstrap import commands

    _show_quarantine(run_async(commands.requalify(load_settings(data_dir=data_dir)), as_json), as_json)


def _show_quarantine(left: "Sequence[Quarantined]", as_json: bool) -> None:
    if as_json:
        print_json(left)
    elif left:
        rows = [(each.kind.value, each.name, str(each.seq), each.reason) for each in left]
        print_table(("kind", "name", "from event", "reason"), rows)
    else:
        typer.echo("the ledger follows everything")
    sys.exit(EXIT_FAILED if left else 0)


@app.command(rich_help_panel=CARE)
def resnapshot(
    no_newer_backup: Annotated[
        bool, typer.Option("--no-newer-backup", help="You made sure that no newer backup of Postgres exists.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make the ledger know what Redis holds, after Postgres was restored from a backup too old to catch up.

    What happened between the backup and now stays unknown: the gap is recorded, alarmed, and told by `verify`.
    """
    from inventory_service.bootstrap import commands

    if not no_newer_backup:
        tell_error(
            "this gives up what happened since the backup. Make sure that no newer backup of Postgres exists, "
            "then repeat it with --no-newer-backup"
        )
        sys.exit(EXIT_FAILED)
    done = run_async(commands.resnapshot(load_settings(data_dir=data_dir)), as_json)
    missing = done.gap.after.seq - done.gap.before.seq
    if as_json:
        print_json({"epoch": done.epoch, "missing_events": missing, "corrections": done.corrections})
    else:
        behind = f"{missing} events behind number {done.gap.before.seq} are missing in it"
        typer.echo(f"The ledger has Redis's state; epoch {done.epoch}")
        typer.echo(f"{behind}; {done.corrections} describe what they left")
