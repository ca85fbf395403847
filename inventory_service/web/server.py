"""The HTTP server: aiohttp's, with the time limits that it lacks, problem bodies of its own, and draining."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler

from inventory_service.telemetry import context, requests
from inventory_service.web.answers import Reply, problem_answer
from inventory_service.web.incoming import request_id_of
from inventory_service.web.listener import Listener
from inventory_service.web.problems import build
from inventory_service.web.services import PROCESS, Process

log = structlog.get_logger()

# A response that its caller does not read would keep its memory for ever.
SEND_SECONDS = 30.0
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large", 417: "expectation_failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds."""

    head_seconds: float = 5.0  # for a request line and its headers, from their first byte
    keepalive_seconds: float = 30.0
    # After a refusal the rest of a body is read and thrown away for so long, so that the caller gets to read why.
    lingering_seconds: float = 2.0
    # While draining, connections that are idle stay open for so long: a request already on its way is answered,
    # with `Connection: close`.
    idle_grace_seconds: float = 1.0
    drain_seconds: float = 15.0  # for what is in flight; a list call may take that long


DEFAULT_LIMITS = Limits()


class OpenConnections:
    """Counts connections, and tells when there are none."""

    def __init__(self) -> None:
        self.count = 0
        self._none = asyncio.Event()
        self._none.set()

    def opened(self) -> None:
        self.count += 1
        self._none.clear()
        requests.connections.inc()

    def closed(self) -> None:
        self.count -= 1
        if not self.count:
            self._none.set()
        requests.connections.dec()

    async def wait_for_none(self) -> None:
        await self._none.wait()


class Connection(RequestHandler):
    """One connection."""

    __slots__ = ("_head_seconds", "_head_timer", "_open_connections", "_process")

    def __init__(
        self, manager: Any, process: Process, limits: Limits, open_connections: OpenConnections, **options: Any
    ) -> None:
        super().__init__(manager, **options)
        self._process = process
        self._head_seconds = limits.head_seconds
        self._head_timer: asyncio.TimerHandle | None = None
        self._open_connections = open_connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open_connections.opened()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_head_timer()
        super().connection_lost(exc)
        self._open_connections.closed()

    def data_received(self, data: bytes) -> None:
        """Bytes that do not complete a head, while no request is at work, start the time that a head may take."""
        super().data_received(data)
        if self._messages or self._request_in_progress:
            self._stop_head_timer()
        elif self._head_timer is None:
            self._head_timer = self._loop.call_later(self._head_seconds, self._head_timed_out)

    def _head_timed_out(self) -> None:
        # A piece of a body arms it too, when it comes between the request's leaving the queue and its start.
        if not self._request_in_progress:
            self.force_close()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Every response of every kind passes here."""
        self._stop_head_timer()
        reply = resp if isinstance(resp, Reply) else _reply_for(request, resp)
        if self._process.draining:
            reply.force_close()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await super().finish_response(request, reply, start_time)
        except TimeoutError:
            self.force_close()
            return reply, True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is not HTTP, and what nobody foresaw; the connection ends with it."""
        if request.writer.output_size > 0:
            raise ConnectionError("Part of a response is sent already.")
        request_id = context.begin(request_id_of(request.headers)).request_id
        if isinstance(exc, LineTooLong) or message == "Too many headers received":
            problem = build("headers_too_large", "", request_id)
        elif status == 400:
            problem = build("bad_request", _first_line(message), request_id)
        else:
            log.error("connection.failed", exc_info=exc)
            problem = build("internal", "", request_id)
        requests.answered(requests.UNMATCHED, request.method, problem.status, problem.code, 0.0)
        reply = Reply(problem_answer(problem), request_id, requests.UNMATCHED)
        reply.force_close()
        return reply


def _reply_for(request: web.BaseRequest, response: web.StreamResponse) -> Reply:
    """A problem for what aiohttp answers itself: no such path, not this method, an expectation."""
    request_id = context.begin(request_id_of(request.headers)).request_id
    code = _CODES.get(response.status, "bad_request" if response.status < 500 else "internal")
    reply = Reply(problem_answer(build(code, "", request_id)), request_id, requests.UNMATCHED)
    if hdrs.ALLOW in response.headers:
        reply.headers[hdrs.ALLOW] = response.headers[hdrs.ALLOW]
    requests.answered(requests.UNMATCHED, request.method, reply.status, code, 0.0)
    return reply


def _first_line(message: str | None) -> str:
    """The parser's words without the picture of the bytes that follows them."""
    return (message or "").partition("\n")[0].strip(" :").encode("ascii", "replace").decode()


class Server:
    """Listens, and drains. One per process and app."""

    def __init__(self, app: web.Application, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._process = app[PROCESS]
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        self._listener = Listener(self._connection)
        self._open_connections = OpenConnections()

    async def start(self, host: str, port: int) -> int:
        """Listen; several processes may share a port. Returns the port (useful where it was 0). Raises OSError."""
        await self._runner.setup()
        return await self._listener.open(host, port)

    def _connection(self) -> Connection:
        return Connection(
            self._runner.server,
            self._process,
            self._limits,
            self._open_connections,
            loop=asyncio.get_running_loop(),
            access_log=None,
            keepalive_timeout=self._limits.keepalive_seconds,
            lingering_time=self._limits.lingering_seconds,
            auto_decompress=False,
        )

    async def drain(self, announce_seconds: float = 0.0) -> None:
        """Finish what was begun, then end. /readyz says no for `announce_seconds` before the listener closes."""
        self._process.draining = True
        await asyncio.sleep(announce_seconds)
        await self._listener.close()
        await self._wait_for_idle_connections()
        await self._wait_for_calls()
        await self._runner.cleanup()

    async def _wait_for_idle_connections(self) -> None:
        """Each answer closes its connection; who sends nothing for the grace is closed without one."""
        try:
            async with asyncio.timeout(self._limits.idle_grace_seconds):
                await self._open_connections.wait_for_none()
        except TimeoutError:
            log.info("connections.idle", count=self._open_connections.count)

    async def _wait_for_calls(self) -> None:
        """Also the calls whose callers have been told that the outcome is unknown."""
        if self._process.in_flight:
            await asyncio.wait(self._process.in_flight, timeout=self._limits.drain_seconds)


async def serve_app(
    app: web.Application,
    host: str,
    port: int,
    stopping: asyncio.Event,
    *,
    announce_seconds: float = 0.0,
    limits: Limits = DEFAULT_LIMITS,
    on_listening: Callable[[int], None] | None = None,
) -> None:
    """Serve until `stopping` is set, then drain. `on_listening` is told the port once calls are accepted.

    Raises OSError when the address cannot be used.
    """
    server = Server(app, limits)
    bound = await server.start(host, port)
    if on_listening is not None:
        on_listening(bound)
    await stopping.wait()
    await server.drain(announce_seconds)
