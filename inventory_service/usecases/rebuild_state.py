"""Make Redis what the ledger says, under a new epoch."""

from collections.abc import Sequence
from typing import NamedTuple

from inventory_service.domain.errors import Branched, NotReady
from inventory_service.domain.events import Position
from inventory_service.usecases.ledger_ports import Quarantined
from inventory_service.usecases.ports import HotState, LedgerSnapshots, LedgerWriter
from inventory_service.usecases.standing import HotInspection, Ownership

REQUALIFY_COMMAND = "ledger requalify"
_NAMED_MAX = 5
_ENTRIES_MAX = 500


class Rebuilt(NamedTuple):
    epoch: int
    position: Position  # where the ledger stands
    carried: int  # events that only Redis had


class RebuildState:
    """Only the owner of the ledger rebuilds; what Redis holds besides its log is gone afterwards."""

    def __init__(self, hot: HotState, writer: LedgerWriter, ledger: LedgerSnapshots) -> None:
        self._hot = hot
        self._writer = writer
        self._ledger = ledger

    async def run(self, owned: Ownership, *, sets_clock_back: bool = False) -> Rebuilt:
        """Claim an epoch, write everything under it, open the gate with it.

        What Redis logged and the ledger lacks was acknowledged, so it goes into the ledger first, as far as it goes on
        where the ledger ends. The epoch is claimed in Postgres first: one that was used by a server that is gone never
        comes again. Raises NotReady (repeat it; also where something is quarantined), Fenced.
        """
        deployment = await self._ledger.deployment()
        inspection = await self._hot.inspect()
        position = await self._carry_tail(owned.position) if inspection.deployment == deployment else owned.position
        epoch = next_epoch(inspection, owned)
        await self._writer.advance_epoch(epoch)
        async with self._ledger.snapshot() as snapshot:
            refuse_quarantined(await snapshot.quarantined())
            await self._hot.rebuild(snapshot, deployment, epoch)
        await self._hot.open_gate(
            inspection.identity, epoch, built=epoch, after_outage=True, sets_clock_back=sets_clock_back
        )
        await self._writer.note_opening(epoch)
        return Rebuilt(epoch, position, position.seq - owned.position.seq)

    async def _carry_tail(self, position: Position) -> Position:
        """Where the ledger ends behind it. A branch is left where it is: it is never merged."""
        while entries := await self._hot.entries_behind(position, _ENTRIES_MAX):
            try:
                position = await self._writer.append(entries)
            except Branched:
                break
        return position


def next_epoch(inspection: HotInspection, owned: Ownership) -> int:
    """Higher than any that either store has seen."""
    return max(owned.epoch, inspection.epoch, inspection.position.epoch) + 1


def refuse_quarantined(aside: Sequence[Quarantined]) -> None:
    """Raises NotReady. What the ledger does not follow would come back as it was: stock that is sold, on sale again."""
    if aside:
        names = ", ".join(f"{each.kind} {each.name}" for each in aside[:_NAMED_MAX])
        more = f" and {len(aside) - _NAMED_MAX} more" if len(aside) > _NAMED_MAX else ""
        raise NotReady(f"The ledger does not follow {names}{more}: run `{REQUALIFY_COMMAND}` first.")
