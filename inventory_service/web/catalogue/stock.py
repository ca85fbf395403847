"""Stock, its movements and policies, and the warehouses that it lies in."""

import msgspec

from inventory_service.domain.clients import Scope
from inventory_service.web import examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import movements, reservations, stock, warehouses
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.fields import Code
from inventory_service.web.schemas.lists import PageBody, PageQuery
from inventory_service.web.schemas.policy import ChannelBody, PolicyBody, PolicyView
from inventory_service.web.schemas.stock import (
    EventBody,
    EventQuery,
    MovementBody,
    MovementResults,
    MovementsBody,
    OneStockQuery,
    StockBody,
    StockQuery,
)
from inventory_service.web.schemas.warehouses import WarehouseBody, WarehouseView

_SKU = {"sku": Code}
_RESERVE = Link(reservations.reserve, description="What is available can be held.")
_SAME = {"sku": "$response.body#/sku"}
_MOVED = {"sku": "$request.body#/movements/0/sku"}

STOCK = (
    Route(
        method="GET",
        path="/v1/stock",
        handler=stock.list_stock,
        tag="Stock",
        summary="Stock of many SKUs",
        scope=Scope.STOCK_READ,
        priority=Priority.LIST,
        query=StockQuery,
        responses={
            200: Response(
                model=PageBody[StockBody],
                example=examples.page(examples.STOCK),
                links=(
                    Link(stock.read_stock, {"sku": "$response.body#/data/0/sku"}),
                    Link(stock.list_stock, {"cursor": "$response.body#/next_cursor"}),
                    _RESERVE,
                ),
            )
        },
    ),
    Route(
        method="POST",
        path="/v1/stock/movements",
        handler=movements.move_stock,
        tag="Stock",
        summary="Goods come in, are counted, set aside, written off",
        description="Up to 1,000, each judged on its own and applied exactly once by its `movement_id`.",
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
        writes=True,
        takes_list=True,
        request=Request(
            documented=MovementsBody[MovementBody], parsed=MovementsBody[msgspec.Raw], example=examples.MOVEMENTS
        ),
        responses={
            200: Response(
                model=MovementResults,
                example=examples.MOVEMENT_RESULTS,
                links=(Link(stock.read_stock, _MOVED), Link(stock.list_stock_events, _MOVED), _RESERVE),
            )
        },
    ),
    Route(
        method="GET",
        path="/v1/stock/{sku}",
        handler=stock.read_stock,
        tag="Stock",
        summary="Stock of one SKU, as it is now",
        scope=Scope.STOCK_READ,
        priority=Priority.READ,
        path_values=_SKU,
        path_refusal="unknown_sku",
        query=OneStockQuery,
        responses={
            200: Response(
                model=StockBody,
                example=examples.STOCK,
                links=(Link(stock.list_stock_events, _SAME), Link(reservations.list_reservations, _SAME), _RESERVE),
            )
        },
        codes=("unknown_sku",),
    ),
    Route(
        method="GET",
        path="/v1/stock/{sku}/events",
        handler=stock.list_stock_events,
        tag="Stock",
        summary="A SKU's history, newest first",
        scope=Scope.STOCK_READ,
        priority=Priority.LIST,
        path_values=_SKU,
        path_refusal="unknown_sku",
        query=EventQuery,
        responses={
            200: Response(
                model=PageBody[EventBody],
                example=examples.page(examples.EVENT),
                links=(
                    Link(
                        stock.list_stock_events, {"sku": "$request.path.sku", "cursor": "$response.body#/next_cursor"}
                    ),
                    Link(reservations.read_reservation, {"reservation_id": "$response.body#/data/0/reservation_id"}),
                ),
            )
        },
        codes=("unknown_sku",),
    ),
    Route(
        method="GET",
        path="/v1/stock/{sku}/policy",
        handler=stock.read_policy,
        tag="Stock",
        summary="What is withheld of a SKU, and on which terms it is sold",
        scope=Scope.STOCK_READ,
        priority=Priority.READ,
        path_values=_SKU,
        path_refusal="unknown_sku",
        responses={
            200: Response(model=PolicyView, example=examples.POLICY_VIEW, links=(Link(stock.set_policy, _SAME),))
        },
        codes=("unknown_sku",),
    ),
    Route(
        method="PUT",
        path="/v1/stock/{sku}/policy",
        handler=stock.set_policy,
        tag="Stock",
        summary="How much is never promised, on which terms it is sold, and when to warn",
        description=(
            "What is left out stays as it is. Thresholds are compared with what a channel has available: the sum over "
            "the warehouses that sell, less `total_safety_stock` and the channel's `safety_stock`. A reservation on a "
            "paused channel is short with the reason `paused`; one beyond `limit_quantity` is 409 `limit_exceeded`. "
            "`pause_below` has to be below `limit_below`, which needs a `limit_quantity`. Below `total_warn_below`, or "
            "the `warn_below` of a channel, an alarm `low_stock` is open until there is as much again."
        ),
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
        writes=True,
        path_values=_SKU,
        path_refusal="unknown_sku",
        request=Request(documented=PolicyBody[ChannelBody], parsed=PolicyBody[msgspec.Raw], example=examples.POLICY),
        responses={200: Response(model=StockBody, example=examples.STOCK_SET, links=(Link(stock.read_stock, _SAME),))},
        codes=("unknown_sku", "unknown_warehouse"),
    ),
    Route(
        method="PUT",
        path="/v1/warehouses/{code}",
        handler=warehouses.put_warehouse,
        tag="Stock",
        summary="Create or replace a warehouse",
        description=(
            "The whole description: what is left out has its default again. Settings that contradict each other are "
            "refused with the pointer of the one that cannot stand: a cut-off, working days, closed dates or a daily "
            "capacity without a time zone, a closure that ends before it begins, two prices for one region.\n\n"
            "`enabled: false` takes the warehouse away: nothing of its stock is available. `paused: true` only stops "
            "new orders: its stock stays available in every figure, and holds, confirmations and scans go on. An order "
            "leaves on the first working day whose cut-off is still ahead; where that day is one of `closed_dates`, "
            "the warehouse is closed and others are asked. Nothing crosses a border that `cross_border` does not name."
        ),
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
        writes=True,
        path_values={"code": Code},
        path_refusal="validation_failed",
        request=Request(documented=WarehouseBody, example=examples.WAREHOUSE),
        responses={
            200: Response(
                model=WarehouseView,
                example=examples.WAREHOUSE_VIEW,
                links=(
                    Link(movements.move_stock, description="A warehouse that exists can take goods in."),
                    Link(stock.list_stock, {"warehouse": "$response.body#/code"}),
                    Link(reservations.list_reservations, {"warehouse": "$response.body#/code"}),
                ),
            )
        },
    ),
    Route(
        method="GET",
        path="/v1/warehouses",
        handler=warehouses.list_warehouses,
        tag="Stock",
        summary="All warehouses",
        scope=Scope.STOCK_READ,
        priority=Priority.LIST,
        query=PageQuery,
        responses={
            200: Response(
                model=PageBody[WarehouseView],
                example=examples.page(examples.WAREHOUSE_VIEW),
                links=(Link(warehouses.list_warehouses, {"cursor": "$response.body#/next_cursor"}),),
            )
        },
    ),
)
