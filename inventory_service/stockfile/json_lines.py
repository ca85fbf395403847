"""NDJSON: one object per line, with the fields that CSV has as columns."""

import io
from collections.abc import Iterator

import msgspec

from inventory_service.domain.errors import Refused
from inventory_service.stockfile.columns import KNOWN, READ, like
from inventory_service.stockfile.fields import Fields, judged, shown, whole_in_json
from inventory_service.usecases.import_lines import ImportLine, LineProblem

_decode = msgspec.json.Decoder().decode


def json_lines(text: str, name: str) -> Iterator[ImportLine | list[LineProblem]]:
    """Each line, or what is wrong with it. Raises Refused where it is JSON of another shape."""
    if text.lstrip().startswith("["):
        raise Refused(
            "validation_failed",
            f"{name} is one JSON array: an object per line is needed, as `jq -c '.[]' {name}` makes of it.",
        )
    if not text.lstrip().startswith("{"):
        raise Refused("validation_failed", f"{name} does not begin with a JSON object; is it CSV? Add --format csv.")
    for number, line in enumerate(io.StringIO(text, newline=""), start=1):
        if line.strip():
            yield _line(number, line.strip())


def _line(number: int, text: str) -> ImportLine | list[LineProblem]:
    try:
        value = _decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return [LineProblem(number, "", f"a JSON object ({error})", shown(text))]
    if not isinstance(value, dict):
        return [LineProblem(number, "", "a JSON object", shown(text))]
    line = judged(number, Fields(*(value.get(field) for field in READ)), whole_in_json)
    unknown = [_unknown(number, field) for field in value if field not in KNOWN]
    return unknown + (line if isinstance(line, list) else []) if unknown else line


def _unknown(number: int, field: str) -> LineProblem:
    meant = like(field)
    return LineProblem(number, field, meant or f"one of {', '.join(READ)}", shown(field))
