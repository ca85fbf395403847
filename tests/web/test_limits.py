"""Time limits: callers that are slow, and stores that are."""

import asyncio
import json

from inventory_service.web.connection import Connection
from inventory_service.web.endpoint import Bounds
from inventory_service.web.limits import Limits
from tests.web.fakes import ADMIN_KEY, UseCases
from tests.web.running import serving, split

SHORT = Bounds(answer=0.05, list_answer=0.1, body=0.05, list_body=0.1)
RESERVE = {"reservation_id": "r", "lines": [{"sku": "A", "quantity": 1}]}
HEAD = f"POST /v1/reservations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n".encode()


async def test_a_head_that_never_ends() -> None:
    async with serving(limits=Limits(head_seconds=0.05)) as web:
        assert await web.raw(b"GET /livez HTTP/1.1\r\n") == b""


async def test_a_second_head_that_never_ends() -> None:
    async with serving(limits=Limits(head_seconds=0.05)) as web:
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b'{"status":"alive"}')
        writer.write(b"GET /li")
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_a_connection_that_says_nothing() -> None:
    async with serving(limits=Limits(keepalive_seconds=0.05)) as web:
        assert await web.raw() == b""


async def test_a_head_in_pieces_is_fine() -> None:
    async with serving() as web:
        response = await web.raw(b"GET /livez HT", b"TP/1.1\r\nConnection: cl", b"ose\r\nHost: x\r\n\r\n")
        assert split(response)[0] == 200


async def test_the_time_for_a_head_never_cuts_a_request() -> None:
    """A piece of a body that comes between the request's leaving the queue and its start looks like a new head. No
    client can aim at that moment, so the test arms the timer as such a piece would.
    """
    body = json.dumps(RESERVE).encode()
    head = HEAD + b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    cases = UseCases(gate=asyncio.Event())
    async with serving(cases) as web:
        answer = asyncio.create_task(web.raw(head, body))
        await cases.entered.wait()
        assert web.server._runner.server is not None
        (connection,) = web.server._runner.server.connections
        assert isinstance(connection, Connection)
        connection._head_timer = asyncio.get_running_loop().call_later(0.01, connection._head_timed_out)
        done, _ = await asyncio.wait({answer}, timeout=0.1)
        assert not done
        assert cases.gate is not None
        cases.gate.set()
        assert split(await answer)[0] == 201


async def test_no_timer_is_left_behind_an_answer() -> None:
    async with serving() as web:
        assert (await web.get("/livez")).status == 200
        assert web.server._runner.server is not None
        (connection,) = web.server._runner.server.connections
        assert isinstance(connection, Connection)
        connection.data_received(b"")
        assert connection._head_timer is not None
        assert (await web.get("/livez")).status == 200
        assert connection._head_timer is None


async def test_a_body_that_never_ends() -> None:
    async with serving(bounds=SHORT, limits=Limits(lingering_seconds=0.05)) as web:
        head = HEAD + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        status, _, body = split(await web.raw(head, b"{"))
        assert (status, json.loads(body)["code"]) == (408, "request_timeout")
        assert not web.cases.asked


async def test_a_body_that_ends_early() -> None:
    async with serving() as web:
        _, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(HEAD + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        writer.close()
        await writer.wait_closed()
        assert (await web.get("/livez")).status == 200
        assert not web.cases.asked


async def test_a_write_without_an_answer_may_have_happened() -> None:
    cases = UseCases(gate=asyncio.Event())
    async with serving(cases, SHORT) as web:
        answer = await web.post("/v1/reservations", RESERVE)
        body = answer.problem("outcome_unknown")
        assert body["retryable"] is True
        assert answer.headers["Retry-After"] == "1"
        assert cases.finished == 0
        assert cases.gate is not None
        cases.gate.set()


async def test_a_list_call_has_longer() -> None:
    cases = UseCases(gate=asyncio.Event())
    async with serving(cases, Bounds(answer=0.001, list_answer=0.1)) as web:
        loop = asyncio.get_running_loop()
        started = loop.time()
        (await web.post("/v1/stock/movements", {"movements": [movement()]})).problem("outcome_unknown")
        assert loop.time() - started >= 0.1
        assert cases.gate is not None
        cases.gate.set()


async def test_a_read_without_an_answer_is_not_ready() -> None:
    cases = UseCases(gate=asyncio.Event())
    async with serving(cases, SHORT) as web:
        (await web.get("/v1/stock/A")).problem("not_ready")
        assert cases.gate is not None
        cases.gate.set()


async def test_a_caller_that_hangs_up_cancels_nothing() -> None:
    cases = UseCases(gate=asyncio.Event())
    async with serving(cases) as web:
        body = json.dumps(RESERVE).encode()
        _, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(HEAD + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await cases.entered.wait()
        writer.close()
        await writer.wait_closed()
        assert cases.gate is not None
        cases.gate.set()
    assert cases.finished == 1


def movement() -> dict[str, object]:
    return {"movement_id": "m", "type": "receive", "sku": "A", "warehouse": "SHA", "quantity": 1}
