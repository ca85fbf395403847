"""Parked scans apply themselves once what they lacked is known."""

from contextlib import suppress

from inventory_service.domain.errors import OutcomeUnknown
from inventory_service.domain.outcomes import Code
from inventory_service.faultpoints import reached
from inventory_service.usecases import scan_commands
from inventory_service.usecases.ports import CaseBook, LedgerReader, ParkedCandidate, StockEngine

CANDIDATES_MAX = 100
LOOK_APART_S = 1.0


class ApplyParked:
    """Asks the ledger what could be applied by now, and lets the kernel decide: once per exception, whoever tries.

    The writer closes the exception with the event, so a second look before that costs a `duplicate` and nothing else.
    """

    def __init__(self, engine: StockEngine, ledger: LedgerReader, cases: CaseBook) -> None:
        self._engine = engine
        self._ledger = ledger
        self._cases = cases

    async def run_once(self) -> float:
        """Seconds until the next look. Raises NotReady, Overloaded: repeat it."""
        candidates = await self._cases.parked_candidates(CANDIDATES_MAX)
        for candidate in candidates:
            await self._apply(candidate)
        return LOOK_APART_S

    async def _apply(self, candidate: ParkedCandidate) -> None:
        parked = scan_commands.read_parked(candidate.exception.payload)
        if parked is None:
            return
        scan = scan_commands.unpark(candidate.exception, parked, candidate.reservation_id)
        with suppress(OutcomeUnknown):  # it is still a candidate next time, or done
            reached("parked.before_apply")
            outcome = await self._engine.scan(scan)
            if outcome.code == Code.ABSENT and (stored := await self._ledger.reservation(candidate.reservation_id)):
                await self._engine.scan(scan._replace(carried=[stored.record]))
            reached("parked.applied")
