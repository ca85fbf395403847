"""One connection: aiohttp's, with the time limits that it lacks, problem bodies of its own, and a shorter way for calls
that arrive whole.
"""

import asyncio
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler

from inventory_service.telemetry import context, requests
from inventory_service.web.answers import Answer, Reply, message_of, problem_answer
from inventory_service.web.connections import OpenConnections
from inventory_service.web.doorkeeper import Doorkeeper
from inventory_service.web.incoming import has_plain_framing, is_judged_later, request_id_of
from inventory_service.web.limits import Limits
from inventory_service.web.matching import Match, Matcher
from inventory_service.web.parser import Messages, WatchedParser
from inventory_service.web.problems import build
from inventory_service.web.services import Process
from inventory_service.web.whole import WholeCall, WholeCalls, is_whole

log = structlog.get_logger()

_CODES = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large", 417: "expectation_failed"}
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
        "_matcher",
        "_open_connections",
        "_process",
        "_refusal",
        "_swallowed",
        "_unanswered",
        "_unread_timer",
        "_whole",
        "_whole_calls",
    )

    def __init__(
        self,
        manager: Any,
        process: Process,
        doorkeeper: Doorkeeper,
        matcher: Matcher,
        calls: WholeCalls,
        limits: Limits,
        open_connections: OpenConnections,
        **options: Any,
    ) -> None:
        super().__init__(manager, **options)
        self._parser: Any = WatchedParser(self._parser, self._let_in, lambda: self._whole is not None)
        self._doorkeeper = doorkeeper
        self._matcher = matcher
        self._whole_calls = calls
        self._whole: WholeCall | None = None  # at work; what comes behind it waits in `_messages`
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
        if self._whole or self._messages or self._request_in_progress or self._has_swallowed():
            self._stop_head_timer()
        elif self._head_timer is None:
            self._head_timer = self._loop.call_later(self._limits.head_seconds, self._head_timed_out)

    def _let_in(self, messages: Messages) -> Messages:
        """Those of the parsed messages that go aiohttp's way. A call that waits behind another one is let in: its turn
        is bounded by the other's answer.
        """
        self._send_refusal()
        if self._whole is not None:
            self._messages.extend(messages)
            self._unanswered += len(messages)
            return ()
        if len(messages) == 1 and self._is_free() and not self._process.draining:
            message, payload = messages[0]
            match = None if is_judged_later(message.headers) else self._matcher.find(message.method, message.path)
            if match is not None and self._settles(match, message, payload):
                return ()
        if not self._unanswered and messages[0][1].is_eof():  # else it waits for its caller's body first
            self.goes_on()
        self._unanswered += len(messages)
        return messages

    def _settles(self, match: Match, message: Any, payload: Any) -> bool:
        """Whether the call is refused, or served without aiohttp, because all of it is there."""
        refusal = self._doorkeeper.refusal(match.endpoint.route, message)
        if refusal:
            self._parser.message_consumed()
            self._refusal, self._closing, self._swallowed = refusal, message.should_close, payload
            self._doorkeeper.pace.send(self._send_refusal)
            return True
        if not is_whole(message, payload):
            return False
        self._parser.message_consumed()
        self._request_count += 1
        self.goes_on()
        self._unanswered = 1
        self._whole = WholeCall(self, match, message, payload)
        self._whole_calls.begin(self._whole)
        return True

    def _is_free(self) -> bool:
        """Every call was answered, and the answers were read."""
        transport = self.transport
        if self._unanswered or transport is None or transport.is_closing():
            return False
        return not transport.get_write_buffer_size()

    def finish(self, call: WholeCall, answer: Answer) -> None:
        """Send the answer; those behind it go aiohttp's way."""
        self._whole = None
        self.pauses()
        if self.transport is None:
            return
        closes = call.closes or self._process.draining
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        self.transport.write(message_of(answer, call.told.request_id, closes=closes))
        self._sent()
        if closes:
            self.force_close()
        elif self._messages and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        elif self._parser.has_failed:
            super().data_received(b"")

    def _process_keepalive(self) -> None:
        if self._whole is not None:
            self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        super()._process_keepalive()

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
        if not self._request_in_progress and self._whole is None:
            self.abort("slow_head")

    @property
    def is_idle(self) -> bool:
        return not (self._whole or self._messages or self._request_in_progress or self._force_close)

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
            self._sent()

    def _sent(self) -> None:
        """An answer is on its way."""
        self._open_connections.served(self)
        self._expect_reading()
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
