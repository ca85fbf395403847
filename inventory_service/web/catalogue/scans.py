"""Outbound scans, and what waits for a person: scan exceptions and alarms."""

import msgspec

from inventory_service.domain.clients import Scope
from inventory_service.web import examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import cases, reservations, scans, stock
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.cases import (
    AlertBody,
    AlertQuery,
    EmptyBody,
    ExceptionBody,
    ExceptionQuery,
    ResolveBody,
)
from inventory_service.web.schemas.fields import Id
from inventory_service.web.schemas.lists import PageBody
from inventory_service.web.schemas.scans import ScanBody, ScanResults, ScansBody

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
        priority=Priority.FINISH,
        signed=True,
        writes=True,
        takes_list=True,
        request=Request(documented=ScansBody[ScanBody], parsed=ScansBody[msgspec.Raw], example=examples.SCANS),
        responses={
            200: Response(
                model=ScanResults,
                example=examples.SCAN_RESULTS,
                links=(
                    Link(reservations.read_reservation, {"reservation_id": "$request.body#/scans/0/reservation_id"}),
                    Link(stock.read_stock, {"sku": "$request.body#/scans/0/sku"}),
                ),
            )
        },
    ),
    Route(
        method="GET",
        path="/v1/wms/exceptions",
        handler=cases.list_exceptions,
        tag="Outbound scans",
        summary="Scans that wait for a person",
        scope=Scope.STOCK_READ,
        priority=Priority.LIST,
        query=ExceptionQuery,
        responses={
            200: Response(
                model=PageBody[ExceptionBody],
                example=examples.page(examples.EXCEPTION),
                links=(
                    Link(cases.resolve_exception, {"exception_id": "$response.body#/data/0/exception_id"}),
                    Link(cases.list_exceptions, {"cursor": "$response.body#/next_cursor"}),
                ),
            )
        },
    ),
    Route(
        method="POST",
        path="/v1/wms/exceptions/{exception_id}/resolve",
        handler=cases.resolve_exception,
        tag="Outbound scans",
        summary="Close one, once",
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
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
        priority=Priority.LIST,
        query=AlertQuery,
        responses={
            200: Response(
                model=PageBody[AlertBody],
                example=examples.page(examples.ALERT),
                links=(
                    Link(cases.acknowledge_alert, {"alert_id": "$response.body#/data/0/alert_id"}),
                    Link(cases.list_alerts, {"cursor": "$response.body#/next_cursor"}),
                ),
            )
        },
    ),
    Route(
        method="POST",
        path="/v1/alerts/{alert_id}/acknowledge",
        handler=cases.acknowledge_alert,
        tag="Alarms",
        summary="Somebody has seen it",
        scope=Scope.STOCK_WRITE,
        priority=Priority.CHANGE,
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
