"""Look at reservations, also long after they ended."""

from inventory_service.domain.commands import ReadReservation
from inventory_service.domain.outcomes import Code
from inventory_service.usecases.ports import LedgerReader, Page, ReservationFilter, StockEngine, StoredReservation
from inventory_service.usecases.refusals import not_found
from inventory_service.usecases.requests import ReservationResult


class ReadReservations:
    def __init__(self, engine: StockEngine, ledger: LedgerReader) -> None:
        self._engine = engine
        self._ledger = ledger

    async def one(self, reservation_id: str) -> ReservationResult:
        """One, as it is now. Raises Refused (`not_found`), NotReady, Overloaded, OutcomeUnknown."""
        outcome = await self._engine.reservation(ReadReservation(reservation_id))
        if outcome.reservation is not None:
            return ReservationResult(Code.FOUND, reservation_id, outcome.reservation)
        stored = await self.stored(reservation_id)
        return ReservationResult(Code.FOUND, reservation_id, stored.record)

    async def stored(self, reservation_id: str) -> StoredReservation:
        """One, as the ledger has it. Raises Refused (`not_found`), NotReady."""
        stored = await self._ledger.reservation(reservation_id)
        if stored is None:
            raise not_found(reservation_id)
        return stored

    async def list(self, wanted: ReservationFilter, limit: int, cursor: str) -> Page[StoredReservation]:
        """Who holds what, as the ledger has it. Raises NotReady."""
        return await self._ledger.reservations(wanted, limit, cursor)
