"""Arguments that carry more than one value. What is malformed is wrong usage, and said with an example."""

from collections.abc import Sequence

import typer

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
    if not equals or not sku or not quantity.isdecimal():
        raise typer.BadParameter(f"{argument!r} should be SKU=QUANTITY, such as TEE-RED-M=2")
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
        return name, float(value)
    except ValueError:
        raise typer.BadParameter(f"--ship-to: {name} should be degrees, such as 31.23, not {value!r}") from None
