"""Bytes that are no proper HTTP: refused or cut off, never a 5xx, and the next caller is served."""

import asyncio
import contextlib
import json
import random
import re

import pytest

from tests.acceptance.client import Api, check_problem
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService

SILENCE_SECONDS = 20.0
READ_SECONDS = 1.0  # of silence: then it waits for the rest of a request that never comes
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
HOST = b"Host: 127.0.0.1\r\n"
KEY = b"Authorization: Bearer " + BOOTSTRAP_KEY.encode() + b"\r\n"
POST = b"POST /v1/reservations HTTP/1.1\r\n" + HOST + KEY + b"Content-Type: application/json\r\n"

GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "line ends": b"\r\n\r\n\r\n",
    "NULs": b"\0" * 100 + b"\r\n\r\n",
    "TLS hello": bytes.fromhex("16030100a5010000a10303") + bytes(range(160)),
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "one word": b"GET\r\n\r\n",
    "HTTP/0.9": b"GET /livez\r\n\r\n",
    "HTTP/9.9": b"GET /livez HTTP/9.9\r\n" + HOST + b"\r\n",
    "no version": b"GET /livez HTTP/\r\n\r\n",
    "no host": b"GET /livez HTTP/1.1\r\n\r\n",
    "spaces": b"GET   /livez   HTTP/1.1\r\n" + HOST + b"\r\n",
    "path without slash": b"GET livez HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute path": b"GET http://[::1/livez HTTP/1.1\r\n" + HOST + b"\r\n",
    "authority form": b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "bytes in the path": b"GET /\xff\xfe/\x80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "control in the path": b"GET /v1/\x01\x7f HTTP/1.1\r\n" + HOST + b"\r\n",
    "broken percent": b"GET /v1/stock/%zz%1 HTTP/1.1\r\n" + HOST + KEY + b"\r\n",
    "bytes by percent": b"GET /v1/stock/%ff%c3%28 HTTP/1.1\r\n" + HOST + KEY + b"\r\n",
    "NUL by percent": b"GET /v1/reservations/%00 HTTP/1.1\r\n" + HOST + KEY + b"\r\n",
    "broken query": b"GET /v1/stock?sku=%zz&%ff=%ff&&=&limit HTTP/1.1\r\n" + HOST + KEY + b"\r\n",
    "long path": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "long query": b"GET /livez?" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "long header": b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A: " + b"a" * 20_000 + b"\r\n\r\n",
    "many headers": b"GET /livez HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: a\r\n" % n for n in range(5_000)) + b"\r\n",
    "header without colon": b"GET /livez HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n",
    "header without name": b"GET /livez HTTP/1.1\r\n" + HOST + b": x\r\n\r\n",
    "folded header": b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A: a\r\n b\r\n\r\n",
    "bytes in a header": b"GET /livez HTTP/1.1\r\n" + HOST + b"X-Request-Id: \xff\xfe\x01\r\n\r\n",
    "NUL in a header": b"GET /livez HTTP/1.1\r\n" + HOST + b"X-A: a\0b\r\n\r\n",
    "bytes in the key": b"GET /v1/stock HTTP/1.1\r\n" + HOST + b"Authorization: Bearer \xff\xc3\r\n\r\n",
    "bytes in the idempotency key": POST + b"Idempotency-Key: \xff\xc3\r\nContent-Length: 2\r\n\r\n{}",
    "negative length": POST + b"Content-Length: -1\r\n\r\n{}",
    "length of letters": POST + b"Content-Length: ten\r\n\r\n{}",
    "huge length": POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "broken chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "unknown transfer": POST + b"Transfer-Encoding: nonsense\r\n\r\n{}",
    "strange expectation": POST + b"Expect: nonsense\r\nContent-Length: 2\r\n\r\n{}",
    "upgrade": b"GET /livez HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "charset": POST.replace(b"/json", b"/json; charset=nonsense") + b"Content-Length: 2\r\n\r\n{}",
    "bad content type": POST.replace(b"application/json", b'\xff;;="') + b"Content-Length: 2\r\n\r\n{}",
    "cookie": b"GET /livez HTTP/1.1\r\n" + HOST + b'Cookie: \xff=;;="\r\n\r\n',
}  # fmt: skip


async def exchange(service: RunningService, sent: bytes, answers: int = 1) -> bytes:
    """Send, and read so many answers; what came so far when the other side hangs up or waits for more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    received = b""
    try:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            async with asyncio.timeout(READ_SECONDS):
                writer.write(sent)
                await writer.drain()
                for _ in range(answers):
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = LENGTH.search(head)
                    received += head + (await reader.readexactly(int(length.group(1))) if length else b"")
        return received
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def check_raw(received: bytes) -> None:
    """Nothing at all, or an HTTP answer under 500 whose error, if it is one, is a problem body."""
    if not received:
        return
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    assert head.startswith(b"HTTP/"), received[:300]
    assert status < 500, received[:600]
    assert b"Traceback" not in received
    if status >= 400:
        assert b"application/problem+json" in head, received[:600]
        check_problem(json.loads(body), status)


@pytest.mark.parametrize("case", GARBAGE)
async def test_garbage_never_breaks_it(service: RunningService, api: Api, case: str) -> None:
    check_raw(await exchange(service, GARBAGE[case]))
    (await api.get("/v1/warehouses")).ok()


async def test_random_bytes_never_break_it(service: RunningService, api: Api) -> None:
    rng = random.Random(20261111)
    for _ in range(50):
        check_raw(await exchange(service, rng.randbytes(rng.randrange(1, 400)) + b"\r\n\r\n"))
    (await api.get("/v1/warehouses")).ok()


async def test_a_damaged_request_never_breaks_it(service: RunningService, api: Api) -> None:
    """A proper request with a few bytes turned."""
    rng = random.Random(7)
    body = b'{"reservation_id": "damaged", "lines": [{"sku": "nobody-has-it", "quantity": 1}]}'
    proper = POST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    for _ in range(100):
        damaged = bytearray(proper)
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        check_raw(await exchange(service, bytes(damaged)))
    (await api.get("/v1/warehouses")).ok()


async def test_many_half_open_callers_do_not_stop_the_next(service: RunningService, api: Api) -> None:
    """Bodies that never come hold a connection each, nothing more."""
    writers = []
    for _ in range(100):
        _, writer = await asyncio.open_connection("127.0.0.1", service.port)
        writer.write(POST + b"Content-Length: 50\r\n\r\n{")
        writers.append(writer)
    try:
        (await api.get("/v1/warehouses")).ok()
    finally:
        for writer in writers:
            writer.close()
        for writer in writers:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def answer_to_silence(service: RunningService, sent: bytes) -> bytes:
    """Everything that comes until the service hangs up on a caller who says no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    try:
        writer.write(sent)
        async with asyncio.timeout(SILENCE_SECONDS):
            return await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_who_falls_silent_in_a_request_is_cut_off(service: RunningService) -> None:
    """Half a head, and half a body of each kind: none holds a connection for ever."""
    started = POST + b"Content-Length: 50\r\n\r\n{"
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
    received = await asyncio.gather(*(answer_to_silence(service, sent) for sent in (POST, started, chunked)))
    for answer in received:
        check_raw(answer)
    assert received[0] == b""
    assert all(b" 408 " in answer.partition(b"\r\n")[0] for answer in received[1:]), received


async def test_requests_in_one_packet_are_answered_in_order(service: RunningService) -> None:
    first = b"GET /livez HTTP/1.1\r\n" + HOST + b"X-Request-Id: first\r\n\r\n"
    last = b"GET /livez HTTP/1.1\r\n" + HOST + b"X-Request-Id: last\r\nConnection: close\r\n\r\n"
    received = await exchange(service, first + last, answers=2)
    assert received.index(b"first") < received.index(b"last")
