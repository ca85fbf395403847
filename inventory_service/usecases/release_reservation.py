"""Give stock back: an order was abandoned, cancelled or made smaller."""

from collections.abc import Coroutine, Sequence
from typing import Any

from inventory_service.domain import ids
from inventory_service.domain.commands import LineRequest, Release
from inventory_service.domain.errors import Refused
from inventory_service.usecases.lines import summed
from inventory_service.usecases.refusals import refused
from inventory_service.usecases.requests import ReservationResult
from inventory_service.usecases.reservation_desk import ReservationDesk


class ReleaseReservation:
    def __init__(self, desk: ReservationDesk) -> None:
        self._desk = desk

    def __call__(
        self, reservation_id: str, client: str, lines: Sequence[LineRequest], release_id: str, op_id: str
    ) -> Coroutine[Any, Any, ReservationResult]:
        """Queue the release now: of everything (no lines), or of a part, once per `release_id`.

        The awaitable gives `released` or `replayed`. Raises from it: Refused (`not_found`, `reservation_shipped`, for
        a part also `reservation_released`, `reservation_expired`, `idempotency_mismatch` and `validation_failed`),
        NotReady, Overloaded, OutcomeUnknown.
        """
        try:
            command = _command(reservation_id, client, lines, release_id, op_id)
        except Refused as error:
            return refused(error)
        return self._desk.submit(command, lines)


def _command(reservation_id: str, client: str, lines: Sequence[LineRequest], release_id: str, op_id: str) -> Release:
    if not lines:
        return Release(reservation_id, client, op_id, [], "", "", [])
    if not release_id:
        raise Refused("validation_failed", "A release of a part needs a release_id.", "/release_id")
    part = summed(lines)
    return Release(
        reservation_id=reservation_id,
        client=client,
        op_id=op_id,
        lines=part,
        digest=ids.digest("release", client, release_id),
        fingerprint=ids.fingerprint({"reservation_id": reservation_id, "lines": part}),
        carried=[],
    )
