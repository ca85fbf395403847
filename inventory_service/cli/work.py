"""What every command does around its work: settings, logs, the event loop, and how an error ends it."""

import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

from inventory_service.cli.output import builtins, print_json, printable

if TYPE_CHECKING:
    from inventory_service.domain.errors import Refused
    from inventory_service.settings import Settings

T = TypeVar("T")

EXIT_FAILED = 1
EXIT_WRONG_USAGE = 2  # of the command line or of a setting
EXIT_INTERRUPTED = 130


def load_settings(**options: str | None) -> "Settings":
    """Settings for a command that ends by itself: its log is warnings alone, beside what it prints."""
    from inventory_service.settings import load
    from inventory_service.telemetry import configure_logs

    settings = load(options)
    configure_logs("warning")
    return settings


def configure_logs(settings: "Settings") -> None:
    """For what runs until it is stopped."""
    from inventory_service.telemetry import configure_logs

    configure_logs(settings.log_level)


def run_async(work: Coroutine[Any, Any, T], as_json: bool = False, again: str = "") -> T:
    """The result of `work`. What goes wrong in an expected way is raised, or `as_json` printed as a problem.

    `again`: the option that makes a repeat harmless, told when the outcome is unknown.
    """
    import uvloop

    from inventory_service.domain.errors import OutcomeUnknown

    try:
        return uvloop.run(work)
    except OutcomeUnknown as error:
        repeat = f"Repeat it with {again}" if again else "Repeat it"
        told = f"{str(error).rstrip('.')}: it may have happened. {repeat}, it is never done twice."
        _end(OutcomeUnknown(told), as_json)
    except Exception as error:  # noqa: BLE001 - what is not expected is raised again
        _end(error, as_json)


def fail(error: Exception) -> NoReturn:
    """One line for what people can do something about; a bug keeps its traceback."""
    from inventory_service.domain.errors import InsufficientStock, NotReady, Refused
    from inventory_service.settings import SettingsError

    if isinstance(error, SettingsError):
        typer.echo("\n  ".join(["The settings are wrong:", *error.problems]), err=True)
        sys.exit(EXIT_WRONG_USAGE)
    if not _is_expected(error):
        raise error
    if isinstance(error, Refused):
        tell_error(_refusal(error))
    elif isinstance(error, NotReady) and "`" not in str(error):  # those that name a command say enough
        tell_error(f"{str(error).rstrip('.')}. Run `inventory-service doctor` to see what is wrong.")
    else:
        tell_error(_words(error))
    for each in error.shortages if isinstance(error, InsufficientStock) else ():
        words = f"{each.sku}: {each.requested} asked for, {each.available} available"
        typer.echo(f"  {printable(words)} [{each.reason}]", err=True)
    sys.exit(EXIT_FAILED)


def tell_error(text: str) -> None:
    typer.secho("error:", fg="red", bold=True, nl=False, err=True)
    typer.echo(f" {text}", err=True)


def _refusal(error: "Refused") -> str:
    """The place is told where the words alone do not name the value."""
    place = f" ({error.pointer})" if error.pointer and error.code == "validation_failed" else ""
    return f"{printable(error.detail or error.code)}{place} [{error.code}]"


def _words(error: Exception) -> str:
    """Of the operating system's errors without their numbers, which say nothing to people."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _end(error: Exception, as_json: bool) -> NoReturn:
    """Under --json a program reads the standard output, so the problem stands there, as the API would spell it."""
    from inventory_service.domain.errors import ServiceError

    if not as_json or not _is_expected(error):
        raise error
    if isinstance(error, ServiceError):
        from inventory_service.web.problems import problem_of

        print_json({name: value for name, value in builtins(problem_of(error, "")).items() if name != "request_id"})
    else:
        print_json({"code": "failed", "detail": _words(error)})
    sys.exit(EXIT_FAILED)


def _is_expected(error: Exception) -> bool:
    from inventory_service.domain.errors import ServiceError
    from inventory_service.embedded.errors import EmbeddedError
    from inventory_service.ledger.migrator import MigrationError
    from inventory_service.workers.supervisor import GaveUp

    return isinstance(error, ServiceError | EmbeddedError | MigrationError | GaveUp | OSError)
