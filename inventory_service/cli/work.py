"""What every command does around its work: settings, logs, the event loop, and how an error ends it."""

import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from inventory_service.settings import Settings

T = TypeVar("T")

EXIT_FAILED = 1
EXIT_WRONG_SETTINGS = 2
EXIT_INTERRUPTED = 130


def load_settings(**options: str | None) -> "Settings":
    from inventory_service.settings import load

    return load(options)


def configure_logs(settings: "Settings") -> None:
    from inventory_service.telemetry import configure_logs

    configure_logs(settings.log_level)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    import uvloop

    return uvloop.run(work)


def fail(error: Exception) -> NoReturn:
    """One line for what people can do something about; a bug keeps its traceback."""
    from inventory_service.settings import SettingsError

    if isinstance(error, SettingsError):
        typer.echo("\n  ".join(["The settings are wrong:", *error.problems]), err=True)
        sys.exit(EXIT_WRONG_SETTINGS)
    if not _is_expected(error):
        raise error
    typer.echo(f"error: {error}", err=True)
    sys.exit(EXIT_FAILED)


def _is_expected(error: Exception) -> bool:
    from inventory_service.domain.errors import ServiceError
    from inventory_service.embedded.errors import EmbeddedError
    from inventory_service.ledger.migrator import MigrationError
    from inventory_service.workers.supervisor import GaveUp

    return isinstance(error, ServiceError | EmbeddedError | MigrationError | GaveUp | OSError)
