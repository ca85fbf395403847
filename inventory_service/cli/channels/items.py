"""`channels items`: which of a platform's articles consist of which of our SKUs."""

import sys
from typing import TYPE_CHECKING

import typer

from inventory_service.cli.channels.shops import ShopName
from inventory_service.cli.files import Delimiter, Encoding, Kind, Lines, given, problem_words, tell_lines
from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import builtins, print_json, print_table
from inventory_service.cli.work import EXIT_FAILED, load_settings, run_async

if TYPE_CHECKING:
    from inventory_service.stockfile.items import ItemFile
    from inventory_service.usecases.sync.ports import Item

app = typer.Typer(help="What is in a platform's articles, whose stock is written there.", no_args_is_help=True)


@app.command("set")
def items_set(
    shop: ShopName,
    file: Lines,
    kind: Kind = None,
    encoding: Encoding = "utf-8",
    delimiter: Delimiter = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what is in these articles of a shop; others stay as they are. The platform hears their stock in seconds.

    Columns: product_id, sku_id (of an article with variants), sku, quantity. A bundle has a line for each of its SKUs;
    a line without sku and quantity: its stock is written no more. NDJSON: an article per line, as the API takes it.
    Everything is checked before anything is set. Exit 1 when a line is broken.
    """
    from inventory_service.bootstrap import sync_commands
    from inventory_service.stockfile.items import read_item_file

    found = given(file, kind, delimiter)
    read = read_item_file(found.data, found.name, found.kind, encoding=encoding, delimiter=found.delimiter)
    settings = load_settings(data_dir=data_dir)
    if not read.problems:
        run_async(sync_commands.put_items(settings, shop, read.items), as_json)
    if as_json:
        print_json(_document(shop, found.name, read))
    else:
        _report(shop, found.name, read)
    sys.exit(EXIT_FAILED if read.problems else 0)


@app.command("list")
def items_list(shop: ShopName, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """A shop's articles, what is in them, what was written to the platform last, and why it refused it."""
    from inventory_service.bootstrap import sync_commands
    from inventory_service.web.schemas.sync import items_view

    items = run_async(sync_commands.items(load_settings(data_dir=data_dir), shop), as_json)
    if as_json:
        print_json(builtins(items_view(items))["items"])
    else:
        print_table(("product_id", "sku_id", "parts", "written", "reason"), [_row(item) for item in items])


def _report(shop: str, name: str, read: "ItemFile") -> None:
    if read.problems:
        broken = len({problem.line for problem in read.problems})
        typer.echo(f"{name}: {broken:,} of {read.lines:,} lines are broken; nothing was set.", err=True)
        tell_lines([problem_words(problem) for problem in read.problems])
        return
    gone = sum(not item.parts for item in read.items)
    more = f", {gone:,} of them without parts: written no more" if gone else ""
    typer.echo(f"{name}: {len(read.items):,} articles of {shop} are set{more}")


def _document(shop: str, name: str, read: "ItemFile") -> dict[str, object]:
    items = 0 if read.problems else len(read.items)
    problems = [problem._asdict() for problem in read.problems]
    return {"shop": shop, "file": name, "lines": read.lines, "items": items, "problems": problems}


def _row(item: "Item") -> tuple[object, ...]:
    parts = ", ".join(sku if quantity == 1 else f"{quantity} × {sku}" for sku, quantity in item.parts.items())
    return (item.product_id, item.sku_id, parts, "" if item.written is None else item.written, item.reason)
