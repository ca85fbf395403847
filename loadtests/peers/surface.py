"""The calls that every peer answers, in the words of the service, and how a peer is served.

Without a framework's routing, which would cost the fastest peers the most.
"""

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple, Protocol

import asyncpg
import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

HOST = "127.0.0.1"
BACKLOG = 1024  # connections that arrive at once when a sale begins
END_SECONDS = 5.0
RESERVATIONS = "/v1/reservations"
# A store that cannot be asked, or broke while it was: whether it happened is then unknown.
UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Line(msgspec.Struct, frozen=True):
    sku: str
    quantity: Annotated[int, Meta(ge=1, le=1_000_000_000)]


class Order(msgspec.Struct, frozen=True):
    """One line: what takes several at once, or none, is none of these peers' business (422)."""

    reservation_id: Annotated[str, Meta(min_length=1)]
    lines: Annotated[list[Line], Meta(min_length=1, max_length=1)]
    ttl_seconds: int = 900

    @property
    def line(self) -> Line:
        return self.lines[0]

    def expires_at(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ttl_seconds)


class Reservation(msgspec.Struct, frozen=True):
    """As callers are told of it."""

    reservation_id: str
    status: str
    expires_at: datetime


class Answer(NamedTuple):
    status: int
    body: Any


NO_STOCK = Answer(409, {"code": "insufficient_stock"})
RELEASED = Answer(409, {"code": "reservation_released"})
NOT_FOUND = Answer(404, {"code": "not_found"})
NOT_VALID = Answer(422, {"code": "validation_failed"})
NOT_READY = Answer(503, {"code": "not_ready"})


class Peer(Protocol):
    """One way to keep stock."""

    async def open(self) -> None:
        """Connect, and make the tables that are not there yet."""

    async def close(self) -> None:
        """Finish what was answered already, and let go of the stores."""

    async def prepare(self) -> None:
        """Forget all stock and all orders."""

    async def receive(self, line: Line) -> None:
        """So many units more."""

    async def reserve(self, order: Order) -> Answer:
        """201, 200 where the id is known, or NO_STOCK."""

    async def confirm(self, reservation_id: str) -> Answer:
        """200, RELEASED or NOT_FOUND."""

    async def release(self, reservation_id: str) -> Answer:
        """200 or NOT_FOUND; its units are there again."""


async def serve(peer: Peer, port: int) -> None:
    """Say `ready`, serve until SIGTERM or Ctrl-C, finish."""
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    await peer.open()
    try:
        runner = web.ServerRunner(web.Server(_Surface(peer).handle, access_log=None), shutdown_timeout=END_SECONDS)
        await runner.setup()
        await web.TCPSite(runner, HOST, port, backlog=BACKLOG).start()
        print("ready", flush=True)
        await ending.wait()
        await runner.cleanup()
    finally:
        await peer.close()


_HEADERS = {hdrs.CONTENT_TYPE: "application/json"}


class _Surface:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._order = msgspec.json.Decoder(Order)
        self._line = msgspec.json.Decoder(Line)
        self._encoder = msgspec.json.Encoder()

    async def handle(self, request: web.BaseRequest) -> web.Response:
        try:
            answer = await self._answer(request.path, await request.read())
        except msgspec.DecodeError:
            answer = NOT_VALID
        except UNREACHABLE:
            answer = NOT_READY
        return web.Response(body=self._encoder.encode(answer.body), status=answer.status, headers=_HEADERS)

    async def _answer(self, path: str, body: bytes) -> Answer:
        if path == RESERVATIONS:
            return await self._peer.reserve(self._order.decode(body))
        match path.removeprefix(RESERVATIONS).split("/")[1:]:
            case [reservation_id, "confirm"]:
                return await self._peer.confirm(reservation_id)
            case [reservation_id, "release"]:
                return await self._peer.release(reservation_id)
            case ["stock"]:
                line = self._line.decode(body)
                await self._peer.receive(line)
                return Answer(200, line)
            case ["prepare"]:
                await self._peer.prepare()
                return Answer(200, {})
        return NOT_FOUND
