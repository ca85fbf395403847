"""`config`: the settings that would be in force."""

import typer

from inventory_service.cli.options import (
    AsJson,
    BacklogLimit,
    DataDir,
    DrainDelay,
    Host,
    LogLevel,
    Port,
    RetentionDays,
    Workers,
)
from inventory_service.cli.output import print_json, print_table

app = typer.Typer(help="The settings.", no_args_is_help=True)


@app.command("show")
def config_show(
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    data_dir: DataDir = None,
    retention_days: RetentionDays = None,
    backlog_limit: BacklogLimit = None,
    drain_delay_seconds: DrainDelay = None,
    log_level: LogLevel = None,
    as_json: AsJson = False,
) -> None:
    """Every setting with its value and where it comes from. Secrets are not shown; no store is asked."""
    from inventory_service.settings import Described, described, load

    given = {
        "host": host, "port": port, "workers": workers, "data_dir": data_dir, "retention_days": retention_days,
        "backlog_limit": backlog_limit, "drain_delay_seconds": drain_delay_seconds, "log_level": log_level,
    }  # fmt: skip
    found = described(given)
    if path := load(given).notices:
        from inventory_service.alerts.file import shown

        found += [Described(f"notices.{key}", value, "file", "") for key, value in shown(path)]
    if as_json:
        print_json(found)
    else:
        rows = [(each.setting, "" if each.value is None else each.value, each.origin, each.variable) for each in found]
        print_table(("setting", "value", "origin", "variable"), rows)
