"""How results are printed: a table on a terminal, aligned plain text in a pipe, JSON for programs."""

import json
import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typer

# Words that mean the same everywhere, as they look on a terminal.
STYLES = {
    **dict.fromkeys(("ok", "applied", "confirmed", "open"), "green"),
    **dict.fromkeys(("warning", "held", "pending", "part_shipped", "parked"), "yellow"),
    **dict.fromkeys(("wrong", "closed"), "bold red"),
    **dict.fromkeys(("released", "expired", "shipped", "default"), "dim"),
}


def minute(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M") if time_ms else ""


def instant(time_ms: int) -> str:
    """`2026-11-11 00:00:00.123`, UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(" ", "milliseconds").removesuffix("+00:00")


def print_json(value: object) -> None:
    """One value: structs and dataclasses become objects."""
    typer.echo(_json(value, indent=2))


def print_json_line(value: object) -> None:
    """One value on one line, for streams."""
    typer.echo(_json(value, indent=None))


def print_table(names: Sequence[str], rows: Sequence[Sequence[object]], as_json: bool = False) -> None:
    """Columns for people, wide enough for what is in them; or a list of objects."""
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif sys.stdout.isatty():
        _print_rich(names, rows)
    else:
        _print_plain([names, *rows], [names, *rows])


def print_pairs(pairs: Sequence[tuple[str, object]]) -> None:
    """Labels and their values, one a line; what is None is not known."""
    rows = [(label, "unknown" if value is None else value) for label, value in pairs]
    if sys.stdout.isatty():
        _print_rich(("", ""), rows, headed=False)
    else:
        _print_plain(rows, [(label, str(value)) for label, value in rows])


def printable(text: object) -> str:
    """Text of callers on a terminal: a control character would be obeyed, so it is spelled."""
    return "".join(repr(c)[1:-1] if unicodedata.category(c) in ("Cc", "Cf") else c for c in str(text))


def builtins(value: object) -> Any:
    """Structs and dataclasses as dicts."""
    import msgspec

    return msgspec.to_builtins(value)


def _json(value: object, indent: int | None) -> str:
    return json.dumps(builtins(value), ensure_ascii=False, indent=indent)


def _print_plain(shown: Sequence[Sequence[object]], kinds: Sequence[Sequence[object]]) -> None:
    """`kinds` are the same cells: numbers among them stand to the right."""
    lines = [[printable(cell) for cell in row] for row in shown]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    for line, row in zip(lines, kinds, strict=True):
        cells = [
            " " * (width - _width(text)) + text if _is_number(kind) else text + " " * (width - _width(text))
            for text, kind, width in zip(line, row, widths, strict=True)
        ]
        typer.echo("  ".join(cells).rstrip())


def _print_rich(names: Sequence[str], rows: Sequence[Sequence[object]], headed: bool = True) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=headed, header_style="bold", padding=(0, 2, 0, 0))
    for column, name in enumerate(names):
        right = headed and bool(rows) and all(_is_number(row[column]) for row in rows)
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell), STYLES.get(str(cell), "")) for cell in row))
    Console(highlight=False).print(table)


def _is_number(cell: object) -> bool:
    return isinstance(cell, int) and not isinstance(cell, bool)


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
