"""Files of lines that people hand in: where they are read from, and how they are written."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from inventory_service.cli.output import printable

if TYPE_CHECKING:
    from inventory_service.stockfile.reading import Format
    from inventory_service.usecases.import_lines import LineProblem

STDIN_OR_OUT = "-"
TOLD_MAX = 20  # of each kind; --json tells all


class FileFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


Lines = Annotated[str, typer.Argument(metavar="FILE", help="CSV or NDJSON; -: the standard input.")]
Kind = Annotated[
    FileFormat | None, typer.Option("--format", help="Told by the file's ending, if not here.", show_default=False)
]
Encoding = Annotated[str, typer.Option(metavar="NAME", help="Such as gb18030 or utf-16.")]
Delimiter = Annotated[
    str | None, typer.Option(metavar="CHARACTER", help='Of CSV, such as ";" or tab [","].', show_default=False)
]


class Given(NamedTuple):
    """A file as it was handed in. `name`: for messages."""

    data: bytes
    name: str
    kind: "Format"
    delimiter: str


def given(file: str, kind: FileFormat | None, delimiter: str | None) -> Given:
    """Raises typer.BadParameter, Refused, OSError."""
    from inventory_service.stockfile.reading import Format, format_of

    if file == STDIN_OR_OUT and kind is None:
        raise typer.BadParameter("the standard input has no ending: add --format csv or --format ndjson")
    made = Format(kind) if kind else format_of(file)
    parted = _character(delimiter) if delimiter else "\t" if file.endswith(".tsv") else ","
    return Given(_bytes_of(file), "the standard input" if file == STDIN_OR_OUT else file, made, parted)


def tell_lines(lines: Sequence[str]) -> None:
    for line in lines[:TOLD_MAX]:
        typer.echo(f"  {line}", err=True)
    if len(lines) > TOLD_MAX:
        typer.echo(f"  … and {len(lines) - TOLD_MAX:,} more", err=True)


def problem_words(problem: "LineProblem") -> str:
    column = f", {problem.column}" if problem.column else ""
    found = f'not "{printable(problem.found)}"' if problem.found else "and is empty"
    return f"line {problem.line}{column}: should be {problem.expected}, {found}"


def _bytes_of(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STDIN_OR_OUT else Path(file).read_bytes()
    except OSError as error:
        raise OSError(f"{file} cannot be read: {error.strerror}") from error


def _character(delimiter: str) -> str:
    character = {"tab": "\t", r"\t": "\t"}.get(delimiter, delimiter)
    if len(character) != 1 or character in '"\r\n':
        raise typer.BadParameter(f"--delimiter should be one character, or tab, not {delimiter!r}")
    return character
