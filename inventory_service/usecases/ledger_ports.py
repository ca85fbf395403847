"""What those need from the ledger who check and mend it. Each call raises NotReady when Postgres is away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from inventory_service.domain.commands import Fitted
from inventory_service.domain.events import Position
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import Change, Stock


class DuplicateState(StrEnum):
    """`open`: to be compensated; `stands`: what was answered holds; `refused`: a person has to mend it."""

    OPEN = "open"
    COMPENSATED = "compensated"
    STANDS = "stands"
    REFUSED = "refused"


class SubjectKind(StrEnum):
    """Whose projections an event writes; `event`: nobody's but its own, `entry`: it cannot be read."""

    SKU = "sku"
    RESERVATION = "reservation"
    EVENT = "event"
    ENTRY = "entry"


class Quarantined(NamedTuple):
    """A subject that the ledger's projections do not follow from `seq` on; its raw entries are all there."""

    kind: SubjectKind
    name: str
    seq: int
    reason: str
    skus: Sequence[str]  # whose promises it counts in
    at_ms: int


@dataclass(frozen=True, slots=True)
class AuditedEntry:
    """An entry of the ledger with the numbers in its bytes, how many rows it should have, and how many it has.

    What is quarantined should have none.
    """

    position: Position
    before: Position
    seqs: Sequence[int]
    events: int
    event_rows: int
    changes: int
    change_rows: int


@dataclass(frozen=True, slots=True)
class AuditedChange:
    seq: int
    type: str
    change: Change
    ahead: bool  # of a SKU that was ever sold ahead of what is on its way


@dataclass(frozen=True, slots=True)
class Transition:
    """One event of a reservation; `status` is the one after it. `reopened`: its id had been used before."""

    reservation_id: str
    seq: int
    type: str
    status: str
    reopened: bool


class Promise(NamedTuple):
    """Sums over the open allocations of one SKU in one warehouse."""

    sku: str
    warehouse: str
    held: int
    committed: int


class AuditedDuplicate(NamedTuple):
    """An id that was applied again. `promised`: within the retention, when it should have been remembered."""

    seq: int
    kind: str
    name: str
    promised: bool
    state: str


class Quarantine(Protocol):
    """What is set aside, and the way back."""

    async def all(self) -> Sequence[Quarantined]:
        """By kind and name."""

    async def requalify(self) -> Sequence[Quarantined]:
        """Replay everything that is set aside from the raw entries; what still cannot be projected."""


@dataclass(frozen=True, slots=True)
class UsedAgain:
    """A movement or scan that was applied a second time. `delta`: what that did to on_hand; `expected_ms`: the lot that
    it named, 0: none.

    `reservation_id` and `fitted` are a scan's.
    """

    seq: int
    kind: str
    name: str
    event_id: str
    exception_id: str
    sku: str
    warehouse: str
    quantity: int
    delta: int
    reservation_id: str
    fitted: Sequence[Fitted]
    expected_ms: int = 0


class DuplicateBook(Protocol):
    """Ids that were applied again."""

    async def uncompensated(self, limit: int) -> Sequence[UsedAgain]:
        """The oldest first."""

    async def settle(self, seq: int, state: DuplicateState, how: str) -> None:
        """Note how it was compensated, or why not; its alarm tells."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One record in both stores, None: not there, when the ledger stood at `ledger_seq`."""

    kind: SubjectKind
    name: str
    hot: Stock | Reservation | None
    stored: Stock | Reservation | None
    ledger_seq: int

    def is_still(self, earlier: "Difference") -> bool:
        """Whether both records are what they were."""
        return (self.hot, self.stored) == (earlier.hot, earlier.stored)


class DifferenceBook(Protocol):
    """Alarms about records that differ, and what is counted of the walk."""

    async def tell(self, difference: Difference) -> None:
        """With the newest events behind it."""

    async def open(self, kind: SubjectKind, limit: int) -> Sequence[str]:
        """Names with an alarm that is not closed."""

    async def close(self, kind: SubjectKind, name: str) -> None: ...
    def compared(self, kind: SubjectKind, records: int) -> None: ...
    async def round_ended(self, differences: int) -> None: ...


class LedgerWalk(Protocol):
    """Every SKU, and every reservation that is open, by name."""

    async def names(self, kind: SubjectKind, after: str, limit: int) -> Sequence[str]: ...


class AlarmBook(Protocol):
    """Alarms that no event causes."""

    async def raise_alarm(self, rule: str, cause: str, detail: Mapping[str, object], at_ms: int) -> None:
        """One more time; the same cause that is open already counts up."""

    async def raise_anew(self, rule: str, cause: str, detail: Mapping[str, object], at_ms: int) -> None:
        """As `raise_alarm`, of what is news each time: people are told also where they have acknowledged it before."""

    async def close_alarms(self, rule: str, at_ms: int) -> None:
        """Whatever the cause was, it is gone."""

    async def close_alarm(self, rule: str, cause: str, at_ms: int) -> None:
        """The cause is gone; others of the rule may stand."""

    async def close_other_alarms(self, rule: str, causes: Sequence[str], at_ms: int) -> None:
        """Every cause but these is gone."""

    async def close_quiet_alarms(self, rule: str, before_ms: int, at_ms: int) -> None:
        """What did not occur again since is over."""

    async def open_detail(self, rule: str) -> Mapping[str, object] | None:
        """What the newest open alarm of this rule tells."""
