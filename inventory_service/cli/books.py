"""Commands that judge and mend the books: `verify`, `rebuild`."""

import sys
from typing import Annotated

import typer

from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import print_table
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async

app = typer.Typer()


@app.command()
def verify(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check every invariant, Redis against the ledger; exit 0, or 1 with the differences."""
    from inventory_service.bootstrap import commands

    findings = run_async(commands.verify(load_settings(data_dir=data_dir)))
    if as_json:
        print_table(("name", "ok", "detail"), [(each.name, each.ok, each.detail) for each in findings], as_json)
    for each in () if as_json else findings:
        typer.echo(f"{'ok   ' if each.ok else 'WRONG'}  {each.name}: {each.detail}")
    sys.exit(0 if all(each.ok for each in findings) else EXIT_FAILED)


@app.command()
def rebuild(
    old_primary_is_dead: Annotated[
        bool, typer.Option("--old-primary-is-dead", help="You made sure that no other Redis still answers anybody.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Make Redis what the ledger says, whatever Redis holds. What did not reach the ledger is lost."""
    from inventory_service.bootstrap import commands

    if not old_primary_is_dead:
        typer.echo(
            "error: this discards what Redis holds. Make sure that no other Redis still answers anybody, "
            "then repeat it with --old-primary-is-dead",
            err=True,
        )
        sys.exit(EXIT_FAILED)
    epoch = run_async(commands.rebuild(load_settings(data_dir=data_dir)))
    typer.echo(f"Redis was rebuilt from the ledger; epoch {epoch}")
