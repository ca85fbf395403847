"""Every call of the service, as the router serves it and the OpenAPI document tells it."""

import msgspec

from inventory_service.domain.clients import Scope
from inventory_service.web import examples
from inventory_service.web.handlers import batch, cases, movements, operations, reservations, scans, stock, warehouses
from inventory_service.web.routes import Request, Response, Route
from inventory_service.web.schemas.batch import AnyOperation, BatchBody, BatchResults
from inventory_service.web.schemas.cases import (
    AlertBody,
    AlertQuery,
    EmptyBody,
    ExceptionBody,
    ExceptionQuery,
    ResolveBody,
)
from inventory_service.web.schemas.fields import Code, Id
from inventory_service.web.schemas.lists import PageBody, PageQuery
from inventory_service.web.schemas.operations import Health
from inventory_service.web.schemas.reservations import (
    ConfirmBody,
    ExtendBody,
    ReleaseBody,
    ReservationQuery,
    ReservationView,
    ReserveBody,
)
from inventory_service.web.schemas.scans import ScanBody, ScanResults, ScansBody
from inventory_service.web.schemas.stock import (
    EventBody,
    EventQuery,
    MovementBody,
    MovementResults,
    MovementsBody,
    PolicyBody,
    StockBody,
    StockQuery,
)
from inventory_service.web.schemas.warehouses import WarehouseBody, WarehouseView

_REPLAYED = {"Idempotent-Replayed": "`true` when nothing was changed, because it had been done before."}
_KEY_IS_ID = {"Idempotency-Key": "Names the reservation where the body has no `reservation_id`; once per client."}
_KEY_IS_OPERATION = {"Idempotency-Key": "A repeat with the same key and body changes nothing."}
_ONE = {"reservation_id": Id}
_SKU = {"sku": Code}

RESERVATIONS = (
    Route(
        method="POST",
        path="/v1/reservations",
        handler=reservations.reserve,
        tag="Reservations",
        summary="Hold stock for one order",
        description=(
            "All lines or nothing, unless `allow_partial`. One of `reservation_id` and the header `Idempotency-Key` is "
            "required. The same id with the same content answers with the reservation as it is now: decide by "
            "`status`. Content is compared as sent, lines summed per SKU, without `metadata`."
        ),
        scope=Scope.RESERVE,
        writes=True,
        headers=_KEY_IS_ID,
        request=Request(documented=ReserveBody, example=examples.RESERVE),
        responses={
            201: Response(model=ReservationView, description="Held.", example=examples.RESERVATION),
            200: Response(
                model=ReservationView, description="Held before.", headers=_REPLAYED, example=examples.RESERVATION
            ),
        },
        codes=(
            "idempotency_key_required",
            "insufficient_stock",
            "unknown_sku",
            "unknown_warehouse",
            "idempotency_mismatch",
        ),
    ),
    Route(
        method="GET",
        path="/v1/reservations",
        handler=reservations.list_reservations,
        tag="Reservations",
        summary="Who holds what",
        scope=Scope.RESERVE,
        query=ReservationQuery,
        responses={200: Response(model=PageBody[ReservationView], example=examples.page(examples.RESERVATION))},
    ),
    Route(
        method="GET",
        path="/v1/reservations/{reservation_id}",
        handler=reservations.read_reservation,
        tag="Reservations",
        summary="One reservation, also long after it ended",
        scope=Scope.RESERVE,
        path_values=_ONE,
        responses={200: Response(model=ReservationView, example=examples.RESERVATION)},
        codes=("not_found",),
    ),
    Route(
        method="POST",
        path="/v1/reservations/{reservation_id}/confirm",
        handler=reservations.confirm,
        tag="Reservations",
        summary="Paid: the deadline is gone, the stock is committed",
        description="The service's clock decides: a confirm that arrives at the deadline or after it is late.",
        scope=Scope.RESERVE,
        writes=True,
        path_values=_ONE,
        headers=_KEY_IS_OPERATION,
        request=Request(documented=ConfirmBody, optional=True, example={"reacquire": True}),
        responses={200: Response(model=ReservationView, headers=_REPLAYED, example=examples.CONFIRMED)},
        codes=("not_found", "reservation_expired", "reservation_released", "insufficient_stock"),
    ),
    Route(
        method="POST",
        path="/v1/reservations/{reservation_id}/release",
        handler=reservations.release,
        tag="Reservations",
        summary="Give back everything, or a part",
        description="A part needs a `release_id` (the `Idempotency-Key` stands in for it) and is given back once.",
        scope=Scope.RESERVE,
        writes=True,
        path_values=_ONE,
        headers=_KEY_IS_OPERATION,
        request=Request(documented=ReleaseBody, optional=True, example=examples.RELEASE_PART),
        responses={200: Response(model=ReservationView, headers=_REPLAYED, example=examples.RELEASED)},
        codes=(
            "not_found",
            "reservation_shipped",
            "reservation_released",
            "reservation_expired",
            "idempotency_mismatch",
        ),
    ),
    Route(
        method="POST",
        path="/v1/reservations/{reservation_id}/extend",
        handler=reservations.extend,
        tag="Reservations",
        summary="Move the deadline to now + ttl_seconds",
        scope=Scope.RESERVE,
        writes=True,
        path_values=_ONE,
        headers=_KEY_IS_OPERATION,
        request=Request(documented=ExtendBody, example={"ttl_seconds": 900}),
        responses={200: Response(model=ReservationView, headers=_REPLAYED, example=examples.EXTENDED)},
        codes=("not_found", "not_held", "insufficient_stock"),
    ),
    Route(
        method="POST",
        path="/v1/batch",
        handler=batch.batch,
        tag="Reservations",
        summary="Up to 1,000 operations in order, each judged on its own",
        description=(
            "A later operation sees what an earlier one did; one that is malformed or refused leaves its neighbours "
            "alone. A pointer in a result's body is relative to its operation."
        ),
        scope=Scope.RESERVE,
        writes=True,
        takes_list=True,
        request=Request(documented=BatchBody[AnyOperation], parsed=BatchBody[msgspec.Raw], example=examples.BATCH),
        responses={200: Response(model=BatchResults, example=examples.BATCH_RESULTS)},
    ),
)

STOCK = (
    Route(
        method="GET",
        path="/v1/stock",
        handler=stock.list_stock,
        tag="Stock",
        summary="Stock of many SKUs",
        scope=Scope.STOCK_READ,
        query=StockQuery,
        responses={200: Response(model=PageBody[StockBody], example=examples.page(examples.STOCK))},
    ),
    Route(
        method="POST",
        path="/v1/stock/movements",
        handler=movements.move_stock,
        tag="Stock",
        summary="Goods come in, are counted, set aside, written off",
        description="Up to 1,000, each judged on its own and applied exactly once by its `movement_id`.",
        scope=Scope.STOCK_WRITE,
        writes=True,
        takes_list=True,
        request=Request(
            documented=MovementsBody[MovementBody], parsed=MovementsBody[msgspec.Raw], example=examples.MOVEMENTS
        ),
        responses={200: Response(model=MovementResults, example=examples.MOVEMENT_RESULTS)},
    ),
    Route(
        method="GET",
        path="/v1/stock/{sku}",
        handler=stock.read_stock,
        tag="Stock",
        summary="Stock of one SKU, as it is now",
        scope=Scope.STOCK_READ,
        path_values=_SKU,
        path_refusal="unknown_sku",
        responses={200: Response(model=StockBody, example=examples.STOCK)},
        codes=("unknown_sku",),
    ),
    Route(
        method="GET",
        path="/v1/stock/{sku}/events",
        handler=stock.list_stock_events,
        tag="Stock",
        summary="A SKU's history, newest first",
        scope=Scope.STOCK_READ,
        path_values=_SKU,
        path_refusal="unknown_sku",
        query=EventQuery,
        responses={200: Response(model=PageBody[EventBody], example=examples.page(examples.EVENT))},
        codes=("unknown_sku",),
    ),
    Route(
        method="PUT",
        path="/v1/stock/{sku}/policy",
        handler=stock.set_policy,
        tag="Stock",
        summary="How much is never promised, and when to warn",
        description="What is left out stays as it is.",
        scope=Scope.STOCK_WRITE,
        writes=True,
        path_values=_SKU,
        path_refusal="unknown_sku",
        request=Request(documented=PolicyBody, example=examples.POLICY),
        responses={200: Response(model=StockBody, example=examples.STOCK)},
        codes=("unknown_sku", "unknown_warehouse"),
    ),
    Route(
        method="PUT",
        path="/v1/warehouses/{code}",
        handler=warehouses.put_warehouse,
        tag="Stock",
        summary="Create or replace a warehouse",
        scope=Scope.STOCK_WRITE,
        writes=True,
        path_values={"code": Code},
        path_refusal="validation_failed",
        request=Request(documented=WarehouseBody, example=examples.WAREHOUSE),
        responses={200: Response(model=WarehouseView, example=examples.WAREHOUSE_VIEW)},
    ),
    Route(
        method="GET",
        path="/v1/warehouses",
        handler=warehouses.list_warehouses,
        tag="Stock",
        summary="All warehouses",
        scope=Scope.STOCK_READ,
        query=PageQuery,
        responses={200: Response(model=PageBody[WarehouseView], example=examples.page(examples.WAREHOUSE_VIEW))},
    ),
)

SCANS = (
    Route(
        method="POST",
        path="/v1/wms/outbound-scans",
        handler=scans.accept_scans,
        tag="Outbound scans",
        summary="Parcels left: the final deduction",
        description=(
            "Up to 1,000, each applied exactly once by its `scan_id`, never refused for a business reason: what does "
            "not fit becomes an exception for a person, what cannot be tied to anything known is parked and applies by "
            "itself later. Instead of a key: Standard Webhooks headers made with the client's secret."
        ),
        scope=Scope.SCAN,
        signed=True,
        writes=True,
        takes_list=True,
        request=Request(documented=ScansBody[ScanBody], parsed=ScansBody[msgspec.Raw], example=examples.SCANS),
        responses={200: Response(model=ScanResults, example=examples.SCAN_RESULTS)},
    ),
    Route(
        method="GET",
        path="/v1/wms/exceptions",
        handler=cases.list_exceptions,
        tag="Outbound scans",
        summary="Scans that wait for a person",
        scope=Scope.STOCK_READ,
        query=ExceptionQuery,
        responses={200: Response(model=PageBody[ExceptionBody], example=examples.page(examples.EXCEPTION))},
    ),
    Route(
        method="POST",
        path="/v1/wms/exceptions/{exception_id}/resolve",
        handler=cases.resolve_exception,
        tag="Outbound scans",
        summary="Close one, once",
        scope=Scope.STOCK_WRITE,
        writes=True,
        path_values={"exception_id": Id},
        request=Request(documented=ResolveBody, example=examples.RESOLVE),
        responses={200: Response(model=ExceptionBody, example=examples.RESOLVED)},
        codes=("not_found", "unknown_sku", "unknown_warehouse"),
    ),
)

ALERTS = (
    Route(
        method="GET",
        path="/v1/alerts",
        handler=cases.list_alerts,
        tag="Alarms",
        summary="Alarms",
        scope=Scope.STOCK_READ,
        query=AlertQuery,
        responses={200: Response(model=PageBody[AlertBody], example=examples.page(examples.ALERT))},
    ),
    Route(
        method="POST",
        path="/v1/alerts/{alert_id}/acknowledge",
        handler=cases.acknowledge_alert,
        tag="Alarms",
        summary="Somebody has seen it",
        scope=Scope.STOCK_WRITE,
        writes=True,
        path_values={"alert_id": Id},
        request=Request(documented=EmptyBody, optional=True),
        responses={
            200: Response(
                model=AlertBody, example=examples.ALERT | {"state": "acknowledged", "acknowledged_by": "desk"}
            )
        },
        codes=("not_found",),
    ),
)

OPERATIONS = (
    Route(
        method="GET",
        path="/livez",
        handler=operations.livez,
        tag="Operations",
        summary="Whether the process runs",
        responses={200: Response(model=Health, example={"status": "alive"})},
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=operations.readyz,
        tag="Operations",
        summary="Whether a reservation would succeed",
        responses={200: Response(model=Health, example={"status": "ready"})},
        codes=("not_ready",),
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=operations.metrics,
        tag="Operations",
        summary="Metrics for Prometheus",
        responses={200: Response(content_type="text/plain")},
    ),
    Route(
        method="GET",
        path="/openapi.json",
        handler=operations.openapi,
        tag="Operations",
        summary="This document",
        responses={200: Response(content_type="application/json")},
    ),
    Route(
        method="GET",
        path="/docs",
        handler=operations.docs,
        tag="Operations",
        summary="This document for people",
        responses={200: Response(content_type="text/html")},
    ),
    Route(
        method="GET",
        path="/docs/{asset}",
        handler=operations.docs_asset,
        tag="Operations",
        summary="What that page is made of",
        path_values={"asset": Id},
        responses={200: Response(content_type="text/javascript")},
        codes=("not_found",),
    ),
    Route(
        method="GET",
        path="/problems/{problem_code}",
        handler=operations.problem_page,
        tag="Operations",
        summary="What a problem code means",
        path_values={"problem_code": Id},
        responses={200: Response(content_type="text/html")},
        codes=("not_found",),
    ),
)

ROUTES = (*RESERVATIONS, *STOCK, *SCANS, *ALERTS, *OPERATIONS)
