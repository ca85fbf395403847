"""What all simulators share."""

import asyncio
import json
import random
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any
from uuid import uuid4

from aiohttp import web

from tests.simulators.book import Book, Order
from tests.simulators.clock import Clock

Trouble = Callable[["Simulator", web.Request], Awaitable[web.StreamResponse]]
Json = dict[str, Any]


@dataclass(frozen=True)
class Called:
    """One request that was signed well."""

    api: str
    parameters: Json
    at_ms: int


class Simulator:
    """A platform with one shop. Each request takes the next of `troubles`; without one it is answered."""

    name = ""
    time_key = ""  # of an order's document

    def __init__(self, clock: Clock, book: Book) -> None:
        self.clock = clock
        self.book = book
        self.skew_ms = 0  # how far the platform's clock is ahead
        self.app_key = "7000000000000000001"
        self.secret = f"secret-{uuid4()}"
        self.access_token = f"token-{uuid4()}"
        self.refresh_token = f"refresh-{uuid4()}"
        self.tokens_expired = False
        self.can_refresh = True
        self.refreshes = 0
        self.banned_until_ms = 0
        self.called_while_banned = 0
        self.bad_signatures = 0
        self.troubles: deque[Trouble] = deque()
        self.called: list[Called] = []
        self.spoilt_ids: set[str] = set()
        self.untidy = False
        self.behind: Callable[[Order], Order] = lambda order: order  # what is answered when an order is asked for
        self.between_pages: Callable[[], None] = lambda: None
        self.url = ""
        self._closing = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        application = web.Application(client_max_size=4 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._serve)

        async def tell_time(request: web.Request, response: web.StreamResponse) -> None:
            response.headers["Date"] = formatdate(self.now_ms() // 1000, usegmt=True)

        application.on_response_prepare.append(tell_time)
        runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            self._closing.set()
            await runner.cleanup()

    def now_ms(self) -> int:
        return self.clock.now_ms() + self.skew_ms

    def change_secret(self) -> str:
        """From now on the old one signs nothing."""
        self.secret = f"secret-{uuid4()}"
        return self.secret

    def expire_tokens(self) -> None:
        self.tokens_expired = True

    def new_tokens(self) -> None:
        self.access_token, self.refresh_token = f"token-{uuid4()}", f"refresh-{uuid4()}"
        self.tokens_expired = False
        self.refreshes += 1

    def ban(self, for_ms: int) -> None:
        """Too many calls; whoever calls before the end is counted."""
        self.banned_until_ms = self.now_ms() + for_ms

    def banned(self) -> bool:
        if self.now_ms() < self.banned_until_ms:
            self.called_while_banned += 1
            return True
        return False

    def shown(self, order_id: str, document: Json) -> Json:
        """As it goes out: a spoilt one has no time, which no platform promises never to happen."""
        if order_id not in self.spoilt_ids:
            return document
        return {name: value for name, value in document.items() if name != self.time_key}

    def sent(self, rows: list[Json]) -> list[Json]:
        """The rows of a page; an untidy platform shows some twice, and in an order of its own."""
        if not self.untidy:
            return rows
        some_twice = rows + rows[::7]
        return random.Random(len(rows)).sample(some_twice, len(some_twice))

    def note(self, api: str, parameters: Json) -> None:
        self.called.append(Called(api, parameters, self.now_ms()))

    def count(self, api: str) -> int:
        return sum(called.api == api for called in self.called)

    def answer(self, request: web.Request, body: bytes) -> web.Response:
        raise NotImplementedError

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self.troubles:
            return await self.troubles.popleft()(self, request)
        return self.answer(request, body)

    async def silence(self) -> None:
        await self._closing.wait()


def json_response(document: object, status: int = 200) -> web.Response:
    text = json.dumps(document, ensure_ascii=False)
    return web.Response(text=text, status=status, content_type="application/json")


def pages(rows: list[Any], number: int, size: int) -> list[Any]:
    """The page `number`, from 0."""
    return rows[number * size : (number + 1) * size]


async def silent(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    """Takes the request and says nothing until the caller has had enough."""
    await simulator.silence()
    return web.Response(status=500)


async def broken_off(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    """Half of the promised bytes, then the connection is gone."""
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"code":10000,"data":{"shop_order_list":[{')
    assert request.transport is not None
    request.transport.abort()
    return response


async def garbage(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html><body>502 Bad Gateway</body></html>", content_type="text/html")


async def half_json(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    """Complete for HTTP, cut for JSON."""
    return web.Response(text='{"code":10000,"data":{"shop_order_list":[{"order_', content_type="application/json")


async def server_error(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    return web.Response(status=503, text="busy")


async def endless(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    """More than anybody should read."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    try:
        for _ in range(64):
            await response.write(b"[" * 1024 * 1024)
    except ConnectionError:
        pass
    return response


async def elsewhere(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})
