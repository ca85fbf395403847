"""Calls that arrive in one piece, as nearly all do: served on their connection, without aiohttp's request, response and
tasks around them.
"""

import asyncio
from itertools import takewhile
from time import perf_counter
from typing import Any, Protocol

from aiohttp import HttpVersion11, StreamReader, hdrs
from multidict import CIMultiDictProxy, MultiDict, MultiMapping

from inventory_service.telemetry.context import Request, current
from inventory_service.web.answers import Answer, problem_answer
from inventory_service.web.endpoint import Endpoint
from inventory_service.web.incoming import request_id_of, too_large
from inventory_service.web.matching import Match
from inventory_service.web.problems import problem_of
from inventory_service.web.services import Process

_NO_QUERY: MultiMapping[str] = MultiDict()


def is_whole(message: Any, payload: StreamReader) -> bool:
    """Whether its body is there, and nothing about it needs a closer look: no HEAD, no percent signs, no old HTTP."""
    target = message.path
    plain = "%" not in target and target.isascii() and message.method != hdrs.METH_HEAD
    return plain and message.version == HttpVersion11 and payload.is_eof()


class Connection(Protocol):
    """Where a call came from."""

    def finish(self, call: "WholeCall", answer: Answer) -> None:
        """Send the answer to whoever is still there."""


class WholeCall:
    """One call, as an `incoming.Asked`, and where its answer goes. Times are of `time.perf_counter`."""

    __slots__ = (
        "_body",
        "_connection",
        "answered",
        "closes",
        "endpoint",
        "headers",
        "method",
        "query",
        "started",
        "task",
        "told",
        "values",
    )

    def __init__(self, connection: Connection, match: Match, message: Any, payload: StreamReader) -> None:
        self._connection = connection
        self._body = payload.read_nowait()
        self.answered = False
        self.endpoint: Endpoint = match.endpoint
        self.values = match.values
        self.method: str = message.method
        self.headers: CIMultiDictProxy[str] = message.headers
        self.query = message.url.query if "?" in message.path else _NO_QUERY
        self.closes: bool = message.should_close
        self.told = Request(request_id_of(message.headers))
        self.started = perf_counter()
        self.task: asyncio.Task[None]

    async def body(self, bytes_max: int, seconds: float) -> bytes:  # noqa: ARG002  # it is there
        """As `incoming.Asked` says."""
        if len(self._body) > bytes_max:
            raise too_large(bytes_max)
        return self._body

    def answer(self, answer: Answer) -> None:
        self.answered = True
        self.endpoint.answered(answer, self.told, self.method, perf_counter() - self.started)
        self._connection.finish(self, answer)


class WholeCalls:
    """Those of one process that are at work. A call that has no answer when its time is up is told so, and goes on."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._waiting: dict[float, _Waiting] = {}  # by how long they may take

    def begin(self, call: WholeCall) -> None:
        call.task = asyncio.get_running_loop().create_task(self._run(call))
        self._process.in_flight.add(call.task)
        self._waiting_with(call).add(call)

    async def _run(self, call: WholeCall) -> None:
        try:
            answer = await call.endpoint.serve_whole(call, call.told)
        finally:
            self._process.in_flight.discard(call.task)
            self._waiting_with(call).discard(call)
        if call.answered:
            call.endpoint.ended_late(answer.code or "done", perf_counter() - call.started)
        else:
            call.answer(answer)

    def _waiting_with(self, call: WholeCall) -> "_Waiting":
        seconds = call.endpoint.answer_seconds
        waiting = self._waiting.get(seconds)
        if waiting is None:
            waiting = self._waiting[seconds] = _Waiting(seconds)
        return waiting


class _Waiting:
    """Calls that may take equally long. The oldest is the next whose time is up, so one timer is enough for all."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._calls: dict[WholeCall, None] = {}
        self._is_watched = False

    def add(self, call: WholeCall) -> None:
        self._calls[call] = None
        if not self._is_watched:
            self._watch(call)

    def discard(self, call: WholeCall) -> None:
        self._calls.pop(call, None)

    def _watch(self, oldest: WholeCall) -> None:
        left = oldest.started + self._seconds - perf_counter()
        asyncio.get_running_loop().call_later(max(left, 0.0), self._look)
        self._is_watched = True

    def _look(self) -> None:
        self._is_watched = False
        began_before = perf_counter() - self._seconds
        for call in list(takewhile(lambda call: call.started <= began_before, self._calls)):
            self.discard(call)
            own = current.set(call.told)  # a timer is nobody's request, and its log lines are to be this one's
            call.answer(problem_answer(problem_of(call.endpoint.late(), call.told.request_id)))
            current.reset(own)
        oldest = next(iter(self._calls), None)
        if oldest is not None:
            self._watch(oldest)
