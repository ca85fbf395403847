"""One HTTP call to a platform, bounded in time and size. Tells nothing of what was sent: addresses carry tokens."""

from collections.abc import Mapping
from typing import NamedTuple

import aiohttp
from yarl import URL

from inventory_service.channels.clock import PlatformClock
from inventory_service.channels.shop import Shop
from inventory_service.usecases.sync.adapter import NotUnderstood, Temporary, Throttled

CONNECTIONS_MAX = 8
THROTTLED_MS = 1000  # where the platform does not say for how long

_CHUNK_BYTES = 64 * 1024


class Call(NamedTuple):
    """A POST, signed: body and query go out exactly as they are. `api`: the platform's name for it."""

    api: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]


class Answer(NamedTuple):
    """`at_ms`: by the platform's clock."""

    api: str
    status: int
    body: bytes
    at_ms: int


class Caller:
    """The connections to one shop's platform, opened by the first call."""

    def __init__(self, shop: Shop, platform_clock: PlatformClock) -> None:
        self._shop = shop
        self._clock = platform_clock
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, call: Call) -> Answer:
        """An answer below 500. Raises Temporary, Throttled, NotUnderstood."""
        try:
            async with self._opened().post(
                URL(self._shop.base_url.rstrip("/") + call.path).with_query(call.query),
                data=call.body,
                headers=call.headers,
                allow_redirects=False,
            ) as response:
                _refuse(response)
                self._clock.hear(response.headers.get("Date", ""))  # not from a gateway that has only bad news
                return Answer(call.api, response.status, await self._read(response), self._clock.now_ms())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # Its text and its cause may hold the address, and with it the token.
            raise Temporary(f"no whole answer: {type(error).__name__}") from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            body += chunk
            if len(body) > self._shop.answer_bytes_max:
                response.close()
                raise NotUnderstood(f"an answer of more than {self._shop.answer_bytes_max} bytes")
        return bytes(body)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"User-Agent": "inventory-service", "Accept": "application/json"},
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=self._shop.answer_ms_max / 1000),
            )
        return self._session


def _refuse(response: aiohttp.ClientResponse) -> None:
    """What means the same on every platform."""
    status = response.status
    if status == 429:
        raise Throttled(_retry_after_ms(response.headers.get("Retry-After", "")), "too many calls", "429")
    if status >= 500:
        raise Temporary(f"HTTP {status}", str(status))
    if 300 <= status < 400:
        raise NotUnderstood("leads elsewhere: is the base address right?", str(status))


def _retry_after_ms(seconds: str) -> int:
    return int(seconds[:9]) * 1000 if seconds.isascii() and seconds.isdigit() else THROTTLED_MS
