"""Callers who want nothing but our time, memory or sockets; beside each of them an honest one is served."""

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from inventory_service.web.connection import Connection
from inventory_service.web.connections import FILES_BESIDE
from inventory_service.web.endpoint import Bounds
from inventory_service.web.limits import Limits
from tests.acceptance.waiting import eventually
from tests.web.fakes import ADMIN_KEY, UseCases
from tests.web.running import Web, serving, split

SECONDS_MAX = 20.0
PACE_SECONDS = 0.02  # between two bytes of one who is slow
QUICK = Limits(head_seconds=0.2, lingering_seconds=0.1, keepalive_seconds=60, send_seconds=0.2)
HEAD = f"POST /v1/reservations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n".encode()
LARGE = b"GET /docs/swagger-ui.js HTTP/1.1\r\nHost: x\r\n\r\n"  # 1.4 MB, without a key

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def sockets(web: Web, number: int) -> AsyncIterator[Sequence[Streams]]:
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(number):
            reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
            stack.callback(writer.close)
            opened.append((reader, writer))
        yield opened


async def trickle(streams: Streams, text: bytes) -> bytes:
    """Send it byte by byte until the other side ends the connection; what it said."""
    reader, writer = streams
    said = asyncio.create_task(reader.read())
    try:
        for byte in text:
            writer.write(bytes([byte]))
            done, _ = await asyncio.wait({said}, timeout=PACE_SECONDS)
            if done:
                break
        async with asyncio.timeout(SECONDS_MAX):
            return await said
    except ConnectionError:
        return b""


async def is_served(web: Web) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        assert (await web.get("/livez")).status == 200
        assert (await web.get("/v1/stock/A")).status == 200


async def until_only(web: Web, number: int) -> None:
    """Of the connections so many are left."""

    async def gone() -> bool:
        return web.server._open_connections.count <= number

    await eventually(gone, f"no more than {number} connections are open")


@pytest.mark.parametrize(
    "text", [HEAD + b"A: " + b"a" * 9000, b"\r\n" * 9000, b"GET /" + b"a" * 9000], ids=lambda text: repr(text[:6])
)
async def test_heads_that_trickle_in(text: bytes) -> None:
    """A byte now and then does not prolong the time for a head."""
    async with serving(limits=QUICK) as web, sockets(web, 100) as attackers:
        ended = [asyncio.create_task(trickle(each, text)) for each in attackers]
        await is_served(web)
        async with asyncio.timeout(SECONDS_MAX):
            assert set(await asyncio.gather(*ended)) == {b""}
        await is_served(web)
        await until_only(web, 1)


async def test_bodies_that_trickle_in() -> None:
    async with serving(bounds=Bounds(body=0.2), limits=QUICK) as web, sockets(web, 100) as attackers:
        text = HEAD + b"Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
        for _, writer in attackers:
            writer.write(text)
        ended = [asyncio.create_task(trickle(each, b" " * 9000)) for each in attackers]
        await is_served(web)
        assert {json.loads(split(each)[2])["code"] for each in await asyncio.gather(*ended) if each} == {
            "request_timeout"
        }
        await until_only(web, 1)
        assert not [asked for asked in web.cases.asked if asked[0] == "reserve"]


@pytest.mark.parametrize("path", ["/livez", "/nowhere", "/v1/stock/A"])
async def test_a_body_that_nobody_asked_for(path: str) -> None:
    """Answered, and not waited for."""
    async with serving(limits=QUICK) as web, sockets(web, 1) as (attacker,):
        attacker[1].write(f"GET {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n".encode())
        async with asyncio.timeout(SECONDS_MAX):
            await attacker[0].readuntil(b"\r\n\r\n")
        await trickle(attacker, b" " * 9000)
        await until_only(web, 0)


async def test_half_a_head_behind_a_request_at_work() -> None:
    cases = UseCases(gate=asyncio.Event())
    async with serving(cases, limits=QUICK) as web, sockets(web, 1) as ((reader, writer),):
        body = b'{"lines":[{"sku":"A","quantity":1}],"reservation_id":"r"}'
        writer.write(HEAD + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await cases.entered.wait()
        writer.write(b"GET /li")
        assert cases.gate is not None
        cases.gate.set()
        await reader.readuntil(b"201 Created")
        writer.write(b"v")
        async with asyncio.timeout(SECONDS_MAX):
            await reader.read()


@pytest.mark.parametrize("head", [LARGE, LARGE.replace(b"Host: x", b"Host: x\r\nConnection: close")], ids=["", "close"])
async def test_answers_that_are_never_read(head: bytes) -> None:
    """Neither a caller who asks for more and more, nor one who lets us close and takes what we sent never."""
    async with serving(limits=QUICK) as web, AsyncExitStack() as stack:
        for _ in range(20):
            attacker = stack.enter_context(socket.socket())
            attacker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            attacker.setblocking(False)
            await asyncio.get_running_loop().sock_connect(attacker, ("127.0.0.1", web.port))
            attacker.send(head if b"close" in head else head * 30)
        await is_served(web)
        await until_only(web, 1)


async def test_the_rest_of_an_answer_that_is_never_read() -> None:
    """So little that sending goes on without waiting for it, and so does the end of an idle connection."""
    async with serving(limits=Limits(keepalive_seconds=1.0, send_seconds=0.2)) as web, AsyncExitStack() as stack:
        attacker = stack.enter_context(socket.socket())
        attacker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        attacker.setblocking(False)
        await asyncio.get_running_loop().sock_connect(attacker, ("127.0.0.1", web.port))
        async with asyncio.timeout(SECONDS_MAX):
            while not web.server._open_connections.count:  # noqa: ASYNC110  # no event of its own
                await asyncio.sleep(0)
        (connection,) = web.server._open_connections._callers
        assert isinstance(connection, Connection)
        transport = connection.transport
        assert transport is not None
        for number in range(5_000):
            attacker.send(b"GET /problems/not_found HTTP/1.1\r\nHost: x\r\n\r\n")
            async with asyncio.timeout(SECONDS_MAX):
                while connection._request_count <= number or not connection.is_idle:  # noqa: ASYNC110  # as above
                    await asyncio.sleep(0)
            if transport.get_write_buffer_size() > 32_768:  # above 65,536 sending waits
                break
        assert 32_768 < transport.get_write_buffer_size() < 65_536
        await until_only(web, 0)


async def test_an_answer_that_is_read_slowly_arrives() -> None:
    async with serving() as web, sockets(web, 1) as ((reader, writer),):
        writer.write(LARGE.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        received = bytearray()
        async with asyncio.timeout(SECONDS_MAX):
            while chunk := await reader.read(50_000):
                received += chunk
                await asyncio.sleep(0)
        status, headers, _ = split(bytes(received))
        assert status == 200
        assert len(received.partition(b"\r\n\r\n")[2]) == int(headers["content-length"])


@pytest.mark.parametrize(
    "flood",
    [
        b"".join(b"A%d: 1\r\n" % number for number in range(150)),
        b"Cookie: " + b"c" * 1_000_000,
        b"Cookie: c\r\n" * 100_000,
        b"c" * 1_000_000,
    ],
    ids=["many", "a large one", "very many", "no colon"],
)
async def test_headers_without_end(flood: bytes) -> None:
    """Refused as soon as there are too many, not when they end or their time does."""
    async with serving(limits=Limits(head_seconds=SECONDS_MAX)) as web:
        try:
            response = await web.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\n" + flood)
        except ConnectionError:  # it was closed while we were still sending
            response = b""
        assert not response or split(response)[0] in {400, 431}
        await is_served(web)
        await until_only(web, 1)


async def test_a_flood_of_requests_on_one_connection() -> None:
    """They wait for each other, and nobody else for them."""
    async with serving() as web, sockets(web, 1) as ((reader, writer),):
        number = 3_000
        flood = asyncio.create_task(reader.read())
        writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * number)
        writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await is_served(web)
        assert not flood.done()
        async with asyncio.timeout(SECONDS_MAX):
            assert (await flood).count(b"HTTP/1.1 200 OK") == number + 1


async def test_idle_connections_give_way_to_callers() -> None:
    async with serving(limits=Limits(connections_max=20)) as web, sockets(web, 1) as ((reader, working),):
        gate = web.cases.gate = asyncio.Event()
        working.write(b"GET /v1/stock/A HTTP/1.1\r\nHost: x\r\n" + HEAD.partition(b"Host: x\r\n")[2] + b"\r\n")
        await web.cases.entered.wait()
        async with sockets(web, 100) as attackers:
            assert (await web.get("/livez")).status == 200
            async with sockets(web, 100):
                assert (await web.get("/livez")).status == 200  # on a new connection, or on the one it has
                async with asyncio.timeout(SECONDS_MAX):
                    for evicted, _ in attackers:
                        assert not await evicted.read()
                await until_only(web, 20)
        gate.set()
        async with asyncio.timeout(SECONDS_MAX):
            assert await reader.readuntil(b" 200 OK")
        await is_served(web)
        assert [asked[0] for asked in web.cases.asked].count("one") == 2


async def test_who_is_served_stays() -> None:
    """Who calls now and then is not the one that gives way, however many come who say nothing."""
    async with serving(limits=Limits(connections_max=20)) as web, sockets(web, 1) as ((reader, writer),):
        for _ in range(5):
            writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            async with asyncio.timeout(SECONDS_MAX):
                await reader.readuntil(b'{"status":"alive"}')
            async with sockets(web, 15) as attackers:
                attackers[0][1].write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                await attackers[0][0].readuntil(b'{"status":"alive"}')


@pytest.mark.parametrize(("hard", "fits"), [(FILES_BESIDE + 100, 100), (FILES_BESIDE + 5000, 1000), (64, 1)])
def test_no_more_connections_than_files(hard: int, fits: int) -> None:
    """The soft limit is raised as far as it has to be; nobody has to remember `ulimit`."""
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, {hard}))\n"
        "from inventory_service.web.connections import fitting\n"
        "print(fitting(1000), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(fits), str(min(hard, FILES_BESIDE + 1000))]


async def test_what_is_no_http_behind_a_call_at_work() -> None:
    """Whoever sent the call gets its answer first."""
    cases = UseCases(gate=asyncio.Event())
    async with serving(cases) as web, sockets(web, 1) as ((reader, writer),):
        body = b'{"lines":[{"sku":"A","quantity":1}],"reservation_id":"r"}'
        writer.write(HEAD + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await cases.entered.wait()
        writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" + b"what is this?\r\n\r\n")
        await web.get("/livez")
        assert cases.gate is not None
        cases.gate.set()
        async with asyncio.timeout(SECONDS_MAX):
            said = await reader.read()
        assert re.findall(rb"HTTP/1.\d (\d+)", said) == [b"201", b"400"]  # the parser drops what came in one go with it
