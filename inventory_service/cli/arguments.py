"""Arguments that carry more than one value. What is malformed is wrong usage, and said with an example."""

import math
from collections.abc import Sequence

import typer

# int() refuses thousands of them; whatever fits is judged as the API judges it.
QUANTITY_DIGITS_MAX = 18
SHOWN_MAX = 100
PLACE_PARTS = ("country", "region", "province", "city", "postcode", "lat", "lon", "datum")


def line_bodies(arguments: Sequence[str]) -> list[dict[str, object]]:
    """`SKU=QUANTITY` as the API spells it. A SKU may hold an equals sign: the last one counts."""
    return [_line_body(argument) for argument in arguments]


def place(text: str | None) -> dict[str, object] | None:
    """`country=CN,region=310000` as the API spells it."""
    if not text:
        return None
    return dict(_part(pair) for pair in text.split(","))


def _line_body(argument: str) -> dict[str, object]:
    sku, equals, quantity = argument.rpartition("=")
    if not equals or not sku or not quantity.isdecimal() or len(quantity) > QUANTITY_DIGITS_MAX:
        shown = argument if len(argument) <= SHOWN_MAX else f"{argument[:SHOWN_MAX]}…"
        raise typer.BadParameter(f"{shown!r} should be SKU=QUANTITY, such as TEE-RED-M=2")
    return {"sku": sku, "quantity": int(quantity)}


def _part(pair: str) -> tuple[str, object]:
    name, _, value = pair.partition("=")
    name = name.strip()
    if name not in PLACE_PARTS or not value:
        parts = ", ".join(PLACE_PARTS)
        raise typer.BadParameter(f"--ship-to: {pair!r} should be PART=VALUE, and the part one of {parts}")
    if name not in ("lat", "lon"):
        return name, value
    try:
        degrees = float(value)
    except ValueError:
        degrees = math.nan
    if not math.isfinite(degrees):
        raise typer.BadParameter(f"--ship-to: {name} should be degrees, such as 31.23, not {value!r}")
    return name, degrees
