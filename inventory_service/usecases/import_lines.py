"""What an import is made of: lines to apply, what is wrong with the others, and how far it got."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from inventory_service.domain.movements import MovementType


class ImportLine(NamedTuple):
    """One line that could be read. `number`: where it begins in its file, from 1; a part of its movement id."""

    number: int
    sku: str
    warehouse: str
    quantity: int
    expected_on_hand: int | None = None
    reason: str = ""
    reference: str = ""


class LineProblem(NamedTuple):
    """Why a line cannot be imported, in words. `column` "": the line as a whole."""

    line: int
    column: str
    expected: str
    found: str


class Rejection(NamedTuple):
    """A line that the kernel refused; `code` as in the contract's movement results."""

    line: int
    sku: str
    warehouse: str
    code: str


class UnknownWarehouse(NamedTuple):
    """`like`: a known code that may be meant, "": none comes near."""

    code: str
    lines: Sequence[int]
    like: str


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """`import_id` and a line's number make its movement id."""

    import_id: str
    type: MovementType
    force: bool = False
    skip_errors: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class ImportTally:
    """How far an import got; it is true at every moment, also behind an error or an interruption.

    `remaining`: lines that are good and neither applied, nor duplicates, nor rejected yet.
    `duplicates`: the ledger had them before. `repeated`: of those applied, the kernel had them already: an answer was
    lost and the line sent again, or the same file is being imported elsewhere.
    """

    lines: int = 0
    problems: list[LineProblem] = field(default_factory=list)
    unknown_warehouses: Sequence[UnknownWarehouse] = ()
    skipped: int = 0
    remaining: int = 0
    applied: int = 0
    repeated: int = 0
    duplicates: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def broken(self) -> bool:
        return bool(self.problems or self.unknown_warehouses)
