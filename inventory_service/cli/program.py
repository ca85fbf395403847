"""The program as a whole: every group of commands, each a typer app in a module of its own."""

import sys

import typer

from inventory_service.cli import books, documents, keys, migrate, running, stock
from inventory_service.cli.work import EXIT_INTERRUPTED, fail

app = typer.Typer(
    name="inventory-service",
    help="Reserves stock during flash sales: atomic holds in Redis, an exactly-once ledger in Postgres.",
    epilog="Redis, Postgres and the bootstrap key are set by INVENTORY_REDIS_URL, INVENTORY_DATABASE_URL and "
    "INVENTORY_BOOTSTRAP_KEY; every option has such a twin. Without the URLs, servers of our own run on --data-dir.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(running.app)
app.add_typer(books.app)
app.add_typer(migrate.app, name="migrate")
app.add_typer(keys.app, name="keys")
app.add_typer(stock.app, name="stock")
app.add_typer(documents.app)


def main() -> None:
    """Run a command; what goes wrong in an expected way is told in lines for people, not in a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - an unexpected one is raised again there
        fail(error)
