"""Why these warehouses, what would be held, and units that move elsewhere."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.web.schemas.fields import Code, Id, Label, Moment, Quantity, Reached
from inventory_service.web.schemas.problems import ShortageBody
from inventory_service.web.schemas.reservations import AllocationBody, LineBody, ShipTo

SHORT_PICKS_MAX = 1000

Item = TypeVar("Item")
Reason = Literal["used", "ranked_behind", "not_enough", "no_stock", "capacity", "closed"]


class UnitsBody(Struct, frozen=True):
    sku: str
    quantity: int


class ChoiceBody(Struct, frozen=True, kw_only=True):
    """One warehouse, by rank, and what became of it."""

    warehouse: str
    rank: int
    reason: Annotated[
        Reason,
        Meta(
            description=(
                "`used`; `ranked_behind`: others, better ranked, shipped the whole order; `not_enough`: had a part; "
                "`no_stock`; `capacity`: its day is full; `closed`."
            )
        ),
    ]
    km: Annotated[float | None, Meta(description="null: one of the two places is not known.")]
    amount: Annotated[int, Meta(description="Freight, minor units.")] | UnsetType = UNSET
    store: bool
    lines: Annotated[list[UnitsBody], Meta(description="Units it ships (of a hold), or has (of a preview).")]


class ExcludedBody(Struct, frozen=True):
    warehouse: str
    reason: str


class AllocationExplained(Struct, frozen=True, kw_only=True):
    """As it was when the units came to stand where they do."""

    reservation_id: str
    decided_at: Moment
    decided_by: Literal["reserve", "reacquire", "reallocate", "short_pick"]
    strategy: str | None
    place: Annotated[dict[str, Any] | None, Meta(description="Where the order was taken to go; null: nowhere known.")]
    warehouses: list[ChoiceBody]
    excluded: list[ExcludedBody]


class PreviewBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """As a reservation's own fields; nothing is held."""

    lines: Annotated[list[LineBody], Meta(min_length=1, max_length=50)]
    ship_to: ShipTo | UnsetType = UNSET
    allocation: AllocationBody | UnsetType = UNSET
    channel: Label | UnsetType = UNSET
    allow_partial: bool | UnsetType = UNSET


class PreviewedPart(Struct, frozen=True):
    warehouse: str
    quantity: int


class PreviewedLine(Struct, frozen=True):
    sku: str
    quantity: int
    allocations: list[PreviewedPart]


class PreviewView(Struct, frozen=True, kw_only=True):
    outcome: Literal["available", "insufficient_stock"]
    lines: list[PreviewedLine]
    shortages: list[ShortageBody]
    strategy: str | None
    place: dict[str, Any] | None
    warehouses: list[ChoiceBody]
    excluded: list[ExcludedBody]


class ReallocateBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Without either: away from warehouses that would not be used any more."""

    excluded: Annotated[list[Code], Meta(max_length=100, description="Nothing may stay in these.")] = []
    warehouses: Annotated[list[Code], Meta(max_length=100, description="Only these, whatever the order named.")] = []


class UnmovedBody(Struct, frozen=True, kw_only=True):
    reservation_id: str
    code: str
    shortages: list[ShortageBody] | UnsetType = UNSET


class MovedAwayBody(Struct, frozen=True, kw_only=True):
    moved: list[str]
    unmoved: list[UnmovedBody]
    next_cursor: str | None


class ShortPickBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`quantity` units that a picker did not find. It names the reservation, or the order that has one."""

    short_pick_id: Id
    reservation_id: Id | UnsetType = UNSET
    order_ref: Annotated[Label, Meta(min_length=1)] | UnsetType = UNSET
    warehouse: Code
    sku: Code
    quantity: Quantity


class ShortPicksBody(Struct, Generic[Item], forbid_unknown_fields=True, frozen=True):
    short_picks: Annotated[list[Item], Meta(min_length=1, max_length=SHORT_PICKS_MAX)]


class ShortPickResultBody(Struct, frozen=True, kw_only=True):
    short_pick_id: Annotated[str | None, Meta(description="null where none could be read.")]
    result: Literal["moved", "not_moved", "duplicate", "rejected"]
    code: Annotated[str, Meta(description="Why it was rejected.")] | UnsetType = UNSET
    pointer: Annotated[str, Meta(description="JSON Pointer of the offending value.")] | UnsetType = UNSET
    shortages: list[ShortageBody] | UnsetType = UNSET
    durability: Reached | UnsetType = UNSET


class ShortPickResults(Struct, frozen=True):
    """In the order of the short picks."""

    results: list[ShortPickResultBody]
