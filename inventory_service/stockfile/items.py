"""A file of a platform's articles: of each, which of our SKUs are in it, and how many units.

CSV has a line per part, so that a bundle has several; a line without sku and quantity: there is nothing in it. NDJSON
has an article per line, as the API takes it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inventory_service.domain.codes import CODE_PATTERN
from inventory_service.domain.errors import Refused
from inventory_service.domain.stock import QUANTITY_MAX
from inventory_service.stockfile.columns import ITEMS, Columns
from inventory_service.stockfile.csv_lines import csv_rows
from inventory_service.stockfile.fields import (
    CODE,
    UNMANGLED,
    Number,
    is_mangled,
    shown,
    whole_in_json,
    whole_in_text,
)
from inventory_service.stockfile.json_lines import objects, unknown_field
from inventory_service.stockfile.reading import BYTES_MAX, Format
from inventory_service.stockfile.text import UTF_8, text_of
from inventory_service.usecases.import_lines import LineProblem
from inventory_service.usecases.sync.ports import PARTS_MAX, Item

LINES_MAX = 100_000

_OBJECT = Columns(("product_id", "parts"), ("sku_id",))
_PART = Columns(("sku", "quantity"), ())
_is_code = re.compile(CODE_PATTERN).match
_is_id = re.compile(r"\A[!-~]{1,64}\Z").match
ID = "the platform's id, 1 to 64 visible characters"


@dataclass(frozen=True, slots=True)
class ItemFile:
    """`items` is of no use while there are problems."""

    lines: int
    items: Sequence[Item]
    problems: Sequence[LineProblem]


class _Part(NamedTuple):
    """Of an article. `sku` and `quantity` blank: there is nothing in it. `at`: where both stand, of NDJSON."""

    line: int
    product_id: object
    sku: object
    quantity: object
    sku_id: object
    at: str = ""


def read_item_file(data: bytes, name: str, kind: Format, *, encoding: str = UTF_8, delimiter: str = ",") -> ItemFile:
    """Everything that stands in it. Raises Refused, in words, where it is not such a file at all."""
    if len(data) > BYTES_MAX:
        raise Refused("validation_failed", f"{name} is larger than {BYTES_MAX // 1024**2} MiB: split it.")
    text = text_of(data, encoding, name)
    is_csv = kind is Format.CSV
    reading = _Reading(whole_in_text if is_csv else whole_in_json)
    for part in _csv_parts(text, delimiter, name) if is_csv else _json_parts(text, name):
        reading.take(part)
        if len(reading.lines) > LINES_MAX:
            raise Refused("validation_failed", f"{name} has more than {LINES_MAX:,} lines: split it.")
    if not reading.lines:
        raise Refused("validation_failed", f"{name} names its columns, and has no line below them.")
    items = [Item(*ids, parts) for ids, parts in reading.parts.items()]
    return ItemFile(len(reading.lines), items, list(dict.fromkeys(reading.problems)))


def _csv_parts(text: str, delimiter: str, name: str) -> Iterator[_Part | LineProblem]:
    for number, row in csv_rows(text, ITEMS, delimiter, name):
        yield row if isinstance(row, LineProblem) else _Part(number, *row)


def _json_parts(text: str, name: str) -> Iterator[_Part | LineProblem]:
    seen: set[object] = set()
    for number, value in objects(text, name):
        if isinstance(value, LineProblem):
            yield value
            continue
        yield from (unknown_field(_OBJECT, number, field) for field in value if field not in _OBJECT.read)
        ids = (str(value.get("product_id")), str(value.get("sku_id") or ""))
        if ids in seen:
            yield LineProblem(number, "product_id", "an article that was not named before", shown(ids[0]))
        seen.add(ids)
        yield from _json_parts_of(number, value)


def _json_parts_of(number: int, value: Mapping[str, object]) -> Iterator[_Part | LineProblem]:
    told, product_id, sku_id = value.get("parts"), value.get("product_id"), value.get("sku_id")
    if not isinstance(told, list):
        yield LineProblem(number, "parts", "a list of parts, each with sku and quantity", shown(told))
    elif not told:
        yield _Part(number, product_id, "", "", sku_id)
    for index, part in enumerate(told if isinstance(told, list) else ()):
        if not isinstance(part, dict) or not part.keys() >= {"sku", "quantity"}:
            yield LineProblem(number, f"parts[{index}]", "an object with sku and quantity", shown(part))
            continue
        yield from (unknown_field(_PART, number, field) for field in part if field not in _PART.read)
        yield _Part(number, product_id, part["sku"], part["quantity"], sku_id, f"parts[{index}].")


@dataclass(slots=True)
class _Reading:
    """What was read so far. `parts`: of each article by its two ids."""

    whole: Number
    lines: set[int] = field(default_factory=set)
    parts: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    problems: list[LineProblem] = field(default_factory=list)

    def take(self, part: _Part | LineProblem) -> None:
        self.lines.add(part.line)
        if isinstance(part, LineProblem):
            self.problems.append(part)
            return
        count = len(self.problems)
        ids = self._id(part, "product_id"), self._id(part, "sku_id")
        is_empty = part.at == "" and _is_blank(part.sku) and _is_blank(part.quantity)
        sku, quantity = ("", 0) if is_empty else (self._sku(part), self._quantity(part))
        if len(self.problems) == count:
            self._place(part, ids, sku, quantity)

    def _place(self, part: _Part, ids: tuple[str, str], sku: str, quantity: int) -> None:
        """`sku` "": there is nothing in the article."""
        known = self.parts.get(ids)
        if known is not None and (not sku or not known or sku in known):
            self._wrong(part, "sku", "a SKU that was not named for this article before", part.sku)
        elif known is not None and len(known) >= PARTS_MAX:
            self._wrong(part, "sku", f"one of at most {PARTS_MAX} parts", part.sku)
        else:
            self.parts.setdefault(ids, {}).update({sku: quantity} if sku else {})

    def _id(self, part: _Part, column: str) -> str:
        """An article without variants has no `sku_id`."""
        value = getattr(part, column)
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if is_mangled(text):
            self._wrong(part, column, UNMANGLED, value)
        elif not _is_id(text) and not (column == "sku_id" and _is_blank(value)):
            self._wrong(part, column, ID, value)
        return text

    def _sku(self, part: _Part) -> str:
        text = part.sku.strip() if isinstance(part.sku, str) else ""
        if is_mangled(text):
            self._wrong(part, "sku", UNMANGLED, part.sku)
        elif not _is_code(text):
            self._wrong(part, "sku", CODE, part.sku)
        return text

    def _quantity(self, part: _Part) -> int:
        quantity = self.whole(part.quantity)
        if quantity is None or not 1 <= quantity <= QUANTITY_MAX:
            self._wrong(part, "quantity", f"a whole number, 1 to {QUANTITY_MAX:,}", part.quantity)
        return quantity or 0

    def _wrong(self, part: _Part, column: str, expected: str, value: object) -> None:
        at = part.at if column in _PART.read else ""
        self.problems.append(LineProblem(part.line, f"{at}{column}", expected, shown(value)))


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
