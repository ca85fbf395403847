"""The command line: `inventory-service COMMAND`. Each command imports what it needs, so that --help is quick."""

import json
import os
import sys
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from inventory_service.settings import Settings
    from inventory_service.usecases.read_stock import LevelView, StockView

T = TypeVar("T")

EXIT_FAILED = 1
EXIT_WRONG_SETTINGS = 2
EXIT_INTERRUPTED = 130
OPENAPI_FILE = Path("openapi.json")  # committed at the top of the repository, where this is run

app = typer.Typer(
    name="inventory-service",
    help="Reserves stock during flash sales: atomic holds in Redis, an exactly-once ledger in Postgres.",
    epilog="Redis, Postgres and the bootstrap key are set by INVENTORY_REDIS_URL, INVENTORY_DATABASE_URL and "
    "INVENTORY_BOOTSTRAP_KEY; every option has such a twin. Without the URLs, servers of our own run on --data-dir.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
migrate_app = typer.Typer(help="The ledger's schema.", no_args_is_help=True)
keys_app = typer.Typer(help="API keys and webhook secrets of clients.", no_args_is_help=True)
stock_app = typer.Typer(help="Look at stock.", no_args_is_help=True)
lua_app = typer.Typer(help="The kernel's scripts.", no_args_is_help=True)
app.add_typer(migrate_app, name="migrate")
app.add_typer(keys_app, name="keys")
app.add_typer(stock_app, name="stock")
app.add_typer(lua_app, name="lua")

# Text throughout: one place, `settings.load`, judges all values and names every wrong one at once.
Host = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Listen here [127.0.0.1].", show_default=False)]
Port = Annotated[str | None, typer.Option(metavar="PORT", help="Listen there; 0: any free one [8080].")]
Workers = Annotated[str | None, typer.Option(metavar="NUMBER", help="API processes [2, or 1 on a single core].")]
DataDir = Annotated[
    str | None, typer.Option(metavar="FOLDER", help="Where the embedded servers keep their data [./data].")
]
RetentionDays = Annotated[str | None, typer.Option(metavar="DAYS", help="How long applied ids are remembered [7].")]
BacklogLimit = Annotated[
    str | None, typer.Option(metavar="EVENTS", help="New holds stop when Postgres is so far behind [2000000].")
]
DrainDelay = Annotated[
    str | None,
    typer.Option(metavar="SECONDS", help="After SIGTERM, /readyz says no for so long before the door closes [0]."),
]
LogLevel = Annotated[str | None, typer.Option(metavar="LEVEL", help="debug, info, warning or error [info].")]
SupervisorFd = Annotated[int | None, typer.Option(hidden=True)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Run a command; what goes wrong in an expected way is told in lines for people, not in a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - an unexpected one is raised again there
        _fail(error)


@app.command()
def serve(
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    data_dir: DataDir = None,
    retention_days: RetentionDays = None,
    backlog_limit: BacklogLimit = None,
    drain_delay_seconds: DrainDelay = None,
    log_level: LogLevel = None,
) -> None:
    """The service: API processes and the background worker under one supervisor. SIGTERM drains it."""
    settings = _settings(
        host=host, port=port, workers=workers, data_dir=data_dir, retention_days=retention_days,
        backlog_limit=backlog_limit, drain_delay_seconds=drain_delay_seconds, log_level=log_level,
    )  # fmt: skip
    _configure_logs(settings)
    from inventory_service.bootstrap.serve import serve as run

    sys.exit(_run(run(settings, os.environ, typer.echo)))


@app.command()
def api(
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    drain_delay_seconds: DrainDelay = None,
    log_level: LogLevel = None,
    supervisor_fd: SupervisorFd = None,
) -> None:
    """The API against given URLs, without the worker: one process, or several under a supervisor."""
    settings = _settings(
        host=host, port=port, workers=workers, drain_delay_seconds=drain_delay_seconds, log_level=log_level
    )
    _configure_logs(settings)
    if supervisor_fd is None and settings.workers > 1:
        from inventory_service.bootstrap.serve import serve_apis

        sys.exit(_run(serve_apis(settings, os.environ, typer.echo)))
    from inventory_service.bootstrap.api import run

    sys.exit(_run(run(settings, supervisor_fd)))


@app.command()
def worker(
    migrate: Annotated[bool, typer.Option("--migrate", help="Bring the schema up to date first.")] = False,
    rebuild_empty: Annotated[
        bool, typer.Option("--rebuild-empty", help="Fill an empty Redis from the ledger; no other may be answering.")
    ] = False,
    retention_days: RetentionDays = None,
    backlog_limit: BacklogLimit = None,
    log_level: LogLevel = None,
    supervisor_fd: SupervisorFd = None,
) -> None:
    """The background worker against given URLs: opens the gate, writes the ledger, expires holds. One at a time."""
    settings = _settings(retention_days=retention_days, backlog_limit=backlog_limit, log_level=log_level)
    _configure_logs(settings)
    from inventory_service.bootstrap.worker import run

    sys.exit(_run(run(settings, migrates=migrate, rebuilds_empty=rebuild_empty, supervisor_fd=supervisor_fd)))


@app.command()
def verify(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check every invariant, Redis against the ledger; exit 0, or 1 with the differences."""
    from inventory_service.bootstrap import commands

    findings = _run(commands.verify(_settings(data_dir=data_dir)))
    if as_json:
        _print_table(("name", "ok", "detail"), [(each.name, each.ok, each.detail) for each in findings], as_json)
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
    epoch = _run(commands.rebuild(_settings(data_dir=data_dir)))
    typer.echo(f"Redis was rebuilt from the ledger; epoch {epoch}")


@migrate_app.command("status")
def migrate_status(data_dir: DataDir = None) -> None:
    """Every migration and whether it is applied; exit 1 when the schema is not up to date."""
    from inventory_service.bootstrap import commands

    migrations = _run(commands.migration_status(_settings(data_dir=data_dir)))
    _print_table(("migration", "state"), [(each.name, each.state.value) for each in migrations])
    sys.exit(0 if all(each.state == "applied" for each in migrations) else EXIT_FAILED)


@migrate_app.command("up")
def migrate_up(data_dir: DataDir = None) -> None:
    """Apply what is pending."""
    from inventory_service.bootstrap import commands

    names = _run(commands.migrate(_settings(data_dir=data_dir)))
    typer.echo("\n".join(f"applied {name}" for name in names) or "nothing to do: the schema is up to date")


@keys_app.command("create")
def keys_create(
    client: Annotated[str, typer.Argument(help="Who gets it; keys rotate, the client stays.")],
    scope: Annotated[list[str] | None, typer.Option(help="May be repeated: reserve, stock:read, …")] = None,
    webhook: Annotated[bool, typer.Option("--webhook", help="A secret that signs outbound scans, not a key.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Make a key, or a webhook secret, and print it: this once and never again."""
    from inventory_service.bootstrap import commands

    settings = _settings(data_dir=data_dir)
    if webhook:
        made = _run(commands.create_webhook_secret(settings, client))
        typer.echo(made.secret)
        typer.echo(f"Webhook secret {made.secret_id} of {client}. It is not shown again.", err=True)
    else:
        typer.echo(_run(commands.create_key(settings, client, scope or [])))
        typer.echo(f"Key of {client} for {', '.join(scope or [])}. It is not shown again.", err=True)


@keys_app.command("list")
def keys_list(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Every key and webhook secret by its id, without the secret itself."""
    from inventory_service.bootstrap import commands

    keys, secrets = _run(commands.list_keys(_settings(data_dir=data_dir)))
    prefix = commands.KEY_PREFIX
    rows = [
        (f"{prefix}{key.key_id}", key.client, " ".join(sorted(key.scopes)), _day(key.created_ms), _day(key.revoked_ms))
        for key in keys
    ] + [(each.secret_id, each.client, "webhook", _day(each.created_ms), _day(each.revoked_ms)) for each in secrets]
    _print_table(("id", "client", "scopes", "created", "revoked"), rows, as_json)


@keys_app.command("revoke")
def keys_revoke(
    key_id: Annotated[str, typer.Argument(help="As `keys list` shows it.")], data_dir: DataDir = None
) -> None:
    """End a key or a webhook secret; every process knows within 2 s."""
    from inventory_service.bootstrap import commands

    if not _run(commands.revoke_key(_settings(data_dir=data_dir), key_id)):
        typer.echo(f"error: there is no key or webhook secret {key_id} that works", err=True)
        sys.exit(EXIT_FAILED)
    typer.echo(f"revoked {key_id}")


@stock_app.command("get")
def stock_get(
    sku: Annotated[str, typer.Argument(help="Upper and lower case differ.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Stock of one SKU, per warehouse and in all."""
    from inventory_service.bootstrap import commands

    view = _run(commands.stock_of(_settings(data_dir=data_dir), sku))
    counters = ("on_hand", "held", "committed", "unavailable", "safety_stock", "incoming", "available", "deficit")
    rows = [(name, *(getattr(level, each) for each in counters)) for name, level in _levels(view)]
    _print_table(("warehouse", *counters), rows, as_json)


@app.command()
def openapi(
    check: Annotated[bool, typer.Option("--check", help="Compare with openapi.json; exit 1 if it differs.")] = False,
) -> None:
    """Print the OpenAPI document of the API."""
    from inventory_service.web.openapi import document

    made = document()
    if not check:
        typer.echo(made, nl=False)
    elif not OPENAPI_FILE.is_file() or OPENAPI_FILE.read_bytes() != made:
        typer.echo(f"{OPENAPI_FILE} is out of date: run `inventory-service openapi > openapi.json`", err=True)
        sys.exit(EXIT_FAILED)


@lua_app.command("show")
def lua_show(
    script: Annotated[str, typer.Argument(help="apply, open or flushed")] = "apply",
    numbers: Annotated[bool, typer.Option(help="Number the lines, as Redis names them in its errors.")] = True,
) -> None:
    """Print a script as Redis gets it, every include in place."""
    from inventory_service.engine.script import assemble
    from inventory_service.resources import resource_folder

    known = sorted(path.stem for path in resource_folder("lua").glob("*.lua"))
    if script not in known:
        raise typer.BadParameter(f"there is no script {script!r}, only {', '.join(known)}")
    for number, line in enumerate(assemble(script).text.splitlines(), start=1):
        typer.echo(f"{number:5d}  {line}" if numbers else line)


@app.command()
def demo(
    exit_after_proof: Annotated[bool, typer.Option("--exit", help="End after the proof; 1 if it fails.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the data here [a temporary folder].")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Listen there [8080 if it is free].")] = None,
    shoppers: Annotated[int, typer.Option(min=1)] = 3000,
    units: Annotated[int, typer.Option(min=1, help="Units of the hot SKU.")] = 1000,
    seconds: Annotated[float, typer.Option(min=1, help="How long shoppers keep arriving.")] = 12.0,
) -> None:
    """A flash sale on this machine, live, with the proof that nothing was oversold."""
    from inventory_service.demo.options import DemoOptions
    from inventory_service.demo.run import run_demo

    sys.exit(run_demo(DemoOptions(exit_after_proof, data_dir, port, shoppers, units, seconds)))


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("inventory-service"))


def _settings(**options: str | None) -> "Settings":
    from inventory_service.settings import load

    return load(options)


def _configure_logs(settings: "Settings") -> None:
    from inventory_service.telemetry import configure_logs

    configure_logs(settings.log_level)


def _run(work: Coroutine[Any, Any, T]) -> T:
    import uvloop

    return uvloop.run(work)


def _levels(view: "StockView") -> "list[tuple[str, StockView | LevelView]]":
    return [*((level.warehouse, level) for level in view.warehouses), ("total", view)]


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M") if time_ms else ""


def _print_table(names: Sequence[str], rows: Sequence[Sequence[object]], as_json: bool = False) -> None:
    """Columns for people, wide enough for what is in them; or a list of objects."""
    if as_json:
        typer.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, indent=2))
        return
    texts = [names, *([str(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in texts) for column in range(len(names))]
    for line, row in zip(texts, [names, *rows], strict=True):
        cells = [
            text.rjust(width) if isinstance(value, int) else text.ljust(width)
            for text, value, width in zip(line, row, widths, strict=True)
        ]
        typer.echo("  ".join(cells).rstrip())


def _fail(error: Exception) -> NoReturn:
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
