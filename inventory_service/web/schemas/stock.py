"""Stock: levels, history, movements, policy."""

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.domain.durability import Durability
from inventory_service.domain.movements import MovementType
from inventory_service.domain.stock import ON_HAND_MAX, QUANTITY_MAX
from inventory_service.usecases.read_stock import LevelView, StockView
from inventory_service.web.schemas.fields import Code, Id, Label, Moment, Reached, SignedQuantity, moment
from inventory_service.web.schemas.lists import PageQuery

MOVEMENTS_MAX = 1000

Item = TypeVar("Item")

Available = Annotated[
    int, Meta(description="max(0, on_hand - held - committed - unavailable - safety_stock); 0 where nothing is sold.")
]
Deficit = Annotated[int, Meta(description="max(0, held + committed + unavailable - on_hand)")]


class Counters(Struct, frozen=True, kw_only=True):
    """Of one warehouse, or summed over all of them."""

    on_hand: Annotated[int, Meta(description="Physically there.")]
    held: Annotated[int, Meta(description="In unexpired reservations, not yet confirmed.")]
    committed: Annotated[int, Meta(description="Confirmed, not yet scanned out.")]
    unavailable: Annotated[int, Meta(description="On the shelf but not for sale.")]
    safety_stock: Annotated[int, Meta(description="Never promised.")]
    incoming: Annotated[int, Meta(description="On its way.")]
    available: Available
    deficit: Deficit
    warn_below: Annotated[int, Meta(description="An alarm is raised below it; of a total: each warehouse's default.")]


class LevelBody(Counters, frozen=True):
    """One SKU in one warehouse. A field that is not keyword-only stands first, as in the contract."""

    warehouse: str


class _Totals(Counters, frozen=True, kw_only=True):
    warehouses: list[LevelBody]
    as_of: Moment
    durability: Annotated[Reached, Meta(description="Where a policy was set.")] | UnsetType = UNSET


class StockBody(_Totals, frozen=True):
    """One SKU; a total is the sum of the warehouses'."""

    sku: str


def stock_body(view: StockView) -> StockBody:
    """A use case's view as callers see it."""
    return StockBody(
        sku=view.sku,
        as_of=moment(view.as_of_ms),
        durability=Durability(view.durability) if view.durability else UNSET,
        warehouses=[LevelBody(warehouse=level.warehouse, **_counters(level)) for level in view.warehouses],
        **_counters(view),
    )


def _counters(view: StockView | LevelView) -> dict[str, int]:
    return {name: getattr(view, name) for name in Counters.__struct_fields__}


class StockQuery(PageQuery, forbid_unknown_fields=True, frozen=True, kw_only=True):
    sku: Annotated[list[Code], Meta(max_length=200, description="May be repeated.")] = msgspec.field(
        default_factory=list
    )
    warehouse: Code | None = None
    available_below: Annotated[int, Meta(ge=0, le=ON_HAND_MAX)] | None = None


class EventQuery(PageQuery, forbid_unknown_fields=True, frozen=True, kw_only=True):
    warehouse: Code | None = None


class EventBody(Struct, frozen=True, kw_only=True):
    """One line of a SKU's history."""

    event_id: str
    type: str
    sku: str
    warehouse: str
    quantity: int
    before: dict[str, int]
    after: dict[str, int]
    reason: str | None
    reference: str | None
    reservation_id: str | None
    client: str | None
    time: Moment


class MovementBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """adjust: any quantity but 0; count: 0 or more; every other type: more than 0."""

    movement_id: Id
    type: MovementType
    sku: Code
    warehouse: Code
    quantity: SignedQuantity
    expected_on_hand: (
        Annotated[int, Meta(ge=-ON_HAND_MAX, le=ON_HAND_MAX, description="Of a count: refused if it is not that now.")]
        | UnsetType
    ) = UNSET
    force: Annotated[bool, Meta(description="Apply it although it breaks commitments.")] | UnsetType = UNSET
    reason: Label | UnsetType = UNSET
    reference: Label | UnsetType = UNSET


class MovementsBody(Struct, Generic[Item], forbid_unknown_fields=True, frozen=True):
    """Each is judged on its own and applied exactly once by its `movement_id`."""

    movements: Annotated[list[Item], Meta(min_length=1, max_length=MOVEMENTS_MAX)]


class MovementResultBody(Struct, frozen=True, kw_only=True):
    movement_id: Annotated[str | None, Meta(description="null where none could be read.")]
    result: Annotated[str, Meta(extra_json_schema={"enum": ["applied", "duplicate", "rejected"]})]
    code: Annotated[str, Meta(description="Why it was rejected.")] | UnsetType = UNSET
    pointer: Annotated[str, Meta(description="JSON Pointer of the offending value.")] | UnsetType = UNSET
    stock: StockBody | UnsetType = UNSET
    durability: Reached | UnsetType = UNSET


class MovementResults(Struct, frozen=True):
    """In the order of the movements."""

    results: list[MovementResultBody]


class PolicyBody(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Without `warehouse` it is each warehouse's default: 5 over ten warehouses withholds 50."""

    safety_stock: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)] | UnsetType = UNSET
    warn_below: Annotated[int, Meta(ge=0, le=QUANTITY_MAX, description="0: never warn.")] | UnsetType = UNSET
    warehouse: Code | UnsetType = UNSET
