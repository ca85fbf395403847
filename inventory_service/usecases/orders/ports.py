"""What the use cases of orders need from outside. `bootstrap` alone knows who implements it.

Everything raises NotReady, also while no sealing key is given: nothing personal is ever kept open.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from inventory_service.domain.orders.intent import Parts, Step
from inventory_service.domain.orders.order import LineRefund, Order
from inventory_service.domain.orders.stock_side import NO_STOCK, Part, StockSide, Units
from inventory_service.domain.orders.telling import Entry, Saying
from inventory_service.usecases.ports import Page


class OrderKey(NamedTuple):
    """Which order of which shop, by the platform's own id."""

    channel: str
    shop: str
    channel_order_id: str


UNNAMED = "?"  # before a digest, in place of the id of a row that has none
_REFUND = " refund "  # no id has a space


def refund_key(key: OrderKey, refund_id: str) -> OrderKey:
    """Under which a failure that is a refund's document is kept."""
    return key._replace(channel_order_id=f"{key.channel_order_id}{_REFUND}{refund_id}")


def order_of_refund(key: OrderKey) -> OrderKey | None:
    """None: it is the key of an order, or of a row."""
    channel_order_id, is_refund, _ = key.channel_order_id.partition(_REFUND)
    return key._replace(channel_order_id=channel_order_id) if is_refund else None


class Case(NamedTuple):
    """Why an order waits for a person. `code` "": it does not."""

    code: str = ""
    detail: Mapping[str, object] = {}


NO_CASE = Case()


class Work(NamedTuple):
    """Where the stock side is with an order. `step`: begun, and not known to be done."""

    side: StockSide = NO_STOCK
    number: int = 0  # of the newest step
    step: Step | None = None
    case: Case = NO_CASE
    attempts: int = 0
    next_try_ms: int = 0  # 0: nothing is to be done


class StoredOrder(NamedTuple):
    order: Order
    work: Work
    seen_ms: int
    erased_ms: int = 0


class HistoryEntry(NamedTuple):
    at_ms: int
    kind: str
    detail: Mapping[str, object]


class Answer(NamedTuple):
    """What a warehouse, or a person for it, says to an entry of the feed, once by the client's own `answer_id`."""

    client: str
    answer_id: str
    order_no: str
    warehouse: str
    position: int
    saying: Saying
    by: str = ""
    note: str = ""


class NotedAnswer(NamedTuple):
    """`result`: noted | superseded, of what the warehouse is not told any more. `is_erased`: its note is gone."""

    answer: Answer
    at_ms: int
    result: str
    is_erased: bool = False


class Kept(NamedTuple):
    """What an order is from now on. None: the document, or the codes that it waits for, are as they were.

    `entries`: what its warehouses are told of it, `answer`: what one of them said.
    """

    stored: StoredOrder
    history: Sequence[HistoryEntry] = ()
    document: bytes | None = None
    unmapped: Mapping[str, str] | None = None  # code → title
    entries: Sequence[Entry] = ()
    answer: NotedAnswer | None = None


class OrderBook(Protocol):
    """Orders, each changed by one caller at a time. `change` is called with the row locked; None: nothing changes."""

    async def arrive(
        self, key: OrderKey, buyer_reference: str, change: Callable[[StoredOrder | None, int], Kept | None]
    ) -> StoredOrder:
        """`change` is told too when the buyer asked to be forgotten, 0: never.

        Raises Refused from `change`; OutcomeUnknown: repeat it.
        """

    async def change(self, order_no: str, change: Callable[[StoredOrder, Parts], Kept | None]) -> StoredOrder:
        """With what its lines stand for.

        Raises Refused (`not_found`; `idempotency_mismatch`: the answer's id was used), OutcomeUnknown.
        """

    async def due(self, now_ms: int, limit: int) -> Sequence[str]:
        """Numbers of orders that something is to be done for, the longest due first."""

    async def put_off(self, order_no: str, next_try_ms: int) -> None:
        """Without looking into it: what it holds may be what is in the way."""

    async def wake_moved(self, now_ms: int) -> int:
        """Orders whose reservation was moved to other warehouses or given back by somebody since the last time, or of
        which a scan was undone, are due; how many. Looked up in the ledger, so that whoever moved it need not live long
        enough to say so.
        """

    async def erase(self, channel: str, buyer_reference: str, entry: HistoryEntry) -> int:
        """Everything personal of a customer's orders, for good; how many orders it was. What he ordered until then and
        arrives later comes without. Raises OutcomeUnknown.
        """


class OutboundEntry(NamedTuple):
    """What one warehouse was told of an order, and the order as it is now. `units`: all that is to leave it."""

    position: int
    number: int
    at_ms: int
    kind: str
    order_no: str
    warehouse: str
    reservation: str
    units: Units
    stored: StoredOrder


class FeedNews(Protocol):
    def listening(self, warehouse: str) -> AbstractContextManager[asyncio.Event]:
        """The event is set whenever that warehouse, "": any, was told something that can be read by then.

        Now and then an announcement is lost: whoever waits has to have an end to it.
        """


class Unanswered(NamedTuple):
    """The newest entry of a warehouse that should have answered it by now."""

    order_no: str
    warehouse: str
    kind: str
    position: int
    at_ms: int


class OutboundFeed(Protocol):
    """What was told, in order of position. A reader that has seen a position has seen everything before it."""

    async def entries(self, after: int, warehouse: str, limit: int) -> Sequence[OutboundEntry]:
        """`warehouse` "": of all of them."""

    async def entry(self, position: int) -> OutboundEntry | None: ...
    async def unanswered(self, limit: int) -> Sequence[Unanswered]:
        """Of all orders that wait for a silent warehouse, the oldest first."""

    async def answer(self, client: str, answer_id: str) -> NotedAnswer | None: ...


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Empty strings do not filter."""

    channel: str = ""
    shop: str = ""
    payment: str = ""
    fulfilment: str = ""
    channel_order_id: str = ""
    case: str = ""
    sku: str = ""


class OrderReader(Protocol):
    async def order(self, order_no: str) -> StoredOrder | None: ...
    async def orders(self, wanted: OrderFilter, limit: int, cursor: str) -> Page[StoredOrder]:
        """Newest first. Raises Refused for a foreign cursor."""

    async def history(self, order_no: str) -> Sequence[HistoryEntry]: ...
    async def note_reading(self, client: str, order_nos: Sequence[str], at_ms: int) -> None:
        """That personal data of these orders were read in clear."""


class Misfit(NamedTuple):
    """Why a document is no order: the unified field, where in the document its value stands, the reason in words."""

    field: str
    path: str
    reason: str


def defect(error: Exception) -> Misfit:
    """A document at which the service itself broke. The error's text may repeat what is personal."""
    return Misfit("document", "", f"the service broke at it: {type(error).__name__}")


TellsBroken = Callable[[str, Exception], None]  # at what, and how


class Misread(Exception):
    def __init__(self, misfit: Misfit) -> None:
        super().__init__(f"{misfit.field} at {misfit.path or 'the top'}: {misfit.reason}")
        self.misfit = misfit


ReadDocument = Callable[[str, str, object], Order]
"""Channel, shop and document → the order in it. Raises Misread."""

ReadRefund = Callable[[str, str, object], Sequence[LineRefund]]
"""Channel, shop and a refund's document → what it says of lines. Raises Misread."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An arrival that could not be taken in. `state`: open | cured | erased. `modified_ms` 0: no order's document, nor
    a refund's (`refund_key`).
    """

    failure_id: str
    key: OrderKey
    modified_ms: int
    state: str
    misfit: Misfit
    attempts: int
    first_ms: int
    last_ms: int
    next_try_ms: int


class FailuresOfField(NamedTuple):
    """Open ones of a shop for the same field, whatever line it is of; `newest` of them, and its reason."""

    channel: str
    shop: str
    field: str
    failures: int
    newest: str
    reason: str


class FailureBook(Protocol):
    async def keep(
        self, key: OrderKey, modified_ms: int, misfit: Misfit, document: bytes, times: tuple[int, int]
    ) -> None:
        """Once per order, with its newest document. `times`: now, and when to try again."""

    async def again(self, failure_id: str, misfit: Misfit, times: tuple[int, int]) -> None:
        """Tried in vain once more."""

    async def cured(self, key: OrderKey, modified_ms: int) -> None:
        """A version was taken in: what failed of the same or an older one is no failure any more."""

    async def refunds(self, key: OrderKey) -> Sequence[tuple[Failure, bytes]]:
        """Of that order, which were not taken in yet: mostly since it was not."""

    async def due(self, now_ms: int, limit: int) -> Sequence[Failure]: ...
    async def failure(self, failure_id: str) -> tuple[Failure, bytes] | None:
        """With its document, b"" where that is gone."""

    async def failures(self, state: str, limit: int, cursor: str) -> Page[Failure]: ...
    async def by_field(self, limit: int) -> Sequence[FailuresOfField]:
        """Those with the most failures first."""

    async def erase(self, channel: str, words: str) -> int:
        """Documents of a channel that are of erased orders, or in which these words stand; how many."""


@dataclass(frozen=True, slots=True)
class SkuCode:
    """What a platform's code stands for; no parts: nobody has said, and so many orders wait."""

    channel: str
    shop: str
    code: str
    parts: Sequence[Part]
    title: str = ""
    orders: int = 0


class SkuCodes(Protocol):
    async def put(self, code: SkuCode, by: str, now_ms: int) -> Sequence[str]:
        """Set it; numbers of the orders that waited for it, which are due now. Raises OutcomeUnknown."""

    async def codes(self, channel: str, shop: str, limit: int, cursor: str) -> Page[SkuCode]: ...
    async def unknown(self, channel: str, shop: str, limit: int, cursor: str) -> Page[SkuCode]:
        """The to-do list."""
