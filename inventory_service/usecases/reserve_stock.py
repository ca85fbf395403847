"""Hold stock for an order."""

from collections.abc import Coroutine
from typing import Any

from inventory_service.domain import ids
from inventory_service.domain.commands import Reserve, Route
from inventory_service.domain.eligibility import NO_WISH
from inventory_service.domain.errors import Refused
from inventory_service.domain.geography import Destination, settled
from inventory_service.usecases import attributes
from inventory_service.usecases.attributes import Attributes
from inventory_service.usecases.hold_limits import UNLIMITED, HoldLimits
from inventory_service.usecases.lines import summed
from inventory_service.usecases.refusals import refused
from inventory_service.usecases.requests import ReservationResult, ReserveRequest
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.routes import NO_ROUTE, Routes

# Not content: the id is what content is compared under, `op` only says which operation of a batch it is.
_NOT_CONTENT = frozenset({"op", "reservation_id", "metadata", "lines"})


class ReserveStock:
    def __init__(self, desk: ReservationDesk, routes: Routes, limits: HoldLimits = UNLIMITED) -> None:
        self._desk = desk
        self._routes = routes
        self._limits = limits

    def __call__(self, request: ReserveRequest) -> Coroutine[Any, Any, ReservationResult]:
        """Queue the reservation now; the awaitable gives `held`, or `replayed` for a repeat.

        Raises from the awaitable: Refused (`unknown_sku`, `unknown_warehouse`, `idempotency_mismatch`,
        `validation_failed`), InsufficientStock, RateLimited, NotReady, Overloaded, OutcomeUnknown.
        """
        ship_to = settled(request.ship_to) if request.ship_to else None
        try:
            route = self._routes.find(ship_to, request.allocation)
            command = _command(request, ship_to, self._limits, route or NO_ROUTE)
        except Refused as error:
            return refused(error)
        if route is not None:
            return self._desk.submit(command, request.lines)

        async def look_up() -> Reserve:
            return command._replace(route=await self._routes.look_up(ship_to, request.allocation))

        return self._desk.submit(command, request.lines, prepare=look_up)


def _command(request: ReserveRequest, ship_to: Destination | None, limits: HoldLimits, route: Route) -> Reserve:
    lines = summed(request.lines)
    content = {name: value for name, value in request.content.items() if name not in _NOT_CONTENT}
    return Reserve(
        reservation_id=request.reservation_id,
        digest=ids.digest("reservation", request.reservation_id),
        fingerprint=ids.fingerprint({**content, "lines": lines}),
        client=request.client,
        op_id=ids.operation_id(),
        ttl_ms=request.ttl_seconds * 1000,
        lines=lines,
        allow_partial=request.allow_partial,
        attributes=_attributes(request, ship_to),
        limits=limits.of(request.client, request.customer_id),
        channel=request.channel,
        route=route,
    )


def _attributes(request: ReserveRequest, ship_to: Destination | None) -> str:
    return attributes.to_json(
        Attributes(
            channel=request.channel,
            order_ref=request.order_ref,
            customer_id=request.customer_id,
            ship_to=ship_to,
            allocation=None if request.allocation == NO_WISH else request.allocation,
            metadata=request.metadata,
        )
    )
