"""Is every line of an import one that could be applied? Asked of the whole file before anything is."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches

from inventory_service.domain.codes import SKU_TAKEN
from inventory_service.domain.movements import MovementType, quantity_allowed
from inventory_service.domain.stock import ON_HAND_MAX, QUANTITY_MAX
from inventory_service.usecases.import_lines import ImportLine, LineProblem, UnknownWarehouse


def problems_of(lines: Iterable[ImportLine], movement_type: MovementType) -> Iterator[LineProblem]:
    """What a movement of this type cannot be, whatever the stock is."""
    counted: dict[tuple[str, str], int] = {}
    for line in lines:
        if line.sku == SKU_TAKEN:
            yield LineProblem(line.number, "sku", "another code: /v1/stock/transfers lists transfers", line.sku)
        if abs(line.quantity) > _most(movement_type) or not quantity_allowed(movement_type, line.quantity):
            yield LineProblem(line.number, "quantity", _wanted(movement_type), str(line.quantity))
        if movement_type is not MovementType.COUNT:
            if line.expected_on_hand is not None:
                yield _expectation_without_count(line)
            continue
        first = counted.setdefault((line.sku, line.warehouse), line.number)
        if first != line.number:  # which of the two is right?
            wanted = f"counted once in {line.warehouse}, as line {first} does"
            yield LineProblem(line.number, "sku", wanted, line.sku)


def unknown_warehouses(lines: Iterable[ImportLine], known: Collection[str]) -> Sequence[UnknownWarehouse]:
    """Each once, with the lines that name it."""
    lines_of: dict[str, list[int]] = {}
    for line in lines:
        if line.warehouse not in known:
            lines_of.setdefault(line.warehouse, []).append(line.number)
    codes = {code.casefold(): code for code in known}
    return [UnknownWarehouse(code, numbers, _like(code, codes)) for code, numbers in lines_of.items()]


def _most(movement_type: MovementType) -> int:
    """A count sets a counter, everything else moves so many units at once."""
    return ON_HAND_MAX if movement_type is MovementType.COUNT else QUANTITY_MAX


def _wanted(movement_type: MovementType) -> str:
    most = f"{_most(movement_type):,}"
    if movement_type is MovementType.COUNT:
        return f"0 to {most} in a count"
    if movement_type is MovementType.ADJUST:
        return f"-{most} to {most}, and not 0, in an adjust"
    return f"1 to {most} for the type {movement_type}"


def _expectation_without_count(line: ImportLine) -> LineProblem:
    return LineProblem(line.number, "expected_on_hand", "empty, except in a count", str(line.expected_on_hand))


def _like(code: str, known: dict[str, str]) -> str:
    near = get_close_matches(code.casefold(), known, n=1)
    return known[near[0]] if near else ""
