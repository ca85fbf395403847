"""Commands that judge and mend the books: `verify`, `rebuild`, `ledger`."""

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
    """Make Redis what the ledger says, whatever Redis holds. What did not reach the ledger is lost."""
    from inventory_service.bootstrap import commands

    if not old_primary_is_dead:
        tell_error(
            "this discards what Redis holds. Make sure that no other Redis still answers anybody, "
            "then repeat it with --old-primary-is-dead"
        )
        sys.exit(EXIT_FAILED)
    epoch = run_async(commands.rebuild(load_settings(data_dir=data_dir, retention_days=retention_days)), as_json)
    if as_json:
        print_json({"epoch": epoch})
    else:
        typer.echo(f"Redis was rebuilt from the ledger; epoch {epoch}")


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
