"""One line's fields judged. Strict where a value could be misread, lenient where it cannot."""

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from inventory_service.domain.codes import CODE_PATTERN, LABEL_CHARACTERS_MAX, LABEL_PATTERN
from inventory_service.domain.stock import ON_HAND_MAX
from inventory_service.usecases.import_lines import ImportLine, LineProblem

SHOWN_CHARACTERS = 40
CODE = "1 to 64 printable characters without whitespace"
LABEL = f"at most {LABEL_CHARACTERS_MAX} characters without line breaks"
NUMBER = "a whole number"
PLAIN_NUMBER = "a whole number in digits alone (1,000 is a thousand to some and one to others)"
UNMANGLED = "as it was before a spreadsheet rounded it: format the column as text there"

# One set of digits is as clear as the other; the input method decides which ones are typed.
_NARROW = str.maketrans("０１２３４５６７８９＋－−", "0123456789+--")
# 5.0 is what programs make of 5 beside an empty field. 5.000 is five thousand to some.
_PLAIN = re.compile(r"([+-]?[0-9]{1,30})(?:\.00?)?")
_SEPARATED = re.compile(r"[+-]?[0-9]+[.,'\s][0-9.,'\s]*")
_MANGLED = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+")
_is_code = re.compile(CODE_PATTERN).match
_is_label = re.compile(LABEL_PATTERN).match


class Fields(NamedTuple):
    """A line's values as they stand in the file; "" or None: not given."""

    sku: object
    warehouse: object
    quantity: object
    expected_on_hand: object = ""
    reason: object = ""
    reference: object = ""


Number = Callable[[object], int | None]


def judged(number: int, fields: Fields, whole: Number) -> ImportLine | list[LineProblem]:
    """The line, or everything that is wrong with it. `whole` reads a number as its kind of file writes them."""
    sku, warehouse = _trimmed(fields.sku), _trimmed(fields.warehouse)
    quantity = whole(fields.quantity)
    expected = None if _blank(fields.expected_on_hand) else whole(fields.expected_on_hand)
    reason, reference = _label(fields.reason), _label(fields.reference)
    line = ImportLine(number, sku, warehouse, quantity or 0, expected, reason or "", reference or "")
    problems = list(_problems(line, fields, quantity, reason, reference))
    return problems or line


def whole_in_text(value: object) -> int | None:
    """`5`, ` 5 `, `+5`, `-3`, `5.0`, `５`; not `1,000`, `1.000`, `1 000`, `5.5`, `1e3`, `(5)`."""
    text = str(value).strip()
    if text.isascii() and text.isdecimal() and len(text) < 18:
        return int(text)
    plain = _PLAIN.fullmatch(text.translate(_NARROW))
    return int(plain[1]) if plain else None


def whole_in_json(value: object) -> int | None:
    """An integer, or a number that is one: 5.0. Not a boolean, not text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if isinstance(value, int) or value.is_integer() else None


def is_mangled(sku: str) -> bool:
    """Whether a spreadsheet has taken a long SKU for a number, so that its last digits are gone."""
    return "E+" in sku and _MANGLED.fullmatch(sku) is not None


def shown(value: object) -> str:
    """What stood there, short enough to be told; "": nothing."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def _problems(
    line: ImportLine, fields: Fields, quantity: int | None, reason: str | None, reference: str | None
) -> Iterator[LineProblem]:
    for column, value in (("sku", line.sku), ("warehouse", line.warehouse)):
        if not _is_code(value):
            yield LineProblem(line.number, column, CODE, shown(getattr(fields, column)))
    if quantity is None:
        yield _no_number(line.number, "quantity", fields.quantity)
    if line.expected_on_hand is None and not _blank(fields.expected_on_hand):
        yield _no_number(line.number, "expected_on_hand", fields.expected_on_hand)
    if abs(line.expected_on_hand or 0) > ON_HAND_MAX:
        wanted = f"-{ON_HAND_MAX:,} to {ON_HAND_MAX:,}"
        yield LineProblem(line.number, "expected_on_hand", wanted, shown(fields.expected_on_hand))
    for column, label in (("reason", reason), ("reference", reference)):
        if label is None:
            yield LineProblem(line.number, column, LABEL, shown(getattr(fields, column)))


def _no_number(line: int, column: str, value: object) -> LineProblem:
    separated = isinstance(value, str) and _SEPARATED.fullmatch(value.strip())
    return LineProblem(line, column, PLAIN_NUMBER if separated else NUMBER, shown(value))


def _trimmed(value: object) -> str:
    """No code begins or ends with whitespace, so that around it can only be chance."""
    return value.strip() if isinstance(value, str) else ""


def _label(value: object) -> str | None:
    if value is None or value == "":
        return ""
    fits = isinstance(value, str) and len(value) <= LABEL_CHARACTERS_MAX and _is_label(value)
    return value.strip() if fits and isinstance(value, str) else None


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
