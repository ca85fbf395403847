"""CSV as spreadsheets write it: a header, quoted fields, any line ends, empty lines."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from inventory_service.domain.errors import Refused
from inventory_service.stockfile.columns import STOCK, Columns, judge_header
from inventory_service.stockfile.fields import UNMANGLED, Fields, is_mangled, judged, shown, whole_in_text
from inventory_service.usecases.import_lines import ImportLine, LineProblem

CLOSED_QUOTES = "fields whose quotes are closed, and doubled inside"

Row = Sequence[str]


def csv_lines(text: str, delimiter: str, name: str) -> Iterator[ImportLine | list[LineProblem]]:
    """Each line below the header, or what is wrong with it. Raises Refused where the header is wrong."""
    for number, row in csv_rows(text, STOCK, delimiter, name):
        yield [row] if isinstance(row, LineProblem) else _line(number, row)


def csv_rows(text: str, columns: Columns, delimiter: str, name: str) -> Iterator[tuple[int, Row | LineProblem]]:
    """(number of the line where it begins, its cells in the order of `columns.read`) of each line that is not empty.

    Raises Refused where the header is wrong.
    """
    rows = _rows(text, delimiter)
    header = _header(text, columns, rows, delimiter, name)
    places = [header.index(column) if column in header else -1 for column in columns.read]
    for number, row in rows:
        if isinstance(row, LineProblem):
            yield number, row
        elif not any(map(str.strip, row)):
            continue
        elif len(row) < len(header) or any(map(str.strip, row[len(header) :])):
            expected = f"{len(header)} fields, as the first line names"
            yield number, LineProblem(number, "", expected, f"{len(row)} fields")
        else:
            yield number, [row[place] if place >= 0 else "" for place in places]


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, Row | LineProblem]]:
    """(number of the line where it begins, its cells). A quoted cell may hold line breaks."""
    last = ""

    def physical_lines() -> Iterator[str]:
        nonlocal last
        # newline="": only line ends part lines, not every character that Python takes for one.
        for line in io.StringIO(text, newline=""):
            last = line
            yield line

    reader = csv.reader(physical_lines(), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, LineProblem(number, "", _needed(error), shown(last.strip()))


def _needed(error: csv.Error) -> str:
    if "field limit" in str(error):  # a file without line ends, or no CSV at all: its quotes are beside the point
        return f"fields of at most {csv.field_size_limit():,} characters"
    return f"{CLOSED_QUOTES} ({error})"


def _header(
    text: str, columns: Columns, rows: Iterator[tuple[int, Row | LineProblem]], delimiter: str, name: str
) -> Row:
    number, first = next(((number, row) for number, row in rows if isinstance(row, LineProblem) or any(row)), (0, ()))
    if isinstance(first, LineProblem):
        raise Refused("validation_failed", f"the first line of {name} has {first.expected}.")
    header = [cell.strip().lower() for cell in first]
    while header and not header[-1]:
        header.pop()
    judge_header(columns, header, _line_at(text, number), delimiter, name)
    return header


def _line(number: int, row: Row) -> ImportLine | list[LineProblem]:
    line = judged(number, Fields(*row), whole_in_text)
    if isinstance(line, ImportLine) and is_mangled(line.sku):
        return [LineProblem(number, "sku", UNMANGLED, line.sku)]
    return line


def _line_at(text: str, number: int) -> str:
    """Line `number` of the text, counted as the reader counts."""
    return next(islice(io.StringIO(text, newline=""), number - 1, None), "") if number else ""
