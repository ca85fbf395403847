"""Decide whether the Redis that answers may be believed, and let it decide about stock again.

The gate is opened for an identity: a server that restarted or was replaced is another one, and closed until its
state was compared with the ledger.
"""

from dataclasses import dataclass
from enum import StrEnum

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Position
from inventory_service.faultpoints import reached
from inventory_service.usecases.ports import HotInspection, HotState, LedgerSnapshots, LedgerWriter, Ownership
from inventory_service.usecases.rebuild_state import RebuildState

REBUILD_COMMAND = "rebuild --old-primary-is-dead"


class Verdict(StrEnum):
    OPEN = "open"
    REBUILD = "rebuild"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    reason: str


class OpenGate:
    """`rebuilds_empty`: an empty server is rebuilt without asking. True only where the servers are our own (embedded):
    behind a given URL the server that held the state may still be alive and answering others.
    """

    def __init__(self, hot: HotState, writer: LedgerWriter, ledger: LedgerSnapshots, *, rebuilds_empty: bool) -> None:
        self._hot = hot
        self._writer = writer
        self._ledger = ledger
        self._rebuild = RebuildState(hot, writer, ledger)
        self._rebuilds_empty = rebuilds_empty

    async def is_open(self) -> bool:
        """Whether the server that answers now is the one that the gate was opened for. Raises NotReady."""
        return (await self._hot.inspect()).gate_is_open

    async def run(self) -> Position:
        """Own the ledger, then open or rebuild; where the ledger stands.

        Raises NotReady with the reason when a person has to decide, or a store is away; Fenced.
        """
        owned = await self._writer.claim()
        reached("gate.claimed")
        inspection = await self._hot.inspect()
        deployment = await self._ledger.deployment()
        decision = decide(inspection, owned, deployment, rebuilds_empty=self._rebuilds_empty)
        if decision.verdict is Verdict.REFUSE:
            raise NotReady(decision.reason)
        if decision.verdict is Verdict.REBUILD:
            await self._rebuild.run(owned)
        else:
            await self._open(inspection, owned)
        return owned.position

    async def rebuild(self) -> int:
        """Rebuild because a person says so, whatever Redis holds; the new epoch. Raises NotReady, Fenced."""
        return await self._rebuild.run(await self._writer.claim())

    async def _open(self, inspection: HotInspection, owned: Ownership) -> None:
        epoch = max(owned.epoch, inspection.epoch) + 1
        await self._writer.advance_epoch(epoch)
        reached("gate.advanced")
        await self._hot.open_gate(inspection.identity, epoch, after_outage=not inspection.gate_is_open)
        reached("gate.opened")


def decide(hot: HotInspection, owned: Ownership, deployment: str, *, rebuilds_empty: bool) -> Decision:
    """What the comparison means. Nothing is ever merged: either Redis is believed, or the ledger."""
    ledger = owned.position
    if hot.deployment == "":
        return _decide_empty(owned, rebuilds_empty=rebuilds_empty)
    if hot.deployment != deployment:
        return _refuse(
            f"Redis belongs to deployment {hot.deployment}, the ledger to {deployment}: one of the URLs is wrong. "
            f"If Redis may be overwritten, run `{REBUILD_COMMAND}`."
        )
    if ledger.seq < hot.flushed:
        return _refuse(
            f"The ledger ends at {ledger.seq}, but had committed {hot.flushed} before: Postgres was restored from an "
            "older backup. Nothing is overwritten; restore a newer backup."
        )
    if hot.position.seq < ledger.seq:
        return Decision(Verdict.REBUILD, f"Redis ends at {_text(hot.position)}, the ledger at {_text(ledger)}.")
    if hot.position.epoch < ledger.epoch or (hot.position.seq == ledger.seq and hot.position != ledger):
        return _refuse(
            f"Redis ends at {_text(hot.position)}, the ledger at {_text(ledger)}: their histories differ. "
            f"If the ledger is right, run `{REBUILD_COMMAND}`."
        )
    return Decision(Verdict.OPEN, "Redis is at or ahead of the ledger.")


def _decide_empty(owned: Ownership, *, rebuilds_empty: bool) -> Decision:
    if owned.epoch == 0:
        return Decision(Verdict.REBUILD, "Nothing was ever written: the first start.")
    if rebuilds_empty:
        return Decision(Verdict.REBUILD, "Redis is empty and our own.")
    return _refuse(
        "Redis is empty, but this deployment has been in use: the server that held its state may still answer others. "
        f"If it is gone for good, run `{REBUILD_COMMAND}`."
    )


def _refuse(reason: str) -> Decision:
    return Decision(Verdict.REFUSE, reason)


def _text(position: Position) -> str:
    return f"{position.epoch}-{position.seq}"
