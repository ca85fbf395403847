"""What the sync needs from outside. `bootstrap` alone knows who implements it. Stores raise NotReady."""

from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from inventory_service.usecases.sync.adapter import Adapter, Arrived, Missed, Refund
from inventory_service.usecases.sync.watermark import Window


class Shop(Protocol):
    """A shop as it is registered. `responsible`: who is called when it fails."""

    @property
    def shop(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def responsible(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, object]: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def paused_reason(self) -> str:
        """Why the service does not call it, "": it does."""


class Shops(Protocol):
    """The registry, at most 2 s behind a change made elsewhere."""

    def all(self) -> Mapping[str, Shop]:
        """By name, from memory. Raises NotReady while they could not be read yet."""

    async def lookup(self, shop: str) -> Shop | None:
        """Asks the store before it says None. Raises NotReady when it cannot."""


class CallWatch(Protocol):
    """Stops the calls of a shop whose credential is refused, until somebody has set another one."""

    async def may_call(self, shop: str) -> bool: ...
    async def refused(self, shop: str, which: str, said: str) -> None: ...
    async def went_well(self, shop: str) -> None: ...


class Opens(Protocol):
    def __call__(self, shop: Shop) -> AbstractAsyncContextManager[Adapter]:
        """The shop's adapter with its live credentials. Raises ValueError for settings that cannot be."""


class Took(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"  # it is in the list of failures


class Summary(NamedTuple):
    """An order in the words of our model, as far as two sides are compared. `customer`: opaque, "": none."""

    channel_order_id: str
    payment: str
    fulfilment: str
    paid_minor: int | None
    currency: str
    modified_ms: int
    customer: str = ""


class TakesOrders(Protocol):
    """Where orders go: each is taken in once, whatever is repeated, late or out of order."""

    async def arrive(self, channel: str, shop: str, arrived: Arrived) -> Took:
        """What does not fit is kept as a failure and blocks nobody. Raises NotReady, OutcomeUnknown: say it again."""

    async def refund(self, channel: str, shop: str, refund: Refund) -> Took:
        """What does not fit, or has no order yet, is kept as a failure. Raises NotReady, OutcomeUnknown."""

    async def missed(self, channel: str, shop: str, missed: Missed) -> None:
        """A row that the platform told of, and that could not be read: it becomes a failure."""

    async def known(self, channel: str, shop: str, channel_order_ids: Sequence[str]) -> Mapping[str, Summary]:
        """Those of them that there are, as they are here."""

    async def placed(self, channel: str, shop: str, window: Window) -> Sequence[Summary]:
        """Those here that were placed in the window, both ends included by whole seconds."""

    def read(self, channel: str, shop: str, arrived: Arrived) -> Summary | None:
        """What the platform says of an order, None where its document does not fit."""


class ReadsAvailable(Protocol):
    async def available(self, channel: str, skus: Sequence[str]) -> Mapping[str, int]:
        """What an order of that channel could get of each now; a SKU that is not known has none."""


class Alarms(Protocol):
    async def raise_alarm(self, rule: str, cause: str, detail: Mapping[str, object], at_ms: int) -> None: ...
    async def raise_anew(self, rule: str, cause: str, detail: Mapping[str, object], at_ms: int) -> None:
        """Of what is news each time: people are told also where they have acknowledged it before."""

    async def close_alarm(self, rule: str, cause: str, at_ms: int) -> None: ...
    async def close_other_alarms(self, rule: str, causes: Sequence[str], at_ms: int) -> None:
        """Every cause but these is gone."""


class Tells(Protocol):
    """Metrics."""

    def called(self, channel: str, duty: str, outcome: str) -> None: ...
    def took(self, channel: str, outcome: str) -> None: ...
    def pushed(self, channel: str, outcome: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a shop is pulled. `succeeded_ms` 0: never; `reason`: of the last poll in vain, "": it went well;
    `awaited_ms`: it was switched off until then.
    """

    shop: str
    began_ms: int
    reached_ms: int
    succeeded_ms: int = 0
    failures: int = 0
    reason: str = ""
    awaited_ms: int = 0


class SyncBook(Protocol):
    async def begin(self, shop: str, now_ms: int) -> Progress:
        """As it is, or from now on."""

    async def progress(self) -> Sequence[Progress]: ...
    async def set_up(self) -> AbstractSet[str]:
        """Shops for which somebody has ever set a credential: without one none can be called."""

    async def rest(self, shops: Sequence[str], now_ms: int) -> None:
        """They are switched off: until now nobody waits for them."""

    async def reach(self, shop: str, reached_ms: int) -> None:
        """It never goes back."""

    async def went_well(self, shop: str, now_ms: int) -> None: ...
    async def failed(self, shop: str, reason: str, now_ms: int) -> int:
        """How often, one after the other."""

    async def count(self, shop: str, orders: Mapping[int, int]) -> None:
        """So many more orders in each of these hours."""

    async def hours(self, since_ms: int) -> Mapping[str, Mapping[int, int]]:
        """Orders per shop by the beginning of the hour."""


class NotedHint(NamedTuple):
    channel_order_id: str
    noted: int
    attempts: int


class HintBook(Protocol):
    async def note(self, shop: str, channel_order_ids: Sequence[str], now_ms: int) -> None:
        """Each once; it is due at once, also where it waited."""

    async def due(self, shop: str, now_ms: int, limit: int) -> Sequence[NotedHint]:
        """The longest due first."""

    async def done(self, shop: str, hint: NotedHint) -> None:
        """Unless it was noted again meanwhile."""

    async def again(self, shop: str, hint: NotedHint, due_ms: int) -> None: ...
    async def waiting(self) -> Mapping[str, int]:
        """How many, by shop."""


class RunKind(StrEnum):
    BACKFILL = "backfill"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Run:
    """Orders placed from `from_ms` to `to_ms`; everything placed before `reached_ms` is done. `ended_ms` 0: not yet."""

    run_id: str
    shop: str
    kind: RunKind
    from_ms: int
    to_ms: int
    reached_ms: int
    attempts: int
    reason: str
    requested_by: str
    requested_ms: int
    ended_ms: int
    counted: Mapping[str, int]

    @property
    def share_done(self) -> float:
        return 1.0 if self.ended_ms else (self.reached_ms - self.from_ms) / (self.to_ms - self.from_ms)


class RunOrder(NamedTuple):
    """`outcome`: Took, or "pending"; of a check: what differs. `before_ms`: the version known before, 0: none."""

    channel_order_id: str
    outcome: str
    before_ms: int = 0
    detail: Mapping[str, object] = {}


class RunBook(Protocol):
    async def open(self, shop: str, kind: RunKind, window: Window, by: str, now_ms: int) -> Run:
        """A new one, or the one that is open for the same range. Raises OutcomeUnknown."""

    async def due(self, shop: str, now_ms: int) -> Run | None:
        """The oldest that is."""

    async def one(self, run_id: str) -> Run | None: ...
    async def newest(self, kind: RunKind, by: str = "") -> Mapping[str, Run]:
        """By shop; `by`: of those that it asked for, "": of all."""

    async def expect(self, run_id: str, orders: Sequence[RunOrder]) -> Sequence[RunOrder]:
        """Note them before they are touched; those that were noted stay as they were and are what is returned."""

    async def settle(self, run_id: str, orders: Sequence[RunOrder]) -> None:
        """What became of them, or what differs."""

    async def reach(self, run_id: str, reached_ms: int, counted: Mapping[str, int]) -> None:
        """All of it up to there is done; `counted` replaces what was."""

    async def finish(self, run_id: str, now_ms: int) -> None: ...
    async def again(self, run_id: str, reason: str, due_ms: int) -> None: ...
    async def counts(self, run_id: str) -> Mapping[str, int]:
        """Orders by outcome."""

    def orders(self, run_id: str) -> AsyncIterator[Sequence[RunOrder]]:
        """By id, page by page."""


PARTS_MAX = 50


class Item(NamedTuple):
    """A platform's article; of each SKU in it so many units. `written` None: nobody knows what the platform has."""

    product_id: str
    sku_id: str
    parts: Mapping[str, int]
    written: int | None = None
    reason: str = ""


class ItemBook(Protocol):
    async def put(self, shop: str, items: Sequence[Item]) -> None:
        """Those without parts go. Raises OutcomeUnknown."""

    async def items(self, shop: str) -> Sequence[Item]: ...
    async def moved_until(self) -> int:
        """The newest movement of stock in the ledger."""

    async def due(self, shop: str, now_ms: int, believed_ms: int, moved_after: int | None) -> Sequence[Item]:
        """All but those that were refused lately; of what was written `believed_ms` ago nobody knows any more.

        `moved_after`: only those of which something moved behind that movement; None: all.
        """

    async def wrote(self, shop: str, items: Sequence[Item], now_ms: int) -> None:
        """What was written."""

    async def refused(self, shop: str, items: Sequence[Item], due_ms: int) -> None: ...
