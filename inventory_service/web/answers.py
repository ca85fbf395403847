"""What a handler gets and gives, and what goes out."""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Generic, NamedTuple, TypeVar

import msgspec
from aiohttp import hdrs, web
from aiohttp.helpers import rfc822_formatted_time

from inventory_service.domain.clients import Client
from inventory_service.web.problems import headers_of
from inventory_service.web.schemas.problems import Problem
from inventory_service.web.services import Process, Services

JSON = "application/json"
PROBLEM = "application/problem+json"

Body = TypeVar("Body")
Query = TypeVar("Query")

_encoder = msgspec.json.Encoder()


class Call(NamedTuple, Generic[Body, Query]):
    """One request, authenticated and decoded. `client` is nobody's on the calls that need no key."""

    services: Services
    client: Client
    request_id: str
    path: Mapping[str, str]
    headers: Mapping[str, str]
    body: Body
    query: Query
    process: Process


_NO_HEADERS: Mapping[str, str] = {}


class Answer(NamedTuple):
    """What a handler says: encoded, so that a batch can put it into its own."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = _NO_HEADERS
    code: str = ""  # of the problem that it is


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, _encoder.encode(value), headers=headers or _NO_HEADERS)


def problem_answer(problem: Problem) -> Answer:
    return Answer(problem.status, _encoder.encode(problem), PROBLEM, headers_of(problem), problem.code)


def message_of(answer: Answer, request_id: str, *, closes: bool) -> bytes:
    """The response to HTTP/1.1, ready to be sent."""
    more = "".join([f"{name}: {value}\r\n" for name, value in answer.headers.items()]) if answer.headers else ""
    closing = "Connection: close\r\n" if closes else ""
    head = (
        f"{_status_line(answer.status)}Content-Type: {answer.content_type}\r\nX-Request-Id: {request_id}\r\n{more}"
        f"Content-Length: {len(answer.body)}\r\nDate: {rfc822_formatted_time()}\r\n{closing}\r\n"
    )
    return head.encode() + answer.body


@cache
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"


class Reply(web.Response):
    """An answer on its way out. `template` is the route it came from, for the metrics."""

    def __init__(self, answer: Answer, request_id: str, template: str) -> None:
        headers = {hdrs.CONTENT_TYPE: answer.content_type, "X-Request-Id": request_id, **answer.headers}
        super().__init__(body=answer.body, status=answer.status, headers=headers)
        self.template = template

    async def _prepare_headers(self) -> None:
        # aiohttp names itself and its version in a header of every response, and offers no switch for it.
        await super()._prepare_headers()
        del self.headers[hdrs.SERVER]
