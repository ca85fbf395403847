"""Commands that run the service: `serve`, `api`, `worker`, `hub`, `demo`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from inventory_service.cli.options import (
    RUN,
    BacklogLimit,
    DataDir,
    DrainDelay,
    Host,
    LogLevel,
    Port,
    RetentionDays,
    SupervisorFd,
    Workers,
)
from inventory_service.cli.work import configure_logs, load_settings, run_async

app = typer.Typer()


@app.command(rich_help_panel=RUN)
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
    settings = load_settings(
        host=host, port=port, workers=workers, data_dir=data_dir, retention_days=retention_days,
        backlog_limit=backlog_limit, drain_delay_seconds=drain_delay_seconds, log_level=log_level,
    )  # fmt: skip
    configure_logs(settings)
    from inventory_service.bootstrap.serve import serve as run

    sys.exit(run_async(run(settings, os.environ, _announce)))


@app.command(rich_help_panel=RUN)
def api(
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    drain_delay_seconds: DrainDelay = None,
    log_level: LogLevel = None,
    supervisor_fd: SupervisorFd = None,
) -> None:
    """The API against given URLs, without the worker: one process, or several under a supervisor."""
    settings = load_settings(
        host=host, port=port, workers=workers, drain_delay_seconds=drain_delay_seconds, log_level=log_level
    )
    configure_logs(settings)
    if supervisor_fd is None and settings.workers > 1:
        from inventory_service.bootstrap.serve import serve_apis

        sys.exit(run_async(serve_apis(settings, os.environ, _announce)))
    from inventory_service.bootstrap.api import run

    sys.exit(run_async(run(settings, supervisor_fd)))


@app.command(rich_help_panel=RUN)
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
    settings = load_settings(retention_days=retention_days, backlog_limit=backlog_limit, log_level=log_level)
    configure_logs(settings)
    from inventory_service.bootstrap.worker import run

    sys.exit(run_async(run(settings, migrates=migrate, rebuilds_empty=rebuild_empty, supervisor_fd=supervisor_fd)))


@app.command(rich_help_panel=RUN)
def hub(log_level: LogLevel = None, supervisor_fd: SupervisorFd = None) -> None:
    """The sync hub against given URLs: every shop's orders come in, its stock goes out. One at a time."""
    settings = load_settings(log_level=log_level)
    configure_logs(settings)
    from inventory_service.bootstrap.hub import run
    from inventory_service.bootstrap.hub_parts import hub_parts

    sys.exit(run_async(run(settings, supervisor_fd, hub_parts)))


@app.command(rich_help_panel=RUN)
def demo(
    exit_after_proof: Annotated[bool, typer.Option("--exit", help="End after the proof; 1 if it fails.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the data here \\[a temporary folder].")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Listen there [8080 if it is free].")] = None,
    channels: Annotated[
        bool, typer.Option("--channels", help="Instead: three shops on simulated platforms sell the same stock.")
    ] = False,
    shoppers: Annotated[int | None, typer.Option(min=1, help="\\[3000; 300 with --channels].")] = None,
    units: Annotated[
        int | None, typer.Option(min=1, help="Units of the hot SKU \\[1000; 120 with --channels].")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="How long shoppers keep arriving \\[12; 45 with --channels].")
    ] = None,
) -> None:
    """A flash sale on this machine, live, with the proof that nothing was oversold."""
    from inventory_service.demo.options import CHANNEL_SALE, FLASH_SALE, DemoOptions

    usual = CHANNEL_SALE if channels else FLASH_SALE
    options = DemoOptions(
        exit_after_proof,
        data_dir,
        port,
        shoppers or usual.shoppers,
        units or usual.units,
        seconds or usual.seconds,
    )
    if channels:
        from inventory_service.demo.channels.run import run_channels

        sys.exit(run_channels(options))
    from inventory_service.demo.run import run_demo

    sys.exit(run_demo(options))


def _announce(line: str) -> None:
    """A full disk or a reader that is gone ends no service. What Python still holds of the line would make the exit
    status 120.
    """
    try:
        typer.echo(line)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
