"""Make Redis what the ledger says, under a new epoch."""

from collections.abc import Sequence

from inventory_service.domain.errors import NotReady
from inventory_service.usecases.ledger_ports import Quarantined
from inventory_service.usecases.ports import HotState, LedgerSnapshots, LedgerWriter, Ownership

REQUALIFY_COMMAND = "ledger requalify"
_NAMED_MAX = 5


class RebuildState:
    """Only the owner of the ledger rebuilds; whatever Redis held is gone afterwards.

    Deeper recovery (a promoted replica, a torn log, a ledger older than Redis) decides before this; it is where
    `open_gate.decide` refuses today.
    """

    def __init__(self, hot: HotState, writer: LedgerWriter, ledger: LedgerSnapshots) -> None:
        self._hot = hot
        self._writer = writer
        self._ledger = ledger

    async def run(self, owned: Ownership) -> int:
        """Claim an epoch, write everything under it, open the gate with it; the epoch.

        The epoch is claimed in Postgres first: one that was used by a server that is gone never comes again.
        Raises NotReady (repeat it), Fenced.
        """
        inspection = await self._hot.inspect()
        epoch = max(owned.epoch, inspection.epoch, inspection.position.epoch) + 1
        await self._writer.advance_epoch(epoch)
        async with self._ledger.snapshot() as snapshot:
            _refuse_quarantined(await snapshot.quarantined())
            await self._hot.rebuild(snapshot, await self._ledger.deployment(), epoch)
        await self._hot.open_gate(inspection.identity, epoch, after_outage=True)
        return epoch


def _refuse_quarantined(aside: Sequence[Quarantined]) -> None:
    """What the ledger does not follow would come back as it was: stock that is sold, on sale again."""
    if aside:
        names = ", ".join(f"{each.kind} {each.name}" for each in aside[:_NAMED_MAX])
        more = f" and {len(aside) - _NAMED_MAX} more" if len(aside) > _NAMED_MAX else ""
        raise NotReady(f"The ledger does not follow {names}{more}: run `{REQUALIFY_COMMAND}` before the rebuild.")
