"""What a platform's folder fulfils, and what every call of it may raise.

ChannelError
├── CredentialRefused   key, secret or authorisation is not (any more) what the platform expects: `which` to look at
├── TokenExpired        the access token ran out; `SignedCalls` renews it, so that callers rarely see this
├── Throttled           too many calls: again after `wait_ms`
├── Temporary           silence, a broken answer, a fault of the platform: the same call may go well later
├── Permanent           a definite no to this call, with the platform's own `code`
└── NotUnderstood       an answer or a message is not what the platform's contract says
"""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

from inventory_service.usecases.sync.watermark import Window

DETAIL_LENGTH_MAX = 300  # a platform's sentence in a log line

_UNKEEPABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

T = TypeVar("T")


class ChannelError(Exception):
    """`code`: the platform's own, "" where it said none."""

    def __init__(self, detail: str, code: str = "") -> None:
        # Every error is kept somewhere, and a sentence that no store holds would keep an alarm from being raised.
        self.detail = _UNKEEPABLE.sub(" ", detail)
        self.code = _UNKEEPABLE.sub(" ", code)
        super().__init__(self.detail)

    def __str__(self) -> str:
        return f"{self.detail} [{self.code}]" if self.code else self.detail

    def hide(self, secrets: Iterable[str]) -> None:
        """Platforms repeat in their sentences what they were sent. Cut afterwards: half a secret is one too."""
        for secret in secrets:
            self.detail = self.detail.replace(secret, "…")
            self.code = self.code.replace(secret, "…")
        self.detail, self.code = self.detail[:DETAIL_LENGTH_MAX], self.code[:DETAIL_LENGTH_MAX]
        self.args = (self.detail,)


class CredentialRefused(ChannelError):
    """`which`: app_key, app_secret, access_token, refresh_token or permission."""

    def __init__(self, which: str, detail: str, code: str = "") -> None:
        super().__init__(detail, code)
        self.which = which


class TokenExpired(ChannelError): ...


class Throttled(ChannelError):
    def __init__(self, wait_ms: int, detail: str, code: str = "") -> None:
        super().__init__(detail, code)
        self.wait_ms = wait_ms


class Temporary(ChannelError): ...


class Permanent(ChannelError): ...


class NotUnderstood(ChannelError): ...


class Arrived(NamedTuple):
    """An order as the platform shows it now."""

    channel_order_id: str
    modified_ms: int
    document: Mapping[str, object]


class Missed(NamedTuple):
    """A row that could not be read, or whose detail could not be had; those behind it go on. `row_id` "": unknown."""

    row_id: str
    error: ChannelError
    row: object


class Refund(NamedTuple):
    refund_id: str
    channel_order_id: str
    modified_ms: int
    document: Mapping[str, object]


class StockLevel(NamedTuple):
    """What may be sold of a platform's article. `sku_id` "": an article without variants."""

    product_id: str
    sku_id: str
    available: int


class Unwritten(NamedTuple):
    level: StockLevel
    error: ChannelError


class Hint(NamedTuple):
    """Something happened to this order: fetch it. `seller_id`: of the platform's seller, "" where it does not say."""

    channel_order_id: str
    seller_id: str


class Hints(NamedTuple):
    """What messages told. Tell the adapter once they are noted (`remember`, `confirm`): until then they come again."""

    orders: Sequence[Hint]
    message_ids: Sequence[str]


class Reply(NamedTuple):
    """What the platform wants to hear: JSON."""

    status: int
    body: bytes


IsTaken = Callable[[str, int], bool]
"""Whether an order, by its id, was taken in as it is since `modified_ms`."""


def nothing_taken(_channel_order_id: str, _modified_ms: int) -> bool:
    return False


class Adapter(Protocol):
    """One shop on one platform. Everything here raises ChannelErrors, and what the source of its credentials raises."""

    window_ms_max: int

    def platform_now_ms(self) -> int:
        """The platform's clock, as the last answer told it."""

    async def probe(self) -> None:
        """Make a cheap signed call that needs the credential to be right."""

    def orders(self, window: Window, is_taken: IsTaken = nothing_taken) -> AsyncIterator[Sequence[Arrived | Missed]]:
        """What was modified in a window of at most `window_ms_max`, page by page, perhaps twice, in any order;
        a version that `is_taken` is left out, and its detail is not asked for.
        """

    def placed(self, window: Window) -> AsyncIterator[Sequence[Arrived | Missed]]:
        """As `orders`, of those created in the window, whenever they changed: to compare and to fill gaps."""

    async def order(self, channel_order_id: str) -> Arrived: ...

    def refunds(self, window: Window) -> AsyncIterator[Sequence[Refund | Missed]]:
        """As `orders`, of refunds and after-sales."""

    async def write_stock(self, levels: Sequence[StockLevel]) -> Sequence[Unwritten]:
        """Set what may be sold: absolute numbers, so that a repeat changes nothing. Returns what was refused."""

    async def close(self) -> None: ...


@runtime_checkable
class TakesPushes(Protocol):
    """The platform calls us."""

    accepted: Reply
    refused: Reply

    async def pushed(self, headers: Mapping[str, str], body: bytes) -> Hints:
        """What a message tells that is new. Raises CredentialRefused (no live secret signed it), NotUnderstood."""

    def remember(self, hints: Hints) -> None:
        """These are noted: whoever sends them again is answered well, and nothing comes of it."""


@runtime_checkable
class HasQueue(Protocol):
    """The platform keeps messages until they are fetched and confirmed."""

    async def queued(self) -> Hints:
        """The next messages, none when the queue is empty."""

    async def confirm(self, hints: Hints) -> None: ...


def left(rows: Iterable[Arrived | Missed], is_taken: IsTaken) -> list[Arrived | Missed]:
    """What has to be taken in."""
    return [row for row in rows if isinstance(row, Missed) or not is_taken(row.channel_order_id, row.modified_ms)]


def each(rows: Iterable[object], read: Callable[[object], T]) -> list[T | Missed]:
    """What `read` makes of every row: one that it cannot read must not hide those behind it."""
    found: list[T | Missed] = []
    for row in rows:
        try:
            found.append(read(row))
        except NotUnderstood as error:
            found.append(Missed("", error, row))
    return found
