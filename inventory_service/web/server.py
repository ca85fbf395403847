"""The HTTP server: aiohttp's, with the time limits that it lacks, problem bodies of its own, and draining."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import hdrs, http_parser, web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler

from inventory_service.telemetry import context, requests
from inventory_service.web.answers import Reply, problem_answer
from inventory_service.web.catalogue import ROUTES
from inventory_service.web.connections import OpenConnections, fitting
from inventory_service.web.doorkeeper import Doorkeeper, WatchedParser
from inventory_service.web.incoming import has_plain_framing, request_id_of
from inventory_service.web.listener import Listener
from inventory_service.web.problems import build
from inventory_service.web.services import PROCESS, Process

log = structlog.get_logger()

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large", 417: "expectation_failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds."""

    connections_max: int = 8192  # of one process, as far as its open files allow
    head_seconds: float = 5.0  # for a request line and its headers, from their first byte
    keepalive_seconds: float = 30.0
    send_seconds: float = 30.0  # for a caller to read an answer, which keeps its memory until then
    # After a refusal the rest of a body is read and thrown away for so long, so that the caller gets to read why.
    lingering_seconds: float = 2.0
    # While draining, connections that are idle stay open for so long: a request already on its way is answered,
    # with `Connection: close`.
    idle_grace_seconds: float = 1.0
    drain_seconds: float = 15.0  # for what is in flight; a list call may take that long


DEFAULT_LIMITS = Limits()
# What the transport takes without waiting for the caller to read; a timer for each such answer cost 3 % of the process.
# Where earlier answers were not read either, the timer of `_expect_reading` ends the connection.
_FITTING_BYTES = 16 * 1024


class Connection(RequestHandler):
    """One connection."""

    __slots__ = (
        "_calls",
        "_closing",
        "_doorkeeper",
        "_head_timer",
        "_limits",
        "_open_connections",
        "_process",
        "_refusal",
        "_swallowed",
        "_unanswered",
        "_unread_timer",
    )

    def __init__(
        self,
        manager: Any,
        process: Process,
        doorkeeper: Doorkeeper,
        limits: Limits,
        open_connections: OpenConnections,
        **options: Any,
    ) -> None:
        super().__init__(manager, **options)
        self._parser: Any = WatchedParser(self._parser, self._let_in)
        self._doorkeeper = doorkeeper
        self._unanswered = 0  # calls that were let in
        self._calls = 0  # 1 while one of them is under way; those behind it take nobody's place
        self._refusal = b""  # waits for its turn to be sent
        self._closing = False  # behind it
        self._swallowed: Any = None  # the body of a call that was refused, as long as it is not complete
        self._process = process
        self._limits = limits
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._open_connections = open_connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open_connections.opened(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_head_timer()
        self._stop_unread_timer()
        self.pauses()
        super().connection_lost(exc)
        self._open_connections.closed(self)

    def data_received(self, data: bytes) -> None:
        """Bytes that do not complete a head, while no request is at work, start the time that a head may take."""
        super().data_received(data)
        if self._messages or self._request_in_progress or self._has_swallowed():
            self._stop_head_timer()
        elif self._head_timer is None:
            self._head_timer = self._loop.call_later(self._limits.head_seconds, self._head_timed_out)

    def _let_in(self, messages: Sequence[Any]) -> Sequence[Any]:
        """Those of the parsed messages that go on. A call that waits behind another one is let in: its turn is bounded
        by the other's answer.
        """
        self._send_refusal()
        if len(messages) == 1 and self._may_be_refused() and not self._process.draining:
            message, payload = messages[0]
            refusal = self._doorkeeper.refusal(message)
            if refusal:
                self._parser.message_consumed()
                self._refusal, self._closing, self._swallowed = refusal, message.should_close, payload
                self._doorkeeper.pace.send(self._send_refusal)
                return ()
        if not self._unanswered:
            self.goes_on()
        self._unanswered += len(messages)
        return messages

    def _may_be_refused(self) -> bool:
        """Every call was answered, and the answers were read."""
        transport = self.transport
        if self._unanswered or transport is None or transport.is_closing():
            return False
        return not transport.get_write_buffer_size()

    def _send_refusal(self) -> None:
        """What is owed, unless it was sent or nobody is there any more."""
        refusal, self._refusal = self._refusal, b""
        if not refusal or self.transport is None:
            return
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        self.transport.write(refusal)
        self._open_connections.served(self)
        self._expect_reading()
        if self._closing:
            self.force_close()

    def _has_swallowed(self) -> bool:
        """Whether these bytes ended a call that was refused; the rest of its body may take as long as a head."""
        if self._swallowed is None or not self._swallowed.is_eof():
            return False
        self._swallowed = None
        return True

    def pauses(self) -> None:
        """The call is not under way: its answer is there, or it waits for its caller's body."""
        self._process.admission.calls -= self._calls
        self._calls = 0

    def goes_on(self) -> None:
        """The opposite, unless the connection is gone and counts nothing any more."""
        if self.transport is not None and not self._calls:
            self._calls = 1
            self._process.admission.calls += 1

    def _head_timed_out(self) -> None:
        # A piece of a body arms it too, when it comes between the request's leaving the queue and its start.
        if not self._request_in_progress:
            self.abort("slow_head")

    @property
    def is_idle(self) -> bool:
        return not (self._messages or self._request_in_progress or self._force_close)

    def abort(self, reason: str) -> None:
        """End it at once. A mere close would wait for the caller to read what is still to be sent, perhaps for ever."""
        requests.aborted(reason)
        transport = self.transport
        self.force_close()
        if transport is not None:
            transport.abort()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Every response of every kind passes here."""
        self._stop_head_timer()
        self.pauses()  # who does not read the answer must not keep the place
        reply = resp if isinstance(resp, Reply) else _reply_for(request, resp)
        if self._process.draining or not has_plain_framing(request):
            reply.force_close()
        try:
            if _fits(reply):
                return await super().finish_response(request, reply, start_time)
            async with asyncio.timeout(self._limits.send_seconds):
                return await super().finish_response(request, reply, start_time)
        except TimeoutError:
            self.abort("unread_answer")
            return reply, True
        finally:
            self._answered()
            self._open_connections.served(self)
            self._expect_reading()

    def _answered(self) -> None:
        self._doorkeeper.pace.answered()
        self._unanswered = max(0, self._unanswered - 1)  # what is not HTTP was never let in
        if self._unanswered:
            self.goes_on()

    def _expect_reading(self) -> None:
        """What the socket did not take yet has to be read in time too; behind a close nobody else would see to it."""
        self._stop_unread_timer()
        transport = self.transport
        if transport is not None and transport.get_write_buffer_size():
            self._unread_timer = self._loop.call_later(self._limits.send_seconds, self._reading_timed_out, transport)

    def _reading_timed_out(self, transport: asyncio.WriteTransport) -> None:
        if transport.get_write_buffer_size():
            requests.aborted("unread_answer")
            transport.abort()

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

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


def _fits(reply: Reply) -> bool:
    return isinstance(reply.body, bytes) and len(reply.body) <= _FITTING_BYTES


def _first_line(message: str | None) -> str:
    """The parser's words without the picture of the bytes that follows them."""
    return (message or "").partition("\n")[0].strip(" :").encode("ascii", "replace").decode()


def has_c_parser() -> bool:
    """Whether aiohttp's parser is the one in C; the one in Python took what no proxy takes (CVE-2026-111750)."""
    return http_parser.HttpRequestParser is not http_parser.HttpRequestParserPy


class Server:
    """Listens, and drains. One per process and app."""

    def __init__(self, app: web.Application, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._process = app[PROCESS]
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        self._listener = Listener(self._connection, lambda: self._process.admission.is_busy)
        self._open_connections = OpenConnections(fitting(limits.connections_max))
        self._doorkeeper = Doorkeeper(self._process.admission, ROUTES)

    async def start(self, host: str, port: int) -> int:
        """Listen; several processes may share a port. Returns the port (useful where it was 0). Raises OSError."""
        await self._runner.setup()
        return await self._listener.open(host, port)

    def _connection(self) -> Connection:
        return Connection(
            self._runner.server,
            self._process,
            self._doorkeeper,
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
        self._doorkeeper.pace.hurry()
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
