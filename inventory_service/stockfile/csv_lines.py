"""CSV as spreadsheets write it: a header, quoted fields, any line ends, empty lines."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from inventory_service.domain.errors import Refused
from inventory_service.stockfile.columns import READ, judge_header
from inventory_service.stockfile.fields import UNMANGLED, Fields, is_mangled, judged, shown, whole_in_text
from inventory_service.usecases.import_lines import ImportLine, LineProblem

CLOSED_QUOTES = "fields whose quotes are closed, and doubled inside"

Row = Sequence[str]


def csv_lines(text: str, delimiter: str, name: str) -> Iterator[ImportLine | list[LineProblem]]:
    """Each line below the header, or what is wrong with it. Raises Refused where the header is wrong."""
    rows = _rows(text, delimiter)
    header = _header(text, rows, delimiter, name)
    fields_of = _picker(header)
    for number, row in rows:
        if isinstance(row, LineProblem):
            yield [row]
        elif any(cell.strip() for cell in row):
            yield _line(number, row, header, fields_of)


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
            yield number, LineProblem(number, "", f"{CLOSED_QUOTES} ({error})", shown(last.strip()))


def _header(text: str, rows: Iterator[tuple[int, Row | LineProblem]], delimiter: str, name: str) -> Row:
    number, first = next(((number, row) for number, row in rows if isinstance(row, LineProblem) or any(row)), (0, ()))
    if isinstance(first, LineProblem):
        raise Refused("validation_failed", f"the first line of {name} has {first.expected}.")
    header = [cell.strip().lower() for cell in first]
    while header and not header[-1]:
        header.pop()
    judge_header(header, _line_at(text, number), delimiter, name)
    return header


def _picker(header: Row) -> Callable[[Row], Fields]:
    places = [header.index(column) if column in header else -1 for column in READ]

    def fields_of(row: Row) -> Fields:
        return Fields(*(row[place] if place >= 0 else "" for place in places))

    return fields_of


def _line(number: int, row: Row, header: Row, fields_of: Callable[[Row], Fields]) -> ImportLine | list[LineProblem]:
    if len(row) < len(header) or any(cell.strip() for cell in row[len(header) :]):
        return [LineProblem(number, "", f"{len(header)} fields, as the first line names", f"{len(row)} fields")]
    line = judged(number, fields_of(row), whole_in_text)
    if isinstance(line, ImportLine) and is_mangled(line.sku):
        return [LineProblem(number, "sku", UNMANGLED, line.sku)]
    return line


def _line_at(text: str, number: int) -> str:
    """Line `number` of the text, counted as the reader counts."""
    return next(islice(io.StringIO(text, newline=""), number - 1, None), "") if number else ""
