"""A server that listens, and a caller that checks what every answer promises."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
from yarl import URL

from inventory_service.web.app import DEFAULT_BOUNDS, create_app
from inventory_service.web.endpoint import Bounds
from inventory_service.web.limits import DEFAULT_LIMITS, Limits
from inventory_service.web.problems import KINDS
from inventory_service.web.server import Server
from tests.web.fakes import ADMIN_KEY, UseCases

PROBLEM_MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "retryable"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    def problem(self, code: str, pointer: str = "") -> dict[str, Any]:
        """The problem body of this code, with everything that one must have."""
        body: dict[str, Any] = self.body
        assert self.headers["Content-Type"] == "application/problem+json"
        assert body.keys() >= PROBLEM_MEMBERS, body
        assert (body["code"], body["status"]) == (code, self.status), body
        assert body["status"] == KINDS[code].status
        assert body["type"] == f"/problems/{code}"
        assert body["request_id"] == self.headers["X-Request-Id"]
        assert body.get("pointer", "") == pointer, body
        assert body["detail"]
        assert body["title"]
        return body


class Web:
    """A running server with its use cases."""

    def __init__(self, server: Server, port: int, cases: UseCases, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.port = port
        self.cases = cases
        self.session = session

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = ADMIN_KEY,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        """One call; `path` is sent as it is. `raw` goes as JSON unless `headers` say otherwise."""
        data = raw if body is None else json.dumps(body).encode()
        sized = None if data is None else BytesIO(data)  # aiohttp warns about sending large bytes directly
        sent = {} if key is None else {"Authorization": f"Bearer {key}"}
        if data is not None:
            sent["Content-Type"] = "application/json"
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        sent |= dict(headers or {})
        async with self.session.request(
            method, url, data=sized, headers=sent, skip_auto_headers=("Content-Type",)
        ) as response:
            answer = Answer(response.status, response.headers, await response.read())
        assert answer.headers["X-Request-Id"]
        assert "Server" not in answer.headers
        return answer

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return await self.call("POST", path, body, **options)

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.call("GET", path, **options)

    async def raw(self, *pieces: bytes, seconds: float = 5.0) -> bytes:
        """Everything the server says to these bytes until it closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(seconds):
                return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    cases: UseCases | None = None, bounds: Bounds = DEFAULT_BOUNDS, limits: Limits = DEFAULT_LIMITS
) -> AsyncIterator[Web]:
    """A server on a port of its own; drained at the end."""
    cases = cases or UseCases()
    server = Server(create_app(cases.services(), bounds), limits)
    port = await server.start("127.0.0.1", 0)
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        try:
            yield Web(server, port, cases, session)
        finally:
            await session.close()
            await server.drain()


def split(response: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case and body of the first response in these bytes."""
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body[: int(headers.get("content-length", "0"))]
