"""Whether the Redis that answers may be believed, and if not, what leads out.

Nothing is ever merged: either Redis is believed, or the ledger, or a person is asked.
"""

from dataclasses import dataclass
from enum import StrEnum

from inventory_service.domain.events import Position
from inventory_service.usecases.ports import HotState, LedgerSnapshots
from inventory_service.usecases.standing import Closed, HotInspection, Ownership

REBUILD_COMMAND = "rebuild --old-primary-is-dead"
RESNAPSHOT_COMMAND = "resnapshot --no-newer-backup"


class Verdict(StrEnum):
    OPEN = "open"
    REBUILD = "rebuild"
    REFUSE = "refuse"


class Cause(StrEnum):
    """Why Redis is not simply opened; the causes of the alarm `gate_closed`."""

    NONE = "none"
    EMPTY = "empty"
    FOREIGN = "foreign"
    REPLICA = "replica"
    PROMOTED = "promoted"
    SUPERSEDED = "superseded"
    UNFINISHED = "unfinished"
    BEHIND = "behind"
    GAP = "gap"
    BRANCHED = "branched"
    CLOCKS = "clocks"


class Meeting(StrEnum):
    """How the log in Redis and the ledger's own meet."""

    CONTINUED = "continued"  # one of them goes on where the other ends
    GAP = "gap"  # Redis is ahead, and what lies between is nowhere any more
    BRANCHED = "branched"  # neither knows where the other ends


@dataclass(frozen=True, slots=True)
class Decision:
    verdict: Verdict
    cause: Cause
    reason: str  # for people, in one line, with the command that leads out


class JudgeState:
    """`rebuilds_empty`: the servers are our own (embedded), so no other one can hold the state and answer others.
    Behind a given URL it may, and only a person can tell.
    """

    def __init__(self, hot: HotState, ledger: LedgerSnapshots, *, rebuilds_empty: bool) -> None:
        self._hot = hot
        self._ledger = ledger
        self._rebuilds_empty = rebuilds_empty

    async def run(self, hot: HotInspection, owned: Ownership) -> Decision:
        """Raises NotReady."""
        meeting = await meet(self._hot, self._ledger, hot, owned.position)
        return decide(hot, owned, meeting, await self._ledger.deployment(), rebuilds_empty=self._rebuilds_empty)


async def meet(state: HotState, ledger: LedgerSnapshots, hot: HotInspection, end: Position) -> Meeting:
    """`end`: of the ledger. An entry tells which position it follows, so neither clock nor trust is needed."""
    if hot.position == end:
        return Meeting.CONTINUED
    if hot.position.seq <= end.seq:
        return Meeting.CONTINUED if await ledger.has_entry(hot.position) else Meeting.BRANCHED
    if hot.position < end:
        return Meeting.BRANCHED
    first = await state.entries_behind(end, 1)
    if first and first[0].before == end:
        return Meeting.CONTINUED
    return Meeting.GAP if not first or first[0].before.seq > end.seq else Meeting.BRANCHED


def decide(
    hot: HotInspection, owned: Ownership, meeting: Meeting, deployment: str, *, rebuilds_empty: bool
) -> Decision:
    """What the comparison means. Who answers comes before what it says."""
    if hot.deployment == "":
        return _decide_empty(owned, rebuilds_empty=rebuilds_empty)
    if hot.deployment != deployment:
        return _refuse(
            Cause.FOREIGN,
            f"Redis belongs to deployment {hot.deployment}, the ledger to {deployment}: one of the URLs is wrong. "
            f"If Redis may be overwritten, run `{REBUILD_COMMAND}`.",
        )
    if hot.is_replica:
        return _refuse(Cause.REPLICA, "Redis is a replica: give the URL of the primary.")
    if not rebuilds_empty and was_promoted(hot):
        return _refuse(
            Cause.PROMOTED,
            "Redis was promoted, or restarted while it had replicas, which looks the same: the old primary may still "
            f"answer others. If no other Redis answers anybody any more, run `{REBUILD_COMMAND}`.",
        )
    if not rebuilds_empty and hot.epoch < owned.opened_epoch:
        return _refuse(
            Cause.SUPERSEDED,
            f"Redis ends in epoch {hot.epoch}, but the gate was opened in epoch {owned.opened_epoch}: an old copy. "
            f"The newer server may still answer others; if it is gone for good, run `{REBUILD_COMMAND}`.",
        )
    return _compare(hot, owned.position, meeting)


def was_promoted(hot: HotInspection) -> bool:
    """Whether the server may be another one than the gate was opened for, with a copy of its data.

    The same process with another replication id got or lost its first replica, which is harmless, unless it followed
    another primary meanwhile: then it remembers that one's id. A process that restarted remembers nothing; but a copy
    of the data can only be made by a replica, and the opening noted whether there was any (a first one that comes
    later changes the replication id, and so shuts the gate). Once told, it stays so: the server may forget.
    """
    if hot.closed == Closed.PROMOTED:
        return True
    if hot.gate in ("", hot.identity):
        return False
    run_id, _, replication_id = hot.gate.partition(":")
    if hot.identity.startswith(f"{run_id}:"):
        return hot.former_replication_id != ""
    return hot.replicated or hot.former_replication_id not in ("", replication_id)


def _compare(hot: HotInspection, ledger: Position, meeting: Meeting) -> Decision:
    ends = f"Redis ends at {text(hot.position)}, the ledger at {text(ledger)}"
    if meeting is Meeting.GAP:
        return _refuse(
            Cause.GAP,
            f"{ends}, and what lies between is nowhere any more: Postgres was restored from an older backup. Restore "
            f"a newer one; if there is none, run `{RESNAPSHOT_COMMAND}`: Redis's state becomes the ledger's.",
        )
    if meeting is Meeting.BRANCHED:
        return _refuse(
            Cause.BRANCHED,
            f"{ends}: their histories differ, and are never merged. If the ledger is right and no other Redis answers "
            f"anybody any more, run `{REBUILD_COMMAND}`.",
        )
    if hot.closed in (Closed.DIRTY, Closed.REBUILD, Closed.RESNAPSHOT):
        return Decision(Verdict.REBUILD, Cause.UNFINISHED, "A change of Redis was broken off: its log counts.")
    if hot.position.seq < ledger.seq:
        return Decision(Verdict.REBUILD, Cause.BEHIND, f"{ends}: it lost its newest events.")
    return Decision(Verdict.OPEN, Cause.NONE, "Redis is at or ahead of the ledger.")


def _decide_empty(owned: Ownership, *, rebuilds_empty: bool) -> Decision:
    if owned.epoch == 0:
        return Decision(Verdict.REBUILD, Cause.NONE, "Nothing was ever written: the first start.")
    if rebuilds_empty:
        return Decision(Verdict.REBUILD, Cause.EMPTY, "Redis is empty and our own.")
    return _refuse(
        Cause.EMPTY,
        "Redis is empty, but this deployment has been in use: the server that held its state may still answer others. "
        f"If it is gone for good, run `{REBUILD_COMMAND}`.",
    )


def _refuse(cause: Cause, reason: str) -> Decision:
    return Decision(Verdict.REFUSE, cause, reason)


def text(position: Position) -> str:
    return f"{position.epoch}-{position.seq}"
