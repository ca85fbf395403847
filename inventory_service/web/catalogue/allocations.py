"""Which warehouses, and why: explained, previewed, changed."""

import msgspec

from inventory_service.domain.clients import Scope
from inventory_service.web import examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import allocations, reservations, stock
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.allocations import (
    AllocationExplained,
    MovedAwayBody,
    PreviewBody,
    PreviewView,
    ReallocateBody,
    ShortPickBody,
    ShortPickResults,
    ShortPicksBody,
)
from inventory_service.web.schemas.fields import Code, Id
from inventory_service.web.schemas.lists import PageQuery
from inventory_service.web.schemas.reservations import ReservationView

_ONE = {"reservation_id": Id}
_THIS = {"reservation_id": "$request.path.reservation_id"}

ALLOCATIONS = (
    Route(
        method="GET",
        path="/v1/reservations/{reservation_id}/allocation",
        handler=allocations.read_allocation,
        tag="Reservations",
        summary="Why these warehouses, and why not each other one",
        description="As it was when the units came to stand where they do: at the hold, or when they last moved.",
        scope=Scope.RESERVE,
        priority=Priority.LIST,
        path_values=_ONE,
        responses={
            200: Response(
                model=AllocationExplained,
                example=examples.ALLOCATION,
                links=(Link(reservations.read_reservation, _THIS), Link(allocations.reallocate, _THIS)),
            )
        },
        codes=("not_found",),
    ),
    Route(
        method="POST",
        path="/v1/reservations/{reservation_id}/reallocate",
        handler=allocations.reallocate,
        tag="Reservations",
        summary="Move what is still open to other warehouses",
        description=(
            "All that stands in `excluded`, or where the order would not be shipped from any more, or nothing. Id, "
            "status and deadline stay; a repeat changes nothing."
        ),
        scope=Scope.RESERVE,
        priority=Priority.FINISH,
        writes=True,
        path_values=_ONE,
        headers={"Idempotency-Key": "A repeat with the same key and body changes nothing."},
        request=Request(documented=ReallocateBody, optional=True, example={"excluded": ["SHA"]}),
        responses={
            200: Response(
                model=ReservationView,
                headers={"Idempotent-Replayed": "`true` when nothing was changed."},
                example=examples.REALLOCATED,
                links=(Link(allocations.read_allocation, _THIS),),
            )
        },
        codes=(
            *("not_found", "unknown_warehouse", "insufficient_stock"),
            *("reservation_shipped", "reservation_released", "reservation_expired"),
        ),
    ),
    Route(
        method="POST",
        path="/v1/allocations/preview",
        handler=allocations.preview_allocation,
        tag="Reservations",
        summary="What would be held, and from where, without holding it",
        description="A refusal is explained the same way: per line, and per warehouse with what it has.",
        scope=Scope.RESERVE,
        priority=Priority.READ,
        request=Request(documented=PreviewBody, example=examples.PREVIEW),
        responses={
            200: Response(
                model=PreviewView,
                example=examples.PREVIEWED,
                links=(
                    Link(reservations.reserve, description="Hold it."),
                    Link(stock.read_stock, {"sku": "$response.body#/lines/0/sku"}),
                ),
            )
        },
        codes=("unknown_sku", "unknown_warehouse"),
    ),
    Route(
        method="POST",
        path="/v1/warehouses/{code}/reallocate",
        handler=allocations.reallocate_warehouse,
        tag="Warehouses",
        summary="Move open reservations away from a warehouse that failed",
        description="A page per call, the oldest first; what nobody else has stays, and is listed with its shortages.",
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
        writes=True,
        takes_list=True,
        path_values={"code": Code},
        path_refusal="unknown_warehouse",
        query=PageQuery,
        responses={
            200: Response(
                model=MovedAwayBody,
                example=examples.MOVED_AWAY,
                links=(
                    Link(allocations.read_allocation, {"reservation_id": "$response.body#/moved/0"}),
                    Link(allocations.reallocate_warehouse, {"code": "$request.path.code"}, "The next page."),
                ),
            )
        },
        codes=("unknown_warehouse",),
    ),
    Route(
        method="POST",
        path="/v1/wms/short-picks",
        handler=allocations.accept_short_picks,
        tag="Outbound scans",
        summary="A picker found fewer than an order was promised",
        description=(
            "Up to 1,000, each judged on its own and applied exactly once by its `short_pick_id`: on_hand falls by "
            "what was not there, and the units come from elsewhere, or stay promised (`not_moved`). Instead of a key: "
            "Standard Webhooks headers made with the client's secret."
        ),
        scope=Scope.SCAN,
        priority=Priority.FINISH,
        signed=True,
        writes=True,
        takes_list=True,
        request=Request(
            documented=ShortPicksBody[ShortPickBody],
            parsed=ShortPicksBody[msgspec.Raw],
            example=examples.SHORT_PICKS,
        ),
        responses={
            200: Response(
                model=ShortPickResults,
                example=examples.SHORT_PICK_RESULTS,
                links=(
                    Link(
                        reservations.read_reservation,
                        {"reservation_id": "$request.body#/short_picks/0/reservation_id"},
                    ),
                ),
            )
        },
    ),
)
