"""A server between client and service that does to each request what it is told, and writes down what was sent."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Sent:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Deed = Callable[["Trouble", Sent, asyncio.StreamWriter], Awaitable[None]]


class Trouble:
    """Each request takes the next of `deeds`; without one it is forwarded."""

    def __init__(self, service_url: str) -> None:
        parts = urlsplit(service_url)
        self._service = (str(parts.hostname), int(parts.port or 0))
        self.deeds: deque[Deed] = deque()
        self.sent: list[Sent] = []
        self.arrived = asyncio.Event()  # a request
        self.go_on = asyncio.Event()  # what is `held_up` waits for it
        self.url = ""
        self.open_max = 0  # connections at once
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.open_max = max(self.open_max, len(self._writers))
        try:
            while (sent := await _read(reader)) is not None:
                self.sent.append(sent)
                self.arrived.set()
                deed = self.deeds.popleft() if self.deeds else forwarded
                await deed(self, sent, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def hang_up(self) -> None:
        self.go_on.set()
        for writer in self._writers:
            writer.close()

    async def answer_of_service(self, sent: Sent) -> bytes:
        """What the service answers to it, on a connection of its own."""
        reader, writer = await asyncio.open_connection(*self._service)
        writer.write(sent.raw.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        answer = await reader.read()
        writer.close()
        return answer


async def _read(reader: asyncio.StreamReader) -> Sent | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Sent(method, target, headers, body, head + body)


async def forwarded(trouble: Trouble, sent: Sent, writer: asyncio.StreamWriter) -> None:
    writer.write(await trouble.answer_of_service(sent))
    await writer.drain()
    raise ConnectionResetError  # the service was asked to close, so this connection ends as well


async def answer_lost(trouble: Trouble, sent: Sent, writer: asyncio.StreamWriter) -> None:
    """It happens, and the connection breaks before the answer is through."""
    await trouble.answer_of_service(sent)
    raise ConnectionResetError


async def answer_torn(trouble: Trouble, sent: Sent, writer: asyncio.StreamWriter) -> None:
    """It happens, and the connection breaks in the middle of the answer."""
    answer = await trouble.answer_of_service(sent)
    writer.write(answer[:-20])
    await writer.drain()
    raise ConnectionResetError


async def request_lost(trouble: Trouble, sent: Sent, writer: asyncio.StreamWriter) -> None:
    """It never reaches the service; who sent it cannot know."""
    raise ConnectionResetError


async def held_up(trouble: Trouble, sent: Sent, writer: asyncio.StreamWriter) -> None:
    """Nothing happens until `go_on`; then it is forwarded."""
    await trouble.go_on.wait()
    await forwarded(trouble, sent, writer)


async def held_up_and_lost(trouble: Trouble, sent: Sent, writer: asyncio.StreamWriter) -> None:
    """Nothing happens until `go_on`, and nothing after it."""
    await trouble.go_on.wait()
    raise ConnectionResetError


async def never_answered(trouble: Trouble, sent: Sent, writer: asyncio.StreamWriter) -> None:
    """It happens, and no answer ever comes."""
    await trouble.answer_of_service(sent)
    await trouble.go_on.wait()


def says(status: int, body: bytes, content_type: str = "application/problem+json", **headers: str) -> Deed:
    """Answers by itself."""

    async def deed(trouble: Trouble, sent: Sent, writer: asyncio.StreamWriter) -> None:
        lines = {"Content-Type": content_type, "Content-Length": str(len(body))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)
        await writer.drain()

    return deed


def problem(status: int, code: str, retryable: bool = True, retry_after: str = "", **members: object) -> Deed:
    """A problem of the service."""
    body = {"code": code, "status": status, "detail": "Said so.", "retryable": retryable, "title": "", **members}
    return says(status, json.dumps(body).encode(), **({"Retry_After": retry_after} if retry_after else {}))


@asynccontextmanager
async def in_between(service_url: str) -> AsyncIterator[Trouble]:
    trouble = Trouble(service_url)
    server = await asyncio.start_server(trouble.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    trouble.url = f"http://{host}:{port}"
    try:
        yield trouble
    finally:
        server.close()
        trouble.hang_up()
        await server.wait_closed()
