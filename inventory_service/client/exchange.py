"""One attempt over HTTP: what goes out, and what can be told from what came back."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from io import BytesIO
from typing import Generic, TypeVar

import aiohttp
import msgspec
from yarl import URL

from inventory_service.client.answers import Problem
from inventory_service.client.errors import InventoryError, Unavailable, UnexpectedAnswer, Unreachable, error_of
from inventory_service.standard_webhooks import signed_headers

T = TypeVar("T")

USER_AGENT = f"inventory-service-client/{version('inventory-service')} aiohttp/{aiohttp.__version__}"
KEEPALIVE_SECONDS = (
    20.0  # the service hangs up after 30: whoever hangs up first must not be the one without the request
)
ONE_PIECE_BYTES_MAX = 64 * 1024  # a larger body is sent in pieces, so that the event loop breathes

log = logging.getLogger("inventory_service.client")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Generic[T]):
    """A call, the same on every attempt. `ids` are what makes a repeat the same operation.

    `waits_seconds`: the service was asked to wait so long. `message_id`: sign it with the webhook secret under this id,
    where there is a secret.
    """

    method: str
    path: str
    answers: type[T]
    body: bytes | None = None
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    writes: bool = False
    takes_list: bool = False
    waits_seconds: float = 0.0
    message_id: str = ""
    ids: tuple[str, ...] = ()
    reservation_id: str = ""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    value: T
    replayed: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """`doubtful`: it may have happened all the same. `repeatable`: the same request may succeed later."""

    error: InventoryError
    doubtful: bool
    repeatable: bool

    @property
    def settles(self) -> bool:
        """Whether it tells of earlier attempts too: the service looked at the operation itself and said no.

        A key that was revoked meanwhile or a gate that closed tells nothing of the attempt whose answer was lost.
        """
        told = isinstance(self.error, UnexpectedAnswer) or self.error.status in {0, 401, 403, 408, 429}
        return not told and self.error.status < 500


class Wire:
    """The connections of one client. Opened by the first call, in the event loop that it is made from."""

    def __init__(self, url: str, api_key: str | None, webhook_secret: str | None, connections_max: int) -> None:
        target = URL(url)
        if target.scheme not in {"http", "https"} or not target.host:
            raise ValueError(f"the URL of the service looks like http://127.0.0.1:8080, not {url!r}")
        if api_key and not api_key.isprintable():
            raise ValueError("the API key holds a line break or another control character: strip what you read it from")
        self._url = url.rstrip("/")
        self._api_key = api_key
        self._webhook_secret = webhook_secret
        self._connections_max = connections_max
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def close(self) -> None:
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def attempt(self, request: Request[T], seconds: float, request_id: str) -> Answer[T] | Failure:
        """Ask once, within `seconds`."""
        started = time.monotonic()
        outcome = await self._outcome(request, seconds, request_id)
        told = outcome.error.code if isinstance(outcome, Failure) else "answered"
        log.debug(
            "%s %s: %s after %.0f ms",
            request.method, request.path, told, (time.monotonic() - started) * 1000,
            extra={"request_id": request_id, "outcome": told},
        )  # fmt: skip
        return outcome

    async def _outcome(self, request: Request[T], seconds: float, request_id: str) -> Answer[T] | Failure:
        headers = {**request.headers, **self._credentials(request), "X-Request-Id": request_id}
        body = request.body
        try:
            async with self._opened().request(
                request.method,
                URL(self._url + request.path, encoded=True),
                params=request.query or None,
                data=BytesIO(body) if body and len(body) > ONE_PIECE_BYTES_MAX else body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as response:
                return _judge(request, response, await response.read(), request_id)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            certain = isinstance(error, aiohttp.ClientSSLError)  # a wrong certificate stays wrong
            return Failure(_unreachable(f"No connection: {_told(error)}", request_id), False, not certain)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Failure(_unreachable(f"The answer was lost: {_told(error)}", request_id), request.writes, True)

    def _opened(self) -> aiohttp.ClientSession:
        if self._closed:
            raise RuntimeError("this client is closed")
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
                connector=aiohttp.TCPConnector(limit=self._connections_max, keepalive_timeout=KEEPALIVE_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    def _credentials(self, request: Request[T]) -> dict[str, str]:
        content = {"Content-Type": "application/json"} if request.body is not None else {}
        if request.message_id and self._webhook_secret is not None:
            # Anew for each attempt: a signature is good for five minutes, the message stays the same.
            now_ms = time.time_ns() // 1_000_000
            return content | signed_headers(request.message_id, request.body or b"", self._webhook_secret, now_ms)
        return content | ({"Authorization": f"Bearer {self._api_key}"} if self._api_key else {})


def _judge(request: Request[T], response: aiohttp.ClientResponse, body: bytes, request_id: str) -> Answer[T] | Failure:
    if response.status >= 400:
        return _refusal(request, response, body, request_id)
    try:
        value = _decoded(request, response, body)
    except msgspec.DecodeError as error:
        doubtful = request.writes and response.status < 300
        detail = f"This is no answer of the service: HTTP {response.status}, {error}"
        return Failure(_unexpected(response, detail, request_id), doubtful, False)
    return Answer(value, response.headers.get("Idempotent-Replayed") == "true")


def _decoded(request: Request[T], response: aiohttp.ClientResponse, body: bytes) -> T:
    """The value of a success. Raises DecodeError."""
    if response.status >= 300 or response.content_type != "application/json":
        raise msgspec.DecodeError(f"{response.content_type} from {response.url.origin()}")
    return msgspec.json.decode(body, type=request.answers)


def _refusal(request: Request[T], response: aiohttp.ClientResponse, body: bytes, request_id: str) -> Failure:
    """A problem of the service, or what something between here and there had to say."""
    wait_ms = _retry_after_ms(response.headers.get("Retry-After", ""))
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        return _refusal_by_another(request, response, wait_ms, request_id)
    if problem.retry_after_ms is None:
        problem = msgspec.structs.replace(problem, retry_after_ms=wait_ms)
    return Failure(error_of(problem), request.writes and problem.code == "outcome_unknown", problem.retryable)


def _refusal_by_another(
    request: Request[T], response: aiohttp.ClientResponse, wait_ms: int | None, request_id: str
) -> Failure:
    status = response.status
    detail = f"HTTP {status} {response.reason or ''} without a problem body: not from the service itself.".strip()
    if status != 429 and status < 500:
        return Failure(_unexpected(response, detail, request_id), False, False)
    problem = Problem(
        code="unavailable", status=status, detail=detail, request_id=request_id, retryable=True, retry_after_ms=wait_ms
    )
    # A gateway that gave up waiting says nothing of what the service behind it did.
    return Failure(Unavailable(problem), request.writes and status != 429, True)


def _retry_after_ms(text: str) -> int | None:
    """Of a `Retry-After` header, seconds or a date; None where there is none that can be read."""
    if text.isascii() and text.isdigit():
        return int(text[:9]) * 1000
    try:
        return max(0, round((parsedate_to_datetime(text).timestamp() - time.time()) * 1000))
    except (ValueError, OverflowError):  # an overflow for a year, or an offset, of many digits
        return None


def _unexpected(response: aiohttp.ClientResponse, detail: str, request_id: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        Problem(code="unexpected_answer", status=response.status, detail=detail, request_id=request_id)
    )


def _unreachable(detail: str, request_id: str) -> Unreachable:
    return Unreachable(Problem(code="unreachable", status=0, detail=detail, request_id=request_id, retryable=True))


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
