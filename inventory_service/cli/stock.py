"""`stock`: what there is."""

from typing import TYPE_CHECKING, Annotated

import typer

from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import print_table
from inventory_service.cli.work import load_settings, run_async

if TYPE_CHECKING:
    from inventory_service.usecases.read_stock import LevelView, StockView

app = typer.Typer(help="Look at stock.", no_args_is_help=True)


@app.command("get")
def stock_get(
    sku: Annotated[str, typer.Argument(help="Upper and lower case differ.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Stock of one SKU, per warehouse and in all."""
    from inventory_service.bootstrap import commands

    view = run_async(commands.stock_of(load_settings(data_dir=data_dir), sku), as_json)
    counters = ("on_hand", "held", "committed", "unavailable", "safety_stock", "incoming", "available", "deficit")
    rows = [(name, *(getattr(level, each) for each in counters)) for name, level in _levels(view)]
    print_table(("warehouse", *counters), rows, as_json)


def _levels(view: "StockView") -> "list[tuple[str, StockView | LevelView]]":
    return [*((level.warehouse, level) for level in view.warehouses), ("total", view)]
