"""Orders of channels."""

from inventory_service.domain.clients import Scope
from inventory_service.web import examples, order_examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import orders, reservations
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.cases import EmptyBody
from inventory_service.web.schemas.fields import Id
from inventory_service.web.schemas.lists import PageBody
from inventory_service.web.schemas.orders import (
    EraseBody,
    ErasedBody,
    FailureBody,
    FailureQuery,
    OrderHistoryView,
    OrderQuery,
    OrderView,
    RetriedBody,
    SkuCodeBody,
    SkuCodeQuery,
    SkuCodeView,
)

_MASKED = "Personal data are masked; with the scope `pii:read` they are clear, and each reading is noted."
_KEYS = "`not_ready` while the service has no sealing keys."

ORDERS = (
    Route(
        method="GET",
        path="/v1/orders",
        handler=orders.list_orders,
        tag="Orders",
        summary="Orders of all channels, newest first",
        description=f"{_MASKED} {_KEYS}",
        scope=Scope.ORDERS,
        priority=Priority.LIST,
        query=OrderQuery,
        responses={
            200: Response(
                model=PageBody[OrderView],
                example=examples.page(order_examples.ORDER),
                links=(
                    Link(orders.list_orders, {"cursor": "$response.body#/next_cursor"}),
                    Link(orders.read_order, {"order_no": "$response.body#/data/0/order_no"}),
                ),
            )
        },
    ),
    Route(
        method="GET",
        path="/v1/orders/sku-codes",
        handler=orders.list_sku_codes,
        tag="Orders",
        summary="What platforms' SKU codes stand for, or which nobody has mapped",
        scope=Scope.ORDERS,
        priority=Priority.LIST,
        query=SkuCodeQuery,
        responses={200: Response(model=PageBody[SkuCodeView], example=examples.page(order_examples.SKU_CODE_VIEW))},
    ),
    Route(
        method="PUT",
        path="/v1/orders/sku-codes",
        handler=orders.put_sku_code,
        tag="Orders",
        summary="Say what a platform's SKU code stands for",
        description=(
            "Orders that wait for the code get their stock. What has stock keeps it: a code is read when a line is "
            "first held for. A code that is one of our SKUs needs no row."
        ),
        scope=Scope.ORDERS,
        priority=Priority.CHANGE,
        writes=True,
        request=Request(documented=SkuCodeBody, example=order_examples.SKU_CODE),
        responses={200: Response(model=SkuCodeView, example=order_examples.SKU_CODE_VIEW)},
    ),
    Route(
        method="GET",
        path="/v1/orders/failures",
        handler=orders.list_order_failures,
        tag="Orders",
        summary="Arrivals that could not be taken in, newest first",
        scope=Scope.ORDERS,
        priority=Priority.LIST,
        query=FailureQuery,
        responses={
            200: Response(
                model=PageBody[FailureBody],
                example=examples.page(order_examples.FAILURE),
                links=(Link(orders.retry_order_failure, {"failure_id": "$response.body#/data/0/failure_id"}),),
            )
        },
    ),
    Route(
        method="POST",
        path="/v1/orders/failures/{failure_id}/retry",
        handler=orders.retry_order_failure,
        tag="Orders",
        summary="Read a document again, with the mapping of today",
        scope=Scope.ORDERS,
        priority=Priority.CHANGE,
        writes=True,
        path_values={"failure_id": Id},
        request=Request(documented=EmptyBody, optional=True, example={}),
        responses={200: Response(model=RetriedBody, example=order_examples.RETRIED)},
        codes=("not_found",),
    ),
    Route(
        method="POST",
        path="/v1/orders/erase",
        handler=orders.erase_customer,
        tag="Orders",
        summary="Erase everything personal of a customer, for good",
        description=(
            "What was sold and shipped stays: numbers, amounts, states. Later versions of these orders bring nothing "
            "personal back, and neither do orders that he placed until now and that only come later, by a backfill. "
            "What he orders from now on is an order like any other. One still to be shipped loses its address too."
        ),
        scope=Scope.ORDERS,
        scope_too=Scope.PII_READ,
        priority=Priority.CHANGE,
        writes=True,
        request=Request(documented=EraseBody, example=order_examples.ERASE),
        responses={200: Response(model=ErasedBody, example=order_examples.ERASED)},
    ),
    Route(
        method="GET",
        path="/v1/orders/{order_no}",
        handler=orders.read_order,
        tag="Orders",
        summary="One order with its history",
        description=f"{_MASKED} {_KEYS}",
        scope=Scope.ORDERS,
        priority=Priority.READ,
        path_values={"order_no": Id},
        responses={
            200: Response(
                model=OrderHistoryView,
                example=order_examples.ORDER_WITH_HISTORY,
                links=(Link(reservations.read_reservation, {"reservation_id": "$response.body#/reservation_id"}),),
            )
        },
        codes=("not_found",),
    ),
)
