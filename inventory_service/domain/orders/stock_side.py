"""What the stock side has done for an order so far, and what the warehouse said of it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

ALL_LINES = "*"


class Hold(StrEnum):
    """Of the order's one reservation. A hold may have ended by its time meanwhile: only the kernel knows."""

    NONE = "none"
    HELD = "held"
    CONFIRMED = "confirmed"


class Part(NamedTuple):
    """Units of one of our SKUs in one unit of what the platform sells: a bundle has several parts, a gift is one."""

    sku: str
    quantity: int


class Backed(NamedTuple):
    """Units of a line that the reservation holds stock for, by the parts that the line had then."""

    line_id: str
    units: int
    parts: tuple[Part, ...]
    before: int = 0  # units of the line that had left before there was a reservation: nothing was held for them
    variant: str = ""  # "": nobody noted it


class Handling(NamedTuple):
    """What the warehouse was told, and what it or a person answered. The words of one telling can come in any order.

    `not_shipped`: lines that will not leave, ALL_LINES: none will. A new telling to ship takes it back.
    """

    told: bool = False
    picking: bool = False
    shipped: bool = False
    not_shipped: tuple[str, ...] = ()

    def stopped(self, line_id: str) -> bool:
        """Whether the line's stock may go: nobody was told to ship it, or everybody knows better."""
        return not self.told or line_id in self.not_shipped or ALL_LINES in self.not_shipped


class Word(StrEnum):
    """What a warehouse or a person can say of an order, in the order of their weight."""

    PICKING = "picking"
    NOT_SHIPPED = "not_shipped"
    SHIPPED = "shipped"


Units = tuple[tuple[str, int], ...]  # by SKU, in their order


class Telling(NamedTuple):
    """What one warehouse was told last of an order.

    `units`: all that is to leave it for the order; () since it was told to stop. `number`: of the newest entry.
    `taken_back`: of the newest entry that told it to ship less, or to ship again although it had not answered yet to
    stop; 0: nothing is open, it can ship no more than `units`. `left`: all of it was scanned. `collect_minor`: to be
    taken at the door with its parcel, None: how much, nobody says. `asked_ms`: since when it owes an answer, 0: it
    does not. `gone`: of its units those that had left before more was to leave it, `gone_minor`: what they bring.
    """

    warehouse: str
    number: int
    units: Units
    reservation: str
    receiver: int
    taken_back: int = 0
    left: bool = False
    failed: bool = False
    collect_minor: int | None = 0
    asked_ms: int = 0
    gone: Units = ()
    gone_minor: int | None = 0

    @property
    def keeps(self) -> bool:
        """Whether it said that nothing (more) will leave it."""
        return not self.units and not self.taken_back


class StockSide(NamedTuple):
    attempt: int = 0  # its reservation is `<order_no>`, or behind a release or an amendment `<order_no>.<attempt>`
    hold: Hold = Hold.NONE
    backed: tuple[Backed, ...] = ()
    destination: str = ""  # a digest of where the stock was chosen for
    handling: Handling = Handling()
    refused: str = ""  # a digest of the amendment that there was no stock for: asked for again once there is
    tellings: tuple[Telling, ...] = ()  # by warehouse
    entries: int = 0  # how many were ever appended for it
    receiver: int = 0  # how often the receiver became another one
    due_minor: int | None = 0  # to be taken at the door in all, as its warehouses were told


NO_STOCK = StockSide()


def reservation_id(order_no: str, attempt: int) -> str:
    return f"{order_no}.{attempt}" if attempt else order_no


def is_attempt(name: str, order_no: str) -> bool:
    """Whether a reservation of that name is the order's."""
    return name == order_no or name.startswith(f"{order_no}.")


def told(handling: Handling) -> Handling:
    """Told to ship, perhaps once more: what was said of an earlier telling does not hold for this one."""
    return handling._replace(told=True, not_shipped=())


def heard(handling: Handling, word: Word, line_ids: tuple[str, ...] = (ALL_LINES,)) -> Handling:
    if word is Word.PICKING:
        return handling._replace(picking=True)
    if word is Word.SHIPPED:
        return handling._replace(shipped=True)
    return handling._replace(not_shipped=tuple(sorted({*handling.not_shipped, *line_ids})))


def grown(before: tuple[Backed, ...], after: tuple[Backed, ...]) -> Mapping[str, int]:
    """Units of each SKU that are more than before."""
    had = units_by_sku(before)
    return {sku: units - had.get(sku, 0) for sku, units in units_by_sku(after).items() if units > had.get(sku, 0)}


def units_by_sku(backed: tuple[Backed, ...]) -> Mapping[str, int]:
    """What a reservation for these lines asks for, sorted by SKU."""
    units: dict[str, int] = {}
    for each in backed:
        for part in each.parts:
            units[part.sku] = units.get(part.sku, 0) + part.quantity * each.units
    return dict(sorted(units.items()))
