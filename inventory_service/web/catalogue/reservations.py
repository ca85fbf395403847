"""Reservations: hold, confirm, release, extend, one by one or many at once."""

import msgspec

from inventory_service.domain.clients import Scope
from inventory_service.web import examples
from inventory_service.web.admission import Priority
from inventory_service.web.handlers import batch, reservations, scans, stock
from inventory_service.web.routes import Link, Request, Response, Route
from inventory_service.web.schemas.batch import AnyOperation, BatchBody, BatchResults
from inventory_service.web.schemas.fields import Id
from inventory_service.web.schemas.lists import PageBody
from inventory_service.web.schemas.reservations import (
    ConfirmBody,
    ExtendBody,
    ReleaseBody,
    ReservationQuery,
    ReservationView,
    ReserveBody,
)

_REPLAYED = {"Idempotent-Replayed": "`true` when nothing was changed, because it had been done before."}
_KEY_IS_ID = {"Idempotency-Key": "Names the reservation where the body has no `reservation_id`; once per client."}
_KEY_IS_OPERATION = {"Idempotency-Key": "A repeat with the same key and body changes nothing."}
_ONE = {"reservation_id": Id}

_THIS = {"reservation_id": "$response.body#/reservation_id"}
_READ = Link(reservations.read_reservation, _THIS)
_CONFIRM = Link(reservations.confirm, _THIS)
_RELEASE = Link(reservations.release, _THIS)
_EXTEND = Link(reservations.extend, _THIS)
_SCAN = Link(scans.accept_scans, description="What is paid leaves the warehouse.")
_STOCK = Link(stock.read_stock, {"sku": "$response.body#/lines/0/sku"})

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
        priority=Priority.CHANGE,
        writes=True,
        headers=_KEY_IS_ID,
        request=Request(documented=ReserveBody, example=examples.RESERVE),
        responses={
            201: Response(
                model=ReservationView,
                description="Held.",
                example=examples.RESERVED,
                links=(_READ, _CONFIRM, _RELEASE, _EXTEND, _STOCK),
            ),
            200: Response(
                model=ReservationView,
                description="Held before.",
                headers=_REPLAYED,
                example=examples.RESERVED,
                links=(_READ, _CONFIRM, _RELEASE, _EXTEND, _STOCK),
            ),
        },
        codes=(
            "idempotency_key_required",
            "insufficient_stock",
            "limit_exceeded",
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
        priority=Priority.LIST,
        query=ReservationQuery,
        responses={
            200: Response(
                model=PageBody[ReservationView],
                example=examples.page(examples.RESERVATION),
                links=(
                    Link(reservations.read_reservation, {"reservation_id": "$response.body#/data/0/reservation_id"}),
                    Link(reservations.list_reservations, {"cursor": "$response.body#/next_cursor"}),
                ),
            )
        },
    ),
    Route(
        method="GET",
        path="/v1/reservations/{reservation_id}",
        handler=reservations.read_reservation,
        tag="Reservations",
        summary="One reservation, also long after it ended",
        scope=Scope.RESERVE,
        priority=Priority.READ,
        path_values=_ONE,
        responses={
            200: Response(model=ReservationView, example=examples.RESERVATION, links=(_CONFIRM, _RELEASE, _EXTEND))
        },
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
        priority=Priority.FINISH,
        writes=True,
        path_values=_ONE,
        headers=_KEY_IS_OPERATION,
        request=Request(documented=ConfirmBody, optional=True, example={"reacquire": True}),
        responses={
            200: Response(
                model=ReservationView,
                headers=_REPLAYED,
                example=examples.CONFIRMED,
                links=(_READ, _RELEASE, _STOCK, _SCAN),
            )
        },
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
        priority=Priority.FINISH,
        writes=True,
        path_values=_ONE,
        headers=_KEY_IS_OPERATION,
        request=Request(documented=ReleaseBody, optional=True, example=examples.RELEASE_PART),
        responses={
            200: Response(model=ReservationView, headers=_REPLAYED, example=examples.RELEASED, links=(_READ, _STOCK))
        },
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
        priority=Priority.FINISH,
        writes=True,
        path_values=_ONE,
        headers=_KEY_IS_OPERATION,
        request=Request(documented=ExtendBody, example={"ttl_seconds": 900}),
        responses={
            200: Response(
                model=ReservationView, headers=_REPLAYED, example=examples.EXTENDED, links=(_READ, _CONFIRM, _RELEASE)
            )
        },
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
        priority=Priority.CHANGE,
        writes=True,
        takes_list=True,
        request=Request(documented=BatchBody[AnyOperation], parsed=BatchBody[msgspec.Raw], example=examples.BATCH),
        responses={
            200: Response(
                model=BatchResults,
                example=examples.BATCH_RESULTS,
                links=(
                    Link(
                        reservations.read_reservation,
                        {"reservation_id": "$response.body#/results/0/body/reservation_id"},
                    ),
                ),
            )
        },
    ),
)
