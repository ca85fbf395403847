"""Where the two stores stand, as each says of itself: what is compared before Redis is believed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.events import Position


class Closed(StrEnum):
    """Why the gate was shut on the very server that it was opened for."""

    NO = ""
    CLOCK = "clock"  # by the kernel: its clock jumped
    DIRTY = "dirty"  # by the kernel: a write failed behind the first one, so log and state may disagree
    REBUILD = "rebuild"  # the state is being made anew, or whoever did it died
    RESNAPSHOT = "resnapshot"  # the state is being read, or whoever did it died
    # By the writer: servers that are not to be believed, and that others may still reach.
    PROMOTED = "promoted"
    SUPERSEDED = "superseded"
    BRANCHED = "branched"


class Gap(NamedTuple):
    """Events that no store has any more: a ledger restored from an older backup was carried over them."""

    before: Position  # where the ledger ended
    after: Position  # where it goes on
    at_ms: int


@dataclass(frozen=True, slots=True)
class Ownership:
    """Where the ledger stands. `epoch`: the highest ever claimed for the gate, 0: never; `opened_epoch`: the highest
    with which it was opened for certain.
    """

    position: Position
    epoch: int
    opened_epoch: int = 0


@dataclass(frozen=True, slots=True)
class HotInspection:
    """What a Redis server says of itself. `deployment` is "" on an empty server."""

    identity: str  # run_id:master_replid
    deployment: str
    gate: str  # the identity that it was opened for, "": never
    position: Position
    epoch: int
    flushed: int  # the highest seq that Postgres had acknowledged
    opened_ms: int  # the last opening behind an outage, 0: never
    clock_ms: int  # the kernel's clock when it was last stored, 0: never
    server_ms: int = 0
    closed: str = Closed.NO
    replicated: bool = False  # when the gate was opened, a replica had a copy or could have one
    former_replication_id: str = ""  # of the primary that it followed before it was promoted, "": none that it knows
    is_replica: bool = False
    ahead_until_ms: int = 0  # holds may carry times up to this one, of a clock that was set back
    built: int = 0  # the epoch of the rebuild that made the state
    backlog_limit: int = 0  # 0: never opened
    memory_used_bytes: int = 0
    memory_limit_bytes: int = 0  # 0: none

    @property
    def gate_is_open(self) -> bool:
        """Whether the server that answers is the one that the gate was opened for."""
        return self.gate != "" and self.gate == self.identity and self.closed == Closed.NO

    @property
    def now_ms(self) -> int:
        """The kernel's clock, which never goes back."""
        return max(self.clock_ms, self.server_ms)

    @property
    def backlog_events(self) -> int:
        """Events that Postgres had not acknowledged, as the kernel counts them."""
        return max(0, self.position.seq - self.flushed)
