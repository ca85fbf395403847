"""The way out when Postgres was restored from an older backup: Redis's state becomes the ledger's, in a new epoch."""

from typing import NamedTuple

from inventory_service.domain.errors import NotReady
from inventory_service.usecases.clocks import Clocks, is_ahead, needs_agreement
from inventory_service.usecases.describe_state import describe
from inventory_service.usecases.judge_state import Meeting, meet, text
from inventory_service.usecases.ledger_ports import AlarmBook
from inventory_service.usecases.ports import HotState, LedgerSnapshots, LedgerWriter
from inventory_service.usecases.rebuild_state import RebuildState, next_epoch, refuse_quarantined
from inventory_service.usecases.standing import Closed, Gap, HotInspection, Ownership

ALARM = "ledger_gap"


class Resnapshot(NamedTuple):
    """`corrections`: events that describe what the ledger did not know."""

    gap: Gap
    corrections: int
    epoch: int


class ResnapshotLedger:
    """Only because a person says so: what happened in the gap is given up."""

    def __init__(self, hot: HotState, writer: LedgerWriter, ledger: LedgerSnapshots, alarms: AlarmBook) -> None:
        self._hot = hot
        self._writer = writer
        self._ledger = ledger
        self._alarms = alarms
        self._clocks = Clocks(hot, ledger)
        self._rebuild = RebuildState(hot, writer, ledger)

    async def run(self) -> Resnapshot:
        """Shut the gate, bring the ledger over the gap in one transaction, and make Redis anew from it.

        Broken off before the transaction it has changed nothing and is to be repeated; behind it the worker does the
        rest. Raises NotReady, also where there is no gap or something is quarantined; Fenced.
        """
        seen = await self._require_gap()
        owned = await self._writer.claim()
        await self._hot.close_gate(Closed.RESNAPSHOT, seen.epoch)
        inspection = await self._hot.inspect()
        gap = Gap(owned.position, inspection.position, inspection.now_ms)
        epoch = next_epoch(inspection, owned)
        await self._writer.advance_epoch(epoch)
        async with self._ledger.audit() as audit:
            position = await self._writer.bridge(gap, epoch, describe(self._hot, audit, inspection.now_ms))
        corrections = position.seq - gap.after.seq
        await self._tell(gap, corrections)
        reached = Ownership(position, epoch, owned.opened_epoch)
        rebuilt = await self._rebuild.run(reached, sets_clock_back=is_ahead(inspection))
        return Resnapshot(gap, corrections, rebuilt.epoch)

    async def _require_gap(self) -> HotInspection:
        inspection = await self._hot.inspect()
        owned = await self._ledger.standing()
        await self._require_same_deployment(inspection)
        if await meet(self._hot, self._ledger, inspection, owned.position) is not Meeting.GAP:
            ends = f"Redis ends at {text(inspection.position)}, the ledger at {text(owned.position)}"
            raise NotReady(f"Nothing was changed: {ends}, and no event is missing between them.")
        async with self._ledger.audit() as audit:
            refuse_quarantined(await audit.quarantined())  # what it lacks would be told from a state that it has not
        if needs_agreement(inspection):
            await self._clocks.require_agreement()
        return inspection

    async def _require_same_deployment(self, inspection: HotInspection) -> None:
        deployment = await self._ledger.deployment()
        if inspection.deployment != deployment or inspection.is_replica:
            what = "a replica" if inspection.is_replica else f"of deployment {inspection.deployment or 'none'}"
            raise NotReady(f"Nothing was changed: Redis is {what}, the ledger is of {deployment}.")

    async def _tell(self, gap: Gap, corrections: int) -> None:
        detail = {
            "before_seq": gap.before.seq,
            "after_seq": gap.after.seq,
            "missing_events": gap.after.seq - gap.before.seq,
            "corrections": corrections,
        }
        await self._alarms.raise_alarm(ALARM, f"{text(gap.before)} to {text(gap.after)}", detail, gap.at_ms)
