"""Stock: levels, history, movements, policy."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from inventory_service.domain.durability import Durability
from inventory_service.domain.movements import MovementType
from inventory_service.domain.stock import ON_HAND_MAX, Terms
from inventory_service.domain.warehouse import WarehouseKind
from inventory_service.usecases.read_stock import LevelView, StockView
from inventory_service.web.schemas.fields import Code, Id, Label, Moment, Reached, SignedQuantity, moment
from inventory_service.web.schemas.lists import PageQuery
from inventory_service.web.schemas.policy import Channel

MOVEMENTS_MAX = 1000

Item = TypeVar("Item")

Available = Annotated[
    int, Meta(description="max(0, on_hand - held - committed - unavailable - safety_stock); 0 where nothing is sold.")
]
Deficit = Annotated[int, Meta(description="max(0, held + committed + unavailable - on_hand), less `preordered`.")]


class ArrivalBody(Struct, frozen=True, kw_only=True):
    """A lot on its way."""

    expected_at: Moment
    quantity: int


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
    preordered: Annotated[int, Meta(description="Promised ahead of what is on its way; 0 unless it is sold so.")]
    arrivals: Annotated[list[ArrivalBody], Meta(description="The dated part of `incoming`, earliest first.")]
    in_transit: Annotated[int, Meta(description="The part of `incoming` that transfers bring from other warehouses.")]


class LevelBody(Counters, frozen=True):
    """One SKU in one warehouse. A field that is not keyword-only stands first, as in the contract."""

    warehouse: str
    kind: Annotated[WarehouseKind | None, Meta(description="null: nobody can tell now.")] = None


class PoolBody(Struct, frozen=True, kw_only=True):
    """Where all units of a SKU are."""

    warehouses: Annotated[int, Meta(description="On the shelves of warehouses.")]
    stores: Annotated[int, Meta(description="On the shelves of stores.")]
    in_transit: Annotated[int, Meta(description="Between warehouses.")]
    expected: Annotated[int, Meta(description="Still to come from outside.")]


class TermsBody(Struct, frozen=True, kw_only=True):
    """On which terms a channel sells a SKU now."""

    channel: str
    available: Annotated[int, Meta(description="Over all warehouses, less what is withheld from the channel.")]
    paused: Annotated[bool, Meta(description="Nothing is sold until more is available.")]
    limit_quantity: Annotated[int | None, Meta(description="At most so many units in one order; null: no limit.")]


class _Totals(Counters, frozen=True, kw_only=True):
    warehouses: list[LevelBody]
    as_of: Moment
    pool: PoolBody
    terms: Annotated[TermsBody, Meta(description="Where a channel was asked about.")] | UnsetType = UNSET
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
        terms=_terms(view.channel, view.terms) if view.terms else UNSET,
        pool=PoolBody(**view.pool._asdict()),
        warehouses=[
            LevelBody(warehouse=level.warehouse, kind=level.kind, **_counters(level)) for level in view.warehouses
        ],
        **_counters(view),
    )


def _counters(view: StockView | LevelView) -> dict[str, Any]:
    arrivals = [ArrivalBody(expected_at=moment(lot.expected_ms), quantity=lot.quantity) for lot in view.arrivals]
    return {name: getattr(view, name) for name in Counters.__struct_fields__} | {"arrivals": arrivals}


def _terms(channel: str, terms: Terms) -> TermsBody:
    return TermsBody(
        channel=channel,
        available=terms.available,
        paused=terms.paused,
        limit_quantity=terms.limit_quantity,
    )


class OneStockQuery(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    channel: Annotated[Channel, Meta(description="Tells the terms of this channel as well.")] | None = None


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
    """adjust: any quantity but 0; count: 0 or more; every other type: more than 0.

    No SKU may be called `transfers`: `/v1/stock/transfers` lists transfers.
    """

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
    expected_at: (
        Annotated[
            datetime,
            Meta(
                tz=True,
                description="Of expect, arrive and cancel_expected: the lot that it is about. RFC 3339 with an offset.",
            ),
        ]
        | UnsetType
    ) = UNSET


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
