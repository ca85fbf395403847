"""What the service answers about its choice of warehouses, as data. As `answers`."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from inventory_service.client.answers import Allocation, Shortage


class Units(Struct, frozen=True, kw_only=True):
    """So many of a SKU."""

    sku: str
    quantity: int


class Choice(Struct, frozen=True, kw_only=True):
    """One warehouse that was ranked. `lines`: what it ships of a hold, or has of what is previewed.

    `reason`: used, ranked_behind, not_enough, no_stock, capacity or closed. `km` None: one of the two places is not
    known. `amount`: freight, in minor units.
    """

    warehouse: str
    rank: int
    reason: str
    km: float | None = None
    amount: int | None = None
    store: bool = False
    lines: tuple[Units, ...] = ()


class Excluded(Struct, frozen=True, kw_only=True):
    """A warehouse that was not ranked at all, and why."""

    warehouse: str
    reason: str


class AllocationExplained(Struct, frozen=True, kw_only=True):
    """Why these warehouses, as it was when the units came to stand where they do.

    `decided_by`: reserve, reacquire, reallocate or short_pick. `place`: where the order was taken to go; None: nowhere
    known.
    """

    reservation_id: str
    decided_at: datetime
    decided_by: str
    strategy: str | None = None
    place: dict[str, Any] | None = None
    warehouses: tuple[Choice, ...] = ()
    excluded: tuple[Excluded, ...] = ()


class PreviewedLine(Struct, frozen=True, kw_only=True):
    """What would be held of a line, and where."""

    sku: str
    quantity: int
    allocations: tuple[Allocation, ...] = ()


class Preview(Struct, frozen=True, kw_only=True):
    """What would be held now. `outcome`: available or insufficient_stock. The rest as in `AllocationExplained`."""

    outcome: str
    lines: tuple[PreviewedLine, ...] = ()
    shortages: tuple[Shortage, ...] = ()
    strategy: str | None = None
    place: dict[str, Any] | None = None
    warehouses: tuple[Choice, ...] = ()
    excluded: tuple[Excluded, ...] = ()


class Unmoved(Struct, frozen=True, kw_only=True):
    """A reservation that stays, and why."""

    reservation_id: str
    code: str
    shortages: tuple[Shortage, ...] = ()


class MovedAway(Struct, frozen=True, kw_only=True):
    """Of one page of a warehouse's open reservations: the ids that moved, and what stays. As `Page`, `next_cursor`."""

    moved: tuple[str, ...] = ()
    unmoved: tuple[Unmoved, ...] = ()
    next_cursor: str | None = None


class ShortPickResult(Struct, frozen=True, kw_only=True):
    """`result`: moved, not_moved (`shortages` say why), duplicate or rejected (`code` and `pointer` say why).

    `durability`: how far it has got, as of a `Reservation`.
    """

    result: str
    short_pick_id: str | None = None
    code: str | None = None
    pointer: str | None = None
    shortages: tuple[Shortage, ...] = ()
    durability: str | None = None
