"""The columns of a file, and the words about wrong ones."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from inventory_service.domain.errors import Refused

# What `stock export` adds for people: an import does not look at it.
COUNTERS = (
    *("on_hand", "held", "committed", "unavailable", "safety_stock", "incoming", "available", "deficit"),
    "warn_below",
)


class Columns(NamedTuple):
    """`ignored` may stand there too, and nobody reads them."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    ignored: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


STOCK = Columns(("sku", "warehouse", "quantity"), ("expected_on_hand", "reason", "reference"), COUNTERS)
ITEMS = Columns(("product_id", "sku", "quantity"), ("sku_id",))

SEPARATORS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
OPTION_OF = {",": '","', ";": '";"', "\t": "tab", "|": '"|"'}
_LIKE = 0.45  # of difflib's 0 to 1: near enough for "qty" and quantity


def judge_header(columns: Columns, header: Sequence[str], first_line: str, delimiter: str, name: str) -> None:
    """`header`: the names in small letters, as `delimiter` parts them. Raises Refused in words about file `name`."""
    if first_line.lstrip().startswith(("{", "[")):
        raise Refused("validation_failed", f"{name} looks like NDJSON, not CSV: add --format ndjson.")
    if not set(columns.required) & set(header):
        other = _other_separator(columns, first_line, delimiter)
        if other:
            raise Refused(
                "validation_failed",
                f"the columns of {name} are parted by {SEPARATORS[other]}, not by "
                f"{SEPARATORS.get(delimiter, repr(delimiter))}: add --delimiter {OPTION_OF[other]}.",
            )
    problems = [*_unknown(columns, header), *_missing(columns, header), *_doubled(header)]
    if problems:
        raise Refused("validation_failed", f"the first line of {name} should name the columns: {'; '.join(problems)}.")


def like(columns: Columns, column: str) -> str:
    """The column that may be meant, "": none comes near."""
    near = get_close_matches(column.lower(), columns.read, n=1, cutoff=_LIKE)
    return near[0] if near else ""


def _unknown(columns: Columns, header: Sequence[str]) -> list[str]:
    known = (*columns.read, *columns.ignored)
    return [f'"{name}" is no column{_hint(columns, name)}' for name in header if name and name not in known]


def _hint(columns: Columns, name: str) -> str:
    meant = like(columns, name)
    return f', is "{meant}" meant?' if meant else ""


def _missing(columns: Columns, header: Sequence[str]) -> list[str]:
    missing = [name for name in columns.required if name not in header]
    return [f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"] if missing else []


def _doubled(header: Sequence[str]) -> list[str]:
    return [
        f'"{name}" stands there {count} times' for name, count in Counter(filter(None, header)).items() if count > 1
    ]


def _other_separator(columns: Columns, first_line: str, delimiter: str) -> str:
    for other in SEPARATORS:
        names = {part.strip().strip('"').lower() for part in first_line.split(other)}
        if other != delimiter and len(names & set(columns.required)) > 1:
            return other
    return ""
