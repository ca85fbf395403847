"""NDJSON: one object per line, with the fields that CSV has as columns."""

import io
from collections.abc import Iterator

import msgspec

from inventory_service.domain.errors import Refused
from inventory_service.stockfile.columns import STOCK, Columns, like
from inventory_service.stockfile.fields import Fields, judged, shown, whole_in_json
from inventory_service.usecases.import_lines import ImportLine, LineProblem

_decode = msgspec.json.Decoder().decode


def json_lines(text: str, name: str) -> Iterator[ImportLine | list[LineProblem]]:
    """Each line, or what is wrong with it. Raises Refused where it is JSON of another shape."""
    for number, value in objects(text, name):
        yield [value] if isinstance(value, LineProblem) else _line(number, value)


def objects(text: str, name: str) -> Iterator[tuple[int, dict[str, object] | LineProblem]]:
    """(number, object) of each line that is not empty. Raises Refused where it is JSON of another shape."""
    if text.lstrip().startswith("["):
        raise Refused(
            "validation_failed",
            f"{name} is one JSON array: an object per line is needed, as `jq -c '.[]' {name}` makes of it.",
        )
    if not text.lstrip().startswith("{"):
        raise Refused("validation_failed", f"{name} does not begin with a JSON object; is it CSV? Add --format csv.")
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if line.strip():
            yield number, _object(number, line.strip())


def unknown_field(columns: Columns, number: int, field: str) -> LineProblem:
    meant = like(columns, field)
    return LineProblem(number, field, meant or f"one of {', '.join(columns.read)}", shown(field))


def _object(number: int, text: str) -> dict[str, object] | LineProblem:
    try:
        value = _decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return LineProblem(number, "", f"a JSON object ({error})", shown(text))
    return value if isinstance(value, dict) else LineProblem(number, "", "a JSON object", shown(text))


def _line(number: int, value: dict[str, object]) -> ImportLine | list[LineProblem]:
    line = judged(number, Fields(*(value.get(field) for field in STOCK.read)), whole_in_json)
    known = (*STOCK.read, *STOCK.ignored)
    unknown = [unknown_field(STOCK, number, field) for field in value if field not in known]
    return unknown + (line if isinstance(line, list) else []) if unknown else line
