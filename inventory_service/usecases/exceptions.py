"""Scans that wait for a person."""

from inventory_service.domain.commands import Reverse, Scan
from inventory_service.domain.errors import Refused
from inventory_service.domain.outcomes import Code, ParkCode, ScanOutcome
from inventory_service.usecases import scan_commands
from inventory_service.usecases.all_or_unknown import settled
from inventory_service.usecases.ports import CaseBook, LedgerReader, Page, ScanException, StockEngine
from inventory_service.usecases.refusals import unknown_sku
from inventory_service.usecases.scan_commands import ParkedScan
from inventory_service.usecases.scan_ties import ScanTies

_RESOLUTIONS = {"apply": "applied", "reverse": "reversed", "dismiss": "dismissed"}


class Exceptions:
    def __init__(self, engine: StockEngine, ledger: LedgerReader, cases: CaseBook, ties: ScanTies) -> None:
        self._engine = engine
        self._ledger = ledger
        self._cases = cases
        self._ties = ties

    async def list(self, state: str, limit: int, cursor: str) -> Page[ScanException]:
        """Exceptions in `state` ("": any), newest first. Raises NotReady."""
        return await self._ledger.exceptions(state, limit, cursor)

    async def resolve(self, exception_id: str, action: str, reservation_id: str, note: str, by: str) -> ScanException:
        """Close one, once: `apply` a parked scan, `reverse` an applied one, or `dismiss` either.

        One that is closed already is refused with `validation_failed` at `/action`, as Stripe refuses an action that
        the object's state no longer allows: as the caller's error, whichever way it was closed, with the detail
        telling which. A repeat after a lost answer meets the same refusal and so learns that it worked.

        Raises Refused (`not_found`, `validation_failed`, `unknown_sku`, `unknown_warehouse`), NotReady, Overloaded,
        OutcomeUnknown.
        """
        exception = await self._open(exception_id)
        if action == "apply":
            await self._apply(exception, reservation_id)
        elif action == "reverse":
            await self._reverse(exception, note, by)
        elif action != "dismiss":
            raise _not_allowed("`action` is apply, reverse or dismiss.")
        # The writer's projection closes an applied or reversed one as well; this way the next read shows it.
        closing = self._cases.resolve_exception(exception_id, _RESOLUTIONS[action], note, by)
        [closed_now] = await settled([closing], applied_before=action != "dismiss")
        if action == "dismiss" and not closed_now:
            raise _not_allowed("This exception was resolved by somebody else meanwhile.")
        [shown] = await settled([self._ledger.exception(exception_id)], applied_before=True)
        return shown or exception

    async def _open(self, exception_id: str) -> ScanException:
        exception = await self._ledger.exception(exception_id)
        if exception is None:
            raise Refused("not_found", f"There is no exception {exception_id}.")
        if exception.state != "open":
            raise _not_allowed(f"This exception was {exception.resolution or 'resolved'} before.")
        return exception

    async def _apply(self, exception: ScanException, reservation_id: str) -> None:
        parked = scan_commands.read_parked(exception.payload)
        if exception.kind != "parked" or parked is None:
            raise _not_allowed("Only a parked scan that can be read can be applied.")
        chosen = reservation_id or await self._reservation_of(parked)
        if await self._ties.unknown_warehouses([parked.warehouse]):
            raise Refused("unknown_warehouse", f"There is no warehouse {parked.warehouse}.")
        outcome = await self._send(scan_commands.unpark(exception, parked, chosen))
        if outcome.code == Code.PARKED:
            raise unknown_sku(parked.sku)

    async def _reverse(self, exception: ScanException, note: str, by: str) -> None:
        if exception.kind != "applied":
            raise _not_allowed("Only an applied scan can be reversed.")
        await self._send(scan_commands.reverse(exception, by, note))

    async def _reservation_of(self, parked: ParkedScan) -> str:
        if parked.reservation_id:
            return parked.reservation_id
        order = (parked.order_ref, parked.channel)
        found = (await self._ties.reservations_of([order]))[order] if parked.order_ref else ""
        if not found or isinstance(found, ParkCode):
            raise Refused("validation_failed", "Say which reservation the scan belongs to.", "/reservation_id")
        return found

    async def _send(self, command: Scan | Reverse) -> ScanOutcome:
        """Applied now, or before by a repeat; with the ledger's record where Redis has none."""
        outcome = await self._engine.scan(command)
        if outcome.code != Code.ABSENT:
            return outcome
        carried = (await self._ties.records([command.reservation_id]))[command.reservation_id]
        if not carried:
            detail = f"There is no reservation {command.reservation_id}."
            raise Refused("validation_failed", detail, "/reservation_id")
        return await self._engine.scan(command._replace(carried=carried))


def _not_allowed(detail: str) -> Refused:
    return Refused("validation_failed", detail, "/action")
