"""Give a shopper more time."""

from collections.abc import Coroutine
from typing import Any

from inventory_service.domain.commands import Extend
from inventory_service.usecases.requests import ReservationResult
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.routes import NO_ROUTE


class ExtendReservation:
    def __init__(self, desk: ReservationDesk) -> None:
        self._desk = desk

    def __call__(
        self, reservation_id: str, client: str, ttl_seconds: int, reacquire: bool, op_id: str
    ) -> Coroutine[Any, Any, ReservationResult]:
        """Queue now: deadline = now + ttl_seconds; the awaitable gives `extended`, or `reacquired` for an expired one
        that asked for it.

        Raises from the awaitable: Refused (`not_found`, `not_held`), InsufficientStock, NotReady, Overloaded,
        OutcomeUnknown.
        """
        return self._desk.submit(
            Extend(reservation_id, client, op_id, ttl_seconds * 1000, 0, reacquire, [], "", NO_ROUTE)
        )
