"""`migrate`: the ledger's schema."""

import sys

import typer

from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import print_json, print_table
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async

app = typer.Typer(help="The ledger's schema.", no_args_is_help=True)


@app.command("status")
def migrate_status(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Every migration and whether it is applied; exit 1 when the schema is not up to date."""
    from inventory_service.bootstrap import commands

    migrations = run_async(commands.migration_status(load_settings(data_dir=data_dir)), as_json)
    print_table(("migration", "state"), [(each.name, each.state.value) for each in migrations], as_json)
    sys.exit(0 if all(each.state == "applied" for each in migrations) else EXIT_FAILED)


@app.command("up")
def migrate_up(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Apply what is pending."""
    from inventory_service.bootstrap import commands

    names = run_async(commands.migrate(load_settings(data_dir=data_dir)), as_json)
    if as_json:
        print_json({"applied": names})
    else:
        typer.echo("\n".join(f"applied {name}" for name in names) or "nothing to do: the schema is up to date")
