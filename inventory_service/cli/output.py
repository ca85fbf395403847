"""How results are printed: columns for people, JSON for programs."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import typer


def minute(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M") if time_ms else ""


def print_table(names: Sequence[str], rows: Sequence[Sequence[object]], as_json: bool = False) -> None:
    """Columns for people, wide enough for what is in them; or a list of objects."""
    if as_json:
        typer.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False, indent=2))
        return
    texts = [names, *([str(value) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in texts) for column in range(len(names))]
    for line, row in zip(texts, [names, *rows], strict=True):
        cells = [
            text.rjust(width) if isinstance(value, int) else text.ljust(width)
            for text, value, width in zip(line, row, widths, strict=True)
        ]
        typer.echo("  ".join(cells).rstrip())
