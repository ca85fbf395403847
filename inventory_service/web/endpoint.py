"""One route at work: access, decoding, the bound on the answer, problems. Built once per route, at start."""

import asyncio
import re
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, cast, get_args

import msgspec
import structlog
from aiohttp import web

from inventory_service.domain.clients import Client
from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded, Refused
from inventory_service.telemetry import context, requests, tracing
from inventory_service.web import auth, body, incoming
from inventory_service.web.answers import Answer, Call, Reply, problem_answer
from inventory_service.web.incoming import Asked
from inventory_service.web.problems import problem_of
from inventory_service.web.routes import Route
from inventory_service.web.services import Process, Services

log = structlog.get_logger()

# Calls at work in one process, those included whose callers have left or were told that the outcome is unknown.
IN_FLIGHT_MAX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Seconds that a call may take: the contract promises 5 and 15, less the way there and back."""

    answer: float = 4.5
    list_answer: float = 14.0
    body: float = 5.0  # from the end of the headers to the end of the body
    list_body: float = 15.0


DECIDED = frozenset({200, 201, 409})  # what went all the way and came back
NOBODY = Client(name="", scopes=frozenset())


class Endpoint:
    """`route` as it is served."""

    def __init__(self, route: Route, bounds: Bounds, services: Services, process: Process) -> None:
        self.route = route
        self._services = services
        self._process = process
        self.answer_seconds = (bounds.list_answer if route.takes_list else bounds.answer) + route.waits_seconds
        self._body_seconds = bounds.list_body if route.takes_list else bounds.body
        self._decoder = _decoder_of(route)
        self._no_query = msgspec.convert({}, route.query)
        self._patterns = {name: _pattern_of(wanted) for name, wanted in route.path_values.items()}

    async def serve(self, request: web.Request) -> Reply:
        """Answer, whatever happens. The handler of aiohttp's router: of calls that do not arrive in one piece."""
        started = perf_counter()
        told = context.begin(incoming.request_id_of(request.headers))
        try:
            answer = await self._answer(request, told)
        except Exception as error:  # noqa: BLE001  # the last line: a caller gets an answer to everything
            answer = problem_answer(problem_of(error, told.request_id))
        self.answered(answer, told, request.method, perf_counter() - started)
        return Reply(answer, told.request_id, self.route.path)

    async def serve_whole(self, asked: Asked, told: context.Request) -> Answer:
        """As `serve`; whoever calls it has let the call in, bounds its time and counts what its caller is told."""
        context.current.set(told)
        try:
            self._check_in_flight()
            return await self.route.handler(await self._call(asked, told))
        except Exception as error:  # noqa: BLE001  # as there
            return problem_answer(problem_of(error, told.request_id))

    def answered(self, answer: Answer, told: context.Request, method: str, seconds: float) -> None:
        """Count what a caller was told, and how long that took; what he wanted to wait for news is left out."""
        seconds = max(0.0, seconds - told.waited_seconds)
        requests.answered(self.route.path, method, answer.status, answer.code, seconds)
        if self.route.priority is not None and answer.status in DECIDED:
            self._process.admission.answered(seconds)
        tracing.end(told, answer.status, answer.code)

    def late(self) -> Exception:
        """What a caller is told who was not answered in time."""
        if self.route.writes:
            return OutcomeUnknown("No answer in time: it may have happened. Repeat it with the same id.")
        return NotReady("No answer in time.")

    async def _answer(self, request: web.Request, told: context.Request) -> Answer:
        incoming.check_target(request)
        incoming.check_coding(request)
        self._check_in_flight()
        if self.route.priority is not None and incoming.is_judged_later(request.headers):
            self._process.admission.check(self.route.priority)  # the doorkeeper has seen to all others
        with self._process.admission.body() as held:
            call = await self._call(incoming.Arriving(request, held), told)
            return await self._bounded(cast("Coroutine[Any, Any, Answer]", self.route.handler(call)))

    def _check_in_flight(self) -> None:
        if self.route.is_work and len(self._process.in_flight) >= IN_FLIGHT_MAX:
            raise Overloaded("Too many calls at once.")

    async def _call(self, asked: Asked, told: context.Request) -> Call[Any, Any]:
        if self.route.is_work:  # nobody wants to trace a health check
            tracing.begin(told, asked.method, self.route.path, asked.headers)
        client, raw = await self._admit(asked)
        told.client = client.name
        told.reservation_id = asked.values.get("reservation_id", "")
        return Call(
            services=self._services,
            client=client,
            request_id=told.request_id,
            path=self._path_values(asked.values),
            query=incoming.read_query(asked.query, self.route.query) if asked.query else self._no_query,
            headers=asked.headers,
            body=await self._body(asked, raw),
            process=self._process,
        )

    async def _admit(self, asked: Asked) -> tuple[Client, bytes | None]:
        """The client, and the body where it had to be read to know."""
        if self.route.scope is None:
            return NOBODY, None
        raw = None
        if self.route.signed and auth.is_signed(asked.headers):
            raw = await asked.body(self.route.body_bytes_max, self._body_seconds)
            client = await auth.client_of_signature(self._services.clients, asked.headers, raw)
        else:
            client = await auth.client_of_key(self._services.clients, asked.headers)
        for scope in self.route.scopes:
            auth.check_scope(client, scope)
        return client, raw

    def _path_values(self, values: Mapping[str, str]) -> Mapping[str, str]:
        for name, pattern in self._patterns.items():
            if not pattern.match(values[name]):
                raise Refused(self.route.path_refusal, f"{name}: there cannot be one by this name.")
        return values

    async def _body(self, asked: Asked, raw: bytes | None) -> object:
        if self.route.request is None:
            return None
        if raw is None:
            raw = await asked.body(self.route.body_bytes_max, self._body_seconds)
        if self._decoder is None:
            return raw
        if not raw and self.route.request.optional:
            return self.route.request.decoded()
        incoming.check_media_type(asked.headers)
        body.check_utf8(raw)
        return body.decode(self._decoder, body.scrub(raw))

    async def _bounded(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Wait for the handler as long as the contract allows; it goes on to its end even if nobody waits any more."""
        began = perf_counter()
        task = asyncio.create_task(work)
        self._process.in_flight.add(task)
        task.add_done_callback(self._process.in_flight.discard)
        done, _ = await asyncio.wait([task], timeout=self.answer_seconds)
        if done:
            return task.result()
        task.add_done_callback(partial(self._tell_late, began))
        raise self.late()

    def _tell_late(self, began: float, task: "asyncio.Task[Answer]") -> None:
        error = None if task.cancelled() else cast("Exception | None", task.exception())
        outcome = "cancelled" if task.cancelled() else problem_of(error, "").code if error else "done"
        self.ended_late(outcome, perf_counter() - began)

    def ended_late(self, outcome: str, seconds: float) -> None:
        """What became of a call whose caller did not hear it any more: `done`, a problem code, or `cancelled`."""
        log.warning("request.late", route=self.route.path, outcome=outcome, duration_ms=round(seconds * 1000, 3))


ENDPOINTS = web.AppKey[Sequence[Endpoint]]("endpoints", Sequence)


def _decoder_of(route: Route) -> msgspec.json.Decoder[Any] | None:
    if route.request is None or route.request.raw:
        return None
    return msgspec.json.Decoder(route.request.decoded)


def _pattern_of(wanted: Any) -> re.Pattern[str]:
    """The pattern of an annotated text type."""
    for extra in get_args(wanted)[1:]:
        if isinstance(extra, msgspec.Meta) and extra.pattern:
            return re.compile(extra.pattern)
    raise AssertionError(f"{wanted} has no pattern")
