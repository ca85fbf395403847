"""`loadtest`: a scenario of Locust against a given service or one of our own."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from inventory_service.cli.options import RUN, AsJson
from inventory_service.cli.output import print_json
from inventory_service.cli.work import EXIT_FAILED, tell_error

app = typer.Typer()


@app.command(rich_help_panel=RUN)
def loadtest(
    scenario: Annotated[
        str, typer.Argument(help="flash_sale, mixed_day, scan_storm, stock_lookups, or a locustfile of yours.")
    ] = "flash_sale",
    url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Load this service \\[one on embedded servers, for this test]."),
    ] = None,
    api_key: Annotated[
        str | None, typer.Option(envvar="LOADTEST_API_KEY", help="For --url: a key with every scope.")
    ] = None,
    users: Annotated[int, typer.Option(min=1, help="At the peak.")] = 200,
    spawn_rate: Annotated[float | None, typer.Option(min=0.1, help="New users per second \\[all at once].")] = None,
    seconds: Annotated[int, typer.Option(min=1, help="How long it lasts.")] = 30,
    units: Annotated[int | None, typer.Option(min=1, help="Delivered of each SKU \\[as the scenario says].")] = None,
    processes: Annotated[int, typer.Option(min=1, help="Load processes.")] = 1,
    web: Annotated[bool, typer.Option("--web", help="Start and watch it in Locust's own screen.")] = False,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Chart and figures.")] = Path("loadtest-results"),
    as_json: AsJson = False,
) -> None:
    """Load with Locust; ends with table, chart and proof. Exit 1 when the proof or a request failed."""
    from inventory_service.loadtest.options import LoadOptions, LoadTestError
    from inventory_service.loadtest.run import run_loadtest

    options = LoadOptions(
        scenario, url, api_key, users, spawn_rate, seconds, units, processes, web, output, as_json
    )  # fmt: skip
    try:
        sys.exit(run_loadtest(options))
    except LoadTestError as error:
        if as_json:
            print_json({"code": "failed", "detail": str(error)})
        else:
            tell_error(str(error))
        sys.exit(EXIT_FAILED)
