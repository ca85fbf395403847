"""One route at work: access, decoding, the bound on the answer, problems. Built once per route, at start."""

import asyncio
import re
from collections.abc import Coroutine, Mapping
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
from inventory_service.web.admission import Body
from inventory_service.web.answers import Answer, Call, Reply, problem_answer
from inventory_service.web.problems import problem_of
from inventory_service.web.routes import Route
from inventory_service.web.services import PROCESS, SERVICES, Process, Services

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
    """`serve` is the aiohttp handler of `route`."""

    def __init__(self, route: Route, bounds: Bounds) -> None:
        self.route = route
        self._answer_seconds = bounds.list_answer if route.takes_list else bounds.answer
        self._body_seconds = bounds.list_body if route.takes_list else bounds.body
        self._decoder = msgspec.json.Decoder(route.request.decoded) if route.request else None
        self._patterns = {name: _pattern_of(wanted) for name, wanted in route.path_values.items()}

    async def serve(self, request: web.Request) -> Reply:
        """Answer, whatever happens."""
        started = perf_counter()
        told = context.begin(incoming.request_id_of(request.headers))
        if self.route.scope:  # nobody wants to trace a health check
            tracing.begin(told, request.method, self.route.path, request.headers)
        try:
            answer = await self._answer(request, told)
        except Exception as error:  # noqa: BLE001  # the last line: a caller gets an answer to everything
            answer = problem_answer(problem_of(error, told.request_id))
        seconds = perf_counter() - started
        requests.answered(self.route.path, request.method, answer.status, answer.code, seconds)
        if self.route.priority is not None and answer.status in DECIDED:
            request.app[PROCESS].admission.answered(seconds)
        tracing.end(told, answer.status, answer.code)
        return Reply(answer, told.request_id, self.route.path)

    async def _answer(self, request: web.Request, told: context.Request) -> Answer:
        process = request.app[PROCESS]
        incoming.check_target(request)
        incoming.check_coding(request)
        if self.route.scope and len(process.in_flight) >= IN_FLIGHT_MAX:
            raise Overloaded("Too many calls at once.")
        if self.route.priority is not None and incoming.is_judged_later(request.headers):
            process.admission.check(self.route.priority)  # the doorkeeper has seen to all others
        with process.admission.body() as held:
            call = await self._call(request, told, held)
            return await self._bounded(cast("Coroutine[Any, Any, Answer]", self.route.handler(call)), process)

    async def _call(self, request: web.Request, told: context.Request, held: Body) -> Call[Any, Any]:
        services = request.app[SERVICES]
        client, raw = await self._admit(request, services, held)
        told.client = client.name
        told.reservation_id = request.match_info.get("reservation_id", "")
        return Call(
            services=services,
            client=client,
            request_id=told.request_id,
            path=self._path_values(request.match_info),
            query=incoming.read_query(request, self.route.query),
            headers=request.headers,
            body=await self._body(request, raw, held),
            process=request.app[PROCESS],
        )

    async def _admit(self, request: web.Request, services: Services, held: Body) -> tuple[Client, bytes | None]:
        """The client, and the body where it had to be read to know."""
        if self.route.scope is None:
            return NOBODY, None
        raw = None
        if self.route.signed and auth.is_signed(request.headers):
            raw = await incoming.read_body(request, self.route.body_bytes_max, self._body_seconds, held)
            client = await auth.client_of_signature(services.clients, request.headers, raw)
        else:
            client = await auth.client_of_key(services.clients, request.headers)
        auth.check_scope(client, self.route.scope)
        return client, raw

    def _path_values(self, values: Mapping[str, str]) -> Mapping[str, str]:
        for name, pattern in self._patterns.items():
            if not pattern.match(values[name]):
                raise Refused(self.route.path_refusal, f"{name}: there cannot be one by this name.")
        return values

    async def _body(self, request: web.Request, raw: bytes | None, held: Body) -> object:
        if self._decoder is None or self.route.request is None:
            return None
        if raw is None:
            raw = await incoming.read_body(request, self.route.body_bytes_max, self._body_seconds, held)
        if not raw and self.route.request.optional:
            return self.route.request.decoded()
        incoming.check_media_type(request.headers)
        body.check_utf8(raw)
        return body.decode(self._decoder, body.scrub(raw))

    async def _bounded(self, work: Coroutine[Any, Any, Answer], process: Process) -> Answer:
        """Wait for the handler as long as the contract allows; it goes on to its end even if nobody waits any more."""
        began = perf_counter()
        task = asyncio.create_task(work)
        process.in_flight.add(task)
        task.add_done_callback(process.in_flight.discard)
        await _done_or_late(task, self._answer_seconds)
        if task.done():
            return task.result()
        task.add_done_callback(partial(self._tell_late, began))
        if self.route.writes:
            raise OutcomeUnknown("No answer in time: it may have happened. Repeat it with the same id.")
        raise NotReady("No answer in time.")

    def _tell_late(self, began: float, task: "asyncio.Task[Answer]") -> None:
        """What became of a call whose caller did not hear it any more."""
        error = None if task.cancelled() else task.exception()
        outcome = "cancelled" if task.cancelled() else type(error).__name__ if error else "done"
        log.warning(
            "request.late",
            route=self.route.path,
            outcome=outcome,
            duration_ms=round((perf_counter() - began) * 1000, 3),
        )


async def _done_or_late(task: "asyncio.Task[Any]", seconds: float) -> None:
    """As `asyncio.wait` for one task, which takes 6 µs instead of 3, for every call."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake(_: object) -> None:
        if not waiter.done():
            waiter.set_result(None)

    task.add_done_callback(wake)
    timer = loop.call_later(seconds, wake, None)
    try:
        await waiter
    finally:
        timer.cancel()
        task.remove_done_callback(wake)


def _pattern_of(wanted: Any) -> re.Pattern[str]:
    """The pattern of an annotated text type."""
    for extra in get_args(wanted)[1:]:
        if isinstance(extra, msgspec.Meta) and extra.pattern:
            return re.compile(extra.pattern)
    raise AssertionError(f"{wanted} has no pattern")
