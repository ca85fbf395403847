"""Let the Redis that answers decide about stock again, once it was compared with the ledger.

The gate is opened for an identity: a server that restarted or was replaced is another one, and closed until then.
"""

from collections.abc import Callable

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Position
from inventory_service.faultpoints import reached
from inventory_service.usecases.clocks import Clocks, is_ahead, needs_agreement, wall_ms
from inventory_service.usecases.judge_state import Cause, Decision, JudgeState, Verdict, text
from inventory_service.usecases.ledger_ports import AlarmBook
from inventory_service.usecases.ports import HotState, LedgerSnapshots, LedgerWriter
from inventory_service.usecases.rebuild_state import RebuildState, Rebuilt, next_epoch
from inventory_service.usecases.standing import Closed, HotInspection, Ownership

ALARM = "gate_closed"
RESTORED_ALARM = "ledger_restored"
# Servers that are not to be believed are shut as well: an old primary that came back would go on serving.
_SHUT = {
    Cause.PROMOTED: Closed.PROMOTED,
    Cause.SUPERSEDED: Closed.SUPERSEDED,
    Cause.BRANCHED: Closed.BRANCHED,
}


class OpenGate:
    """`rebuilds_empty`: an empty server is rebuilt without asking. True only where the servers are our own (embedded):
    behind a given URL the server that held the state may still be alive and answering others.
    """

    def __init__(
        self,
        hot: HotState,
        writer: LedgerWriter,
        ledger: LedgerSnapshots,
        alarms: AlarmBook,
        *,
        rebuilds_empty: bool,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._hot = hot
        self._writer = writer
        self._ledger = ledger
        self._alarms = alarms
        self._judge = JudgeState(hot, ledger, rebuilds_empty=rebuilds_empty)
        self._clocks = Clocks(hot, ledger, now_ms)
        self._rebuild = RebuildState(hot, writer, ledger)
        self._told: Cause | None = None

    async def is_open(self) -> bool:
        """Whether the server that answers now is the one that the gate was opened for, on a clock that goes on.

        A clock that stands ahead is no reason to stop before the others agree that it does. Raises NotReady.
        """
        inspection = await self._hot.inspect()
        if inspection.gate_is_open and is_ahead(inspection):
            try:
                await self._clocks.require_agreement()
            except NotReady:
                return True
            return False
        return inspection.gate_is_open

    async def run(self) -> Position:
        """Own the ledger, then open or rebuild; where the ledger stands.

        It is looked first and claimed then: who is refused must not fence the person who mends it.
        Raises NotReady with the reason when a person has to decide, or a store is away; Fenced.
        """
        await self._judged(await self._ledger.standing())
        owned = await self._writer.claim()
        reached("gate.claimed")
        inspection, decision = await self._judged(owned)
        mends_clock = is_ahead(inspection)
        if decision.verdict is Verdict.REBUILD:
            position = (await self._rebuild.run(owned, sets_clock_back=mends_clock)).position
        else:
            position = await self._open(inspection, owned, sets_clock_back=mends_clock)
        await self._alarms.close_alarms(ALARM, inspection.now_ms)
        self._told = None
        if owned.position.seq < inspection.flushed:
            detail = {"ledger_seq": owned.position.seq, "flushed_seq": inspection.flushed}
            await self._alarms.raise_alarm(RESTORED_ALARM, text(owned.position), detail, inspection.now_ms)
        return position

    async def rebuild(self) -> Rebuilt:
        """Rebuild because a person says so, whatever Redis holds. Raises NotReady, Fenced."""
        inspection = await self._hot.inspect()
        if needs_agreement(inspection):
            await self._clocks.require_agreement()
        return await self._rebuild.run(await self._writer.claim(), sets_clock_back=is_ahead(inspection))

    async def _judged(self, owned: Ownership) -> tuple[HotInspection, Decision]:
        """Raises NotReady with the reason, having told it, where the gate has to stay closed."""
        inspection = await self._hot.inspect()
        decision = await self._judge.run(inspection, owned)
        if decision.verdict is Verdict.REFUSE:
            await self._tell(decision.cause, decision.reason, inspection)
            shut = _SHUT.get(decision.cause)
            if shut is not None and inspection.closed != shut:
                await self._hot.close_gate(shut, inspection.epoch)
            raise NotReady(decision.reason)
        if needs_agreement(inspection):
            try:
                await self._clocks.require_agreement()
            except NotReady as error:
                await self._tell(Cause.CLOCKS, str(error), inspection)
                raise
        return inspection, decision

    async def _tell(self, cause: Cause, reason: str, inspection: HotInspection) -> None:
        """Once per cause, not once per try."""
        if cause is not self._told:
            await self._alarms.close_alarms(ALARM, inspection.now_ms)
            await self._alarms.raise_alarm(ALARM, cause, {"reason": reason}, inspection.now_ms)
            self._told = cause

    async def _open(self, inspection: HotInspection, owned: Ownership, *, sets_clock_back: bool) -> Position:
        epoch = next_epoch(inspection, owned)
        outage = not inspection.gate_is_open or needs_agreement(inspection)
        await self._writer.advance_epoch(epoch)
        reached("gate.advanced")
        await self._hot.open_gate(
            inspection.identity,
            epoch,
            built=inspection.built,
            after_outage=outage,
            sets_clock_back=sets_clock_back,
        )
        reached("gate.opened")
        await self._writer.note_opening(epoch)
        return owned.position
