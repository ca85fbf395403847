"""`stock`: what there is, and files of it in and out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inventory_service.cli.files import STDIN_OR_OUT, Delimiter, Encoding, FileFormat, Kind, Lines, given
from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import print_table
from inventory_service.cli.work import load_settings, run_async
from inventory_service.domain.movements import MovementType

if TYPE_CHECKING:
    from inventory_service.usecases.read_stock import LevelView, StockView

IMPORT_ID_PATTERN = r"[A-Za-z0-9._-]{1,48}"  # a line's movement id has room for its number behind it
COUNTERS = ("on_hand", "held", "committed", "unavailable", "safety_stock", "incoming", "available", "deficit")

app = typer.Typer(help="Look at stock, import and export it.", no_args_is_help=True)


@app.command("get")
def stock_get(
    skus: Annotated[list[str], typer.Argument(metavar="SKU...", help="Upper and lower case differ.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Stock of some SKUs, per warehouse and in all."""
    from inventory_service.bootstrap import commands

    views = run_async(commands.stock_of(load_settings(data_dir=data_dir), skus), as_json)
    rows = [
        (view.sku, name, *(getattr(level, each) for each in COUNTERS))
        for view in views
        for name, level in _levels(view)
    ]
    print_table(("sku", "warehouse", *COUNTERS), rows, as_json)


@app.command("import")
def stock_import(
    file: Lines,
    movement_type: Annotated[
        MovementType, typer.Option("--type", help="What every line of it is.", show_default=False)
    ],
    skip_errors: Annotated[
        bool, typer.Option("--skip-errors", help="Import the good lines of a file with broken ones.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, import nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also what leaves less than is promised; it is alarmed.")
    ] = False,
    import_id: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A line is applied once per name; if none is given, per file.", show_default=False
        ),
    ] = None,
    kind: Kind = None,
    encoding: Encoding = "utf-8",
    delimiter: Delimiter = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Apply a file of movements, line by line, each once: the same file again changes nothing.

    Columns: sku, warehouse, quantity, and as you like reason, reference, expected_on_hand (of a count: refused if it
    is not that now). Everything is checked before anything is applied. Exit 1 when a line was broken or refused.
    """
    from inventory_service.cli.stock_import import run_import
    from inventory_service.stockfile.reading import read_stock_file
    from inventory_service.usecases.import_lines import ImportOrder

    named = _checked_import_id(import_id)
    found = given(file, kind, delimiter)
    read = read_stock_file(found.data, found.name, found.kind, encoding=encoding, delimiter=found.delimiter)
    order = ImportOrder(named or read.digest, movement_type, force=force, skip_errors=skip_errors, dry_run=dry_run)
    sys.exit(run_import(load_settings(data_dir=data_dir), read, order, found.name, as_json=as_json))


@app.command("export")
def stock_export(
    warehouse: Annotated[str | None, typer.Option(metavar="CODE", help="Only there.", show_default=False)] = None,
    skus: Annotated[
        list[str] | None,
        typer.Option("--sku", metavar="SKU", help="Only this one; may be repeated.", show_default=False),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Appears whole or not at all; -: the standard output.")
    ] = STDIN_OR_OUT,
    kind: Kind = None,
    data_dir: DataDir = None,
) -> None:
    """All stock, one row per SKU and warehouse: a file that `stock import --type count` takes back.

    quantity is on_hand (0 where that is negative), for you to change. With expected_on_hand a count of stock that
    moved since the export is refused instead of undoing the move.
    """
    from inventory_service.bootstrap import stock_files
    from inventory_service.stockfile.reading import Format, format_of
    from inventory_service.stockfile.writing import StockWriter, written
    from inventory_service.usecases.ports import StockFilter

    settings, wanted = load_settings(data_dir=data_dir), StockFilter(tuple(skus or ()), warehouse or "")
    if output == STDIN_OR_OUT:
        writer = StockWriter(sys.stdout, Format(kind or FileFormat.CSV))
        run_async(stock_files.export_stock(settings, wanted, writer.write))
        return
    made = Format(kind) if kind else format_of(output)
    with written(Path(output)) as stream:
        writer = StockWriter(stream, made)
        run_async(stock_files.export_stock(settings, wanted, writer.write))
    typer.echo(f"{writer.rows:,} rows in {output}", err=True)


def _levels(view: "StockView") -> "list[tuple[str, StockView | LevelView]]":
    return [*((level.warehouse, level) for level in view.warehouses), ("total", view)]


def _checked_import_id(import_id: str | None) -> str | None:
    import re

    if import_id is not None and not re.fullmatch(IMPORT_ID_PATTERN, import_id):
        raise typer.BadParameter(f"--import-id should be 1 to 48 of A-Z a-z 0-9 . _ -, not {import_id!r}")
    return import_id
