"""An order was paid."""

from collections.abc import Coroutine
from typing import Any

from inventory_service.domain.commands import Confirm
from inventory_service.usecases.requests import ReservationResult
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.routes import NO_ROUTE


class ConfirmReservation:
    def __init__(self, desk: ReservationDesk) -> None:
        self._desk = desk

    def __call__(
        self, reservation_id: str, client: str, reacquire: bool, op_id: str
    ) -> Coroutine[Any, Any, ReservationResult]:
        """Queue the confirmation now; the awaitable gives `confirmed`, `replayed` or `reacquired`.

        `reacquire`: an expired reservation takes its stock again if it is still there.
        Raises from the awaitable: Refused (`not_found`, `reservation_expired`, `reservation_released`),
        InsufficientStock, NotReady, Overloaded, OutcomeUnknown.
        """
        return self._desk.submit(Confirm(reservation_id, client, op_id, reacquire, [], "", NO_ROUTE))
