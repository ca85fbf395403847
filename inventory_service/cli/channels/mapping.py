"""`channels map`: what becomes of the orders of marketplaces and one's own shops. A shop's own alone needs a store."""

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from inventory_service.cli.options import AsJson, DataDir
from inventory_service.cli.output import instant, print_json, print_pairs, print_table, printable
from inventory_service.cli.work import EXIT_FAILED, EXIT_WRONG_USAGE, load_settings, run_async, tell_error
from inventory_service.domain.errors import Refused

if TYPE_CHECKING:
    from inventory_service.channels.mapping.applying import DoesNotFit
    from inventory_service.channels.mapping.table import FieldMapping, Row
    from inventory_service.domain.orders.order import Order

ROW = ("field", "type", "required", "path", "table", "transform", "default")

app = typer.Typer(help="How a channel's orders become ours.", no_args_is_help=True)


def channel_names() -> list[str]:
    from inventory_service.channels.mapping.loading import shipped_channels

    return shipped_channels()


@app.command("test")
def map_test(
    file: Annotated[Path, typer.Argument(help="An order as the platform answers it, in JSON.")],
    channel: Annotated[
        str | None, typer.Option(metavar="NAME", help="By our mapping of this channel.", autocompletion=channel_names)
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help="By this one; it may extend one of ours.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the order that FILE becomes, or each field that does not fit. Nothing is stored.

    Exit 0 when it fits, 1 when it does not, 2 when the mapping itself is wrong.
    """
    from inventory_service.channels.mapping.applying import DoesNotFit, apply

    found = _mapping(channel, mapping)
    try:
        order = apply(found, _document(file))
    except DoesNotFit as error:
        _tell_misfits(error, found, file.name, as_json=as_json)
        sys.exit(EXIT_FAILED)
    if as_json:
        print_json({"mapping": _identity(found), "order": _as_object(order), "misfits": []})
    else:
        _print_order(order)


@app.command("show")
def map_show(
    name: Annotated[
        str,
        typer.Argument(metavar="SHOP-OR-CHANNEL", help="A channel of ours, or a shop.", autocompletion=channel_names),
    ],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print our mapping of a channel, or the one that counts for a shop: what is read where, and as what."""
    found = _mapping(name, None) if name in channel_names() else _of_shop(name, data_dir, as_json=as_json)
    rows = [_row(section, row) for section, rows in found.sections.items() for row in rows]
    lists = {name: [path.text for path in paths] for name, paths in found.lists.items()}
    if as_json:
        fields = [dict(zip(ROW, row, strict=True)) for row in rows]
        print_json({"mapping": _identity(found), "lists": lists, "fields": fields, "tables": _tables(found)})
        return
    whose = f"{found.shop}, {found.name}, of {found.channel}" if found.shop else found.channel
    typer.echo(f"{whose}, version {found.version}, digest {found.digest}")
    print_pairs([(f"{name} at", " or ".join(paths)) for name, paths in lists.items()])
    print_table(ROW, [["" if cell is None else _cell(cell) for cell in row] for row in rows])


def _of_shop(shop: str, data_dir: str | None, *, as_json: bool) -> "FieldMapping":
    from inventory_service.bootstrap import shops_by_hand
    from inventory_service.channels.mapping.loading import shipped

    shown = run_async(shops_by_hand.mapping(load_settings(data_dir=data_dir), shop), as_json)
    if shown.toml:
        return checked(shown.toml.encode(), f"its version {shown.version}", shop)
    if shown.shop.channel not in channel_names():
        raise Refused("not_found", f"{shop} has no mapping yet: `channels map set {shop} FILE` sets one.")
    return shipped(shown.shop.channel)._replace(shop=shop)


def checked(data: bytes, name: str, shop: str = "") -> "FieldMapping":
    """Ends the program with every problem where it is wrong."""
    from inventory_service.channels.mapping.checking import WrongMapping
    from inventory_service.channels.mapping.loading import loaded

    try:
        return loaded(data, name, shop)
    except WrongMapping as error:
        typer.echo("\n  ".join(["The mapping is wrong:", *map(printable, error.problems)]), err=True)
        sys.exit(EXIT_WRONG_USAGE)


def _mapping(channel: str | None, file: Path | None) -> "FieldMapping":
    from inventory_service.channels.mapping.loading import shipped

    if file is None:
        if channel not in channel_names():
            given = f"there is no mapping of {channel!r}" if channel else "--channel or --mapping is missing"
            raise typer.BadParameter(f"{given}; ours are {', '.join(channel_names())}")
        return shipped(channel)
    found = checked(file.read_bytes(), file.name)
    if channel not in (None, found.channel):
        raise typer.BadParameter(f"{file.name} is a mapping of {found.channel}, not of {channel}")
    return found


def _document(file: Path) -> object:
    """Raises Refused. Numbers with a fraction stay as exact as they are written."""
    try:
        return json.loads(file.read_bytes(), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Refused("malformed_json", f"{file.name} is no JSON: {error}.") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _tell_misfits(error: "DoesNotFit", mapping: "FieldMapping", name: str, *, as_json: bool) -> None:
    if as_json:
        misfits = [misfit._asdict() for misfit in error.misfits]
        print_json({"mapping": _identity(mapping), "order": None, "misfits": misfits})
        return
    tell_error(f"{name} does not fit {mapping.name}:")
    for misfit in error.misfits:
        words = f"{misfit.field} at {misfit.path or 'the top'}: {misfit.reason}"
        typer.echo(f"  {printable(words)}", err=True)


def _identity(mapping: "FieldMapping") -> dict[str, object]:
    return {"name": mapping.name, "channel": mapping.channel, "version": mapping.version, "digest": mapping.digest}


def _row(section: str, row: "Row") -> tuple[object, ...]:
    tables = dict.fromkeys(source.table.name for source in row.sources if source.table)
    transforms = [f"{each.name}:{each.argument}" if each.argument else each.name for each in row.transforms]
    paths = [source.path.text for source in row.sources]
    return (f"{section}.{row.field}", row.type, row.required, paths, list(tables), transforms, row.default)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _tables(mapping: "FieldMapping") -> dict[str, object]:
    sources = [source for rows in mapping.sections.values() for row in rows for source in row.sources]
    return {source.table.name: dict(source.table.meanings) for source in sources if source.table}


def _as_object(value: Any) -> Any:
    """Named tuples as objects, to any depth."""
    if hasattr(value, "_asdict"):
        return {name: _as_object(each) for name, each in value._asdict().items()}
    return [_as_object(each) for each in value] if isinstance(value, tuple) else value


def _print_order(order: "Order") -> None:
    told = _as_object(order)
    lines, parcels = told.pop("lines"), told.pop("parcels")
    print_pairs(list(_flat(told)))
    for rows in filter(None, (lines, parcels)):
        typer.echo()
        print_table(list(rows[0]), [["" if cell is None else cell for cell in row.values()] for row in rows])


def _flat(told: dict[str, Any], group: str = "") -> list[tuple[str, object]]:
    """Fields that say something, those of a group behind its name; times in UTC."""
    pairs: list[tuple[str, object]] = []
    for name, value in told.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{name}.")
        elif value:
            pairs.append((group + name, instant(value) if name.endswith("_ms") else value))
    return pairs
