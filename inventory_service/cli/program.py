"""The program as a whole: every group of commands, each a typer app in a module of its own."""

import os
import sys
from collections.abc import Sequence

import typer

from inventory_service.cli import (
    alerts,
    books,
    channels,
    config,
    documents,
    events,
    health,
    keys,
    loadtest,
    migrate,
    reservations,
    running,
    scan,
    sealing,
    stock,
    sync,
)
from inventory_service.cli.options import BY_HAND, CARE, LOOK, SET_UP
from inventory_service.cli.work import EXIT_WRONG_USAGE, fail, tell_error

NAME = "inventory-service"  # also for `python -m`: the shell completes names of programs

app = typer.Typer(
    name=NAME,
    help="Reserves stock during flash sales: atomic holds in Redis, an exactly-once ledger in Postgres.",
    epilog="Redis, Postgres and the bootstrap key are set by INVENTORY_REDIS_URL, INVENTORY_DATABASE_URL and "
    "INVENTORY_BOOTSTRAP_KEY; every option has such a twin. Without the URLs, servers of our own run on --data-dir. "
    "A command ends with 0 when it is done, 1 when it was refused or failed, 2 when it was called or set up wrong.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(running.app)
app.add_typer(loadtest.app)
app.add_typer(reservations.app)
app.add_typer(scan.app)
app.add_typer(health.app)
app.add_typer(books.app)
app.add_typer(sealing.app)
app.add_typer(documents.app)
app.add_typer(reservations.listing, name="reservations", rich_help_panel=LOOK)
app.add_typer(stock.app, name="stock", rich_help_panel=BY_HAND)
app.add_typer(alerts.app, name="alerts", rich_help_panel=LOOK)
app.add_typer(events.app, name="events", rich_help_panel=LOOK)
app.add_typer(books.ledger, name="ledger", rich_help_panel=CARE)
channels.app.add_typer(sync.app)
app.add_typer(channels.app, name="channels", rich_help_panel=SET_UP)
app.add_typer(config.app, name="config", rich_help_panel=CARE)
app.add_typer(keys.app, name="keys", rich_help_panel=SET_UP)
app.add_typer(migrate.app, name="migrate", rich_help_panel=SET_UP)
app.add_typer(documents.lua_app, name="lua", rich_help_panel=SET_UP)


def main() -> None:
    """Run a command; what goes wrong in an expected way is told in lines for people, not in a traceback."""
    _open_standard_streams()
    _refuse_what_is_no_text(sys.argv[1:])
    try:
        sys.exit(app(prog_name=NAME, standalone_mode=False))
    except typer.TyperException as error:
        _tell_wrong_usage(error)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - an unexpected one is raised again there
        fail(error)


def _open_standard_streams() -> None:
    """Some schedulers start programs without them. The next file or socket would take the place of one, become the
    output of our children, and have libuv abort when it is closed.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # takes the lowest number that is free
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            stream = open(number, "w" if number else "r", encoding="utf-8", closefd=False)  # noqa: SIM115  # to the end
            setattr(sys, name, stream)


def _refuse_what_is_no_text(arguments: Sequence[str]) -> None:
    """Bytes of another encoding could be neither printed nor kept: such a command would end halfway, in a traceback."""
    for number, argument in enumerate(arguments, 1):
        if any("\ud800" <= character <= "\udfff" for character in argument):
            tell_error(f"Argument {number} is not UTF-8: {argument!r}. Does your terminal, or a file's name, use GBK?")
            sys.exit(EXIT_WRONG_USAGE)


def _tell_wrong_usage(error: typer.TyperException) -> None:
    """One line, with the help to turn to; a group without a command has shown its help already."""
    text = " ".join(error.format_message().split())  # choices come as a list, a line each
    if text:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else NAME
        tell_error(f"{text.rstrip('.')}{'' if text.endswith('?') else '.'} See `{command} --help`.")
