"""Overload: who is refused first, what a refusal says, and that it leaves the connection and the count as they were."""

import asyncio
import json
import math
import re
from collections.abc import Callable
from functools import partial

import pytest

from inventory_service.web import admission, doorkeeper
from inventory_service.web.admission import Admission, Priority
from inventory_service.web.connection import Connection
from inventory_service.web.doorkeeper import Pace
from inventory_service.web.endpoint import Bounds
from inventory_service.web.limits import Limits
from inventory_service.web.listener import BUSY_ACCEPTED_MAX
from tests.acceptance.waiting import eventually
from tests.web.fakes import ADMIN_KEY, UseCases
from tests.web.running import Answer, Web, serving, split

RESERVE = {"reservation_id": "r", "lines": [{"sku": "A", "quantity": 1}]}
FEW = {Priority.FINISH: 4, Priority.CHANGE: 3, Priority.READ: 2, Priority.LIST: 1}
CALLS = {
    Priority.LIST: ("GET", "/v1/reservations?limit=5", None),
    Priority.READ: ("GET", "/v1/stock/A", None),
    Priority.CHANGE: ("POST", "/v1/reservations", RESERVE),
    Priority.FINISH: ("POST", "/v1/reservations/r/confirm", {}),
}
HEAD = f"POST /v1/reservations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few calls are let in that a test can make them."""
    monkeypatch.setattr(admission, "CALLS_MAX", FEW)


async def call(web: Web, priority: Priority) -> Answer:
    method, path, body = CALLS[priority]
    return await web.call(method, path, body)


async def full(web: Web, calls: int) -> list["asyncio.Task[Answer]"]:
    """So many confirms, all of them inside the use case."""
    tasks = [asyncio.create_task(call(web, Priority.FINISH)) for _ in range(calls)]
    await until(lambda: len(web.cases.asked) == calls)
    return tasks


async def let_go(web: Web, tasks: list["asyncio.Task[Answer]"]) -> list[int]:
    assert web.cases.gate is not None
    web.cases.gate.set()
    return [answer.status for answer in await asyncio.gather(*tasks)]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("under_way", [0, 1, 2, 3, 4])
async def test_lists_go_first_then_reads_then_changes_and_what_ends_a_promise_last(under_way: int) -> None:
    async with serving(UseCases(gate=asyncio.Event())) as web:
        tasks = await full(web, under_way)
        for priority in Priority:
            if under_way >= FEW[priority]:
                body = (await call(web, priority)).problem("overloaded")
                assert body["retryable"]
        assert (await web.get("/livez")).status == 200
        assert len(web.cases.asked) == under_way  # no refused call came as far as a use case
        assert await let_go(web, tasks) == [200] * under_way
        assert [(await call(web, priority)).status for priority in Priority] == [200, 201, 200, 200]
        assert web.server._process.admission.calls == 0


@pytest.mark.usefixtures("few")
async def test_a_refusal_has_everything_that_a_problem_has() -> None:
    async with serving(UseCases(gate=asyncio.Event())) as web:
        tasks = await full(web, 4)
        answer = await web.post("/v1/reservations", RESERVE, headers={"X-Request-Id": "mine"})
        body = answer.problem("overloaded")
        assert body["request_id"] == "mine"
        assert int(answer.headers["Retry-After"]) * 1000 >= body["retry_after_ms"]
        times = {(await call(web, Priority.CHANGE)).body["retry_after_ms"] for _ in range(20)}
        assert len(times) > 1, "all would be back at once"
        assert (await web.call("HEAD", "/v1/stock/A")).status == 503
        assert len(web.cases.asked) == 4
        await let_go(web, tasks)


@pytest.mark.usefixtures("few")
async def test_nothing_of_a_refused_call_is_looked_at() -> None:
    async with serving(UseCases(gate=asyncio.Event())) as web:
        tasks = await full(web, 4)
        (await web.call("POST", "/v1/reservations", raw=b"not JSON", key="wrong")).problem("overloaded")
        (await web.get("/v1/stock/A?nonsense=1")).problem("overloaded")
        await let_go(web, tasks)


@pytest.mark.usefixtures("few")
async def test_a_refused_body_that_comes_late_is_swallowed_and_the_next_call_served() -> None:
    body = json.dumps(RESERVE).encode()
    head = HEAD + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    async with serving(UseCases(gate=asyncio.Event()), limits=Limits(head_seconds=0.2)) as web:
        tasks = await full(web, 4)
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(head.encode())
        assert b"503" in await reader.readline()
        await reader.readuntil(b"}")
        writer.write(body[:10])
        await writer.drain()
        await let_go(web, tasks)
        writer.write(body[10:] + head.encode() + body)
        assert b"201" in await reader.readline()
        await reader.readuntil(b"metadata")
        writer.close()


@pytest.mark.usefixtures("few")
async def test_a_refused_body_that_never_ends_is_no_reason_to_keep_the_connection() -> None:
    head = HEAD + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    async with serving(UseCases(gate=asyncio.Event()), limits=Limits(head_seconds=0.05)) as web:
        tasks = await full(web, 4)
        assert split(await web.raw(head.encode(), b"{"))[0] == 503
        await let_go(web, tasks)


@pytest.mark.usefixtures("few")
async def test_a_connection_stays_open_behind_a_refusal_unless_its_caller_wants_it_closed() -> None:
    get = f"GET /v1/stock/A HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n".encode()
    async with serving(UseCases(gate=asyncio.Event()), limits=Limits(keepalive_seconds=0.3)) as web:
        tasks = await full(web, 4)
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        for closing in (b"", b"Connection: close\r\n"):
            writer.write(get + closing + b"\r\n")
            assert b"503" in await reader.readline()
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"}")
            assert (closing in head) == bool(closing) or not closing
        assert await reader.read() == b""
        writer.close()
        await let_go(web, tasks)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("extra", ["Transfer-Encoding: chunked", "Content-Length: 100000"])
async def test_a_body_too_long_to_be_swallowed_is_refused_in_its_turn(extra: str) -> None:
    head = HEAD.replace("/v1/reservations", "/v1/batch") + f"Content-Type: application/json\r\n{extra}\r\n\r\n"
    async with serving(UseCases(gate=asyncio.Event()), limits=Limits(lingering_seconds=0.05)) as web:
        tasks = await full(web, 4)
        status, _, body = split(await web.raw(head.encode()))
        assert (status, json.loads(body)["code"]) == (503, "overloaded")
        assert await let_go(web, tasks) == [200] * 4


async def test_who_takes_long_over_a_body_takes_nobodys_place() -> None:
    head = HEAD + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    async with serving() as web:
        writers = []
        for _ in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", web.port)
            writer.write(head.encode())
            writers.append(writer)
        await until(lambda: web.server._open_connections.count == 3)
        assert (await web.get("/v1/stock/A")).status == 200
        assert web.server._process.admission.calls == 0
        for writer in writers:
            writer.close()
        await until(lambda: web.server._open_connections.count == 1)
        assert web.server._process.admission.calls == 0


async def test_who_sends_many_calls_in_one_go_takes_one_place() -> None:
    get = f"GET /v1/stock/A HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n\r\n".encode()
    async with serving(UseCases(gate=asyncio.Event())) as web:
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(get * 20)
        await web.cases.entered.wait()
        assert web.server._process.admission.calls == 1
        await let_go(web, [])
        answers = b""
        while answers.count(b"HTTP/1.1 200") < 20:
            answers += await reader.read(65536)
        assert web.server._process.admission.calls == 0
        writer.close()


async def test_who_hangs_up_takes_nobodys_place() -> None:
    async with serving(UseCases(gate=asyncio.Event()), Bounds(answer=60)) as web:
        body = json.dumps(RESERVE).encode()
        _, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write((HEAD + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
        await web.cases.entered.wait()
        assert web.server._process.admission.calls == 1
        writer.close()
        await until(lambda: web.server._process.admission.calls == 0)
        await let_go(web, [])


async def test_bodies_in_pieces_have_a_bound_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "BODY_BYTES_MAX", 200_000)
    body = json.dumps({"operations": [RESERVE | {"op": "reserve"}] * 1000}).encode() + b" " * 200_000
    async with serving(limits=Limits(lingering_seconds=0.5)) as web:
        (await web.post("/v1/batch", raw=body)).problem("overloaded")
        assert (await web.post("/v1/batch", raw=body[:-200_000])).status == 200


async def test_a_slow_store_refuses_the_less_urgent_first() -> None:
    refused = [
        [priority for priority in Priority if Admission(lambda waited=waited: waited).refusal(priority)]  # type: ignore[misc]
        for waited in (0.0, 0.3, 0.6, 1.1, 10.0)
    ]
    lists, reads, changes = Priority.LIST, Priority.READ, Priority.CHANGE
    assert refused == [[], [lists], [reads, lists], [changes, reads, lists], [changes, reads, lists]]


def test_the_bounds_shrink_while_even_the_fastest_answer_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "INTERVAL_SECONDS", 0.0)
    door = Admission()
    door.calls = admission.CALLS_MAX[Priority.CHANGE] // 2
    assert not door.refusal(Priority.CHANGE)
    for _ in range(4):
        door.answered(1.0)
    assert door.refusal(Priority.CHANGE)
    for _ in range(50):
        door.answered(0.01)
    assert not door.refusal(Priority.CHANGE)


def test_one_slow_answer_among_fast_ones_shrinks_nothing() -> None:
    door = Admission()
    door.answered(0.01)  # begins an interval
    door.calls = admission.CALLS_MAX[Priority.FINISH] - 1
    for seconds in (3.0, 0.01, 3.0):
        door.answered(seconds)
    door._interval_ends = 0.0
    door.answered(3.0)
    assert not door.refusal(Priority.FINISH)


async def test_refusals_are_paced_by_the_answers_and_hurried_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorkeeper, "PACE", 0)
    monkeypatch.setattr(doorkeeper, "_BURST", 2)
    pace, sent = Pace(), list[int]()
    for number in range(6):
        pace.send(partial(sent.append, number))
    assert sent == [0, 1]
    pace.answered()
    await until(lambda: sent == [0, 1, 2])
    pace.hurry()
    assert sent == [0, 1, 2, 3, 4, 5]


@pytest.mark.usefixtures("few")
async def test_who_is_refused_waits_for_an_answer_of_somebody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorkeeper, "PACE", 0)
    monkeypatch.setattr(doorkeeper, "_BURST", 1)
    monkeypatch.setattr(doorkeeper, "WAIT_SECONDS_MAX", 1000.0)
    async with serving(UseCases(gate=asyncio.Event())) as web:
        tasks = await full(web, 4)
        (await call(web, Priority.LIST)).problem("overloaded")
        second = asyncio.create_task(call(web, Priority.LIST))
        done, _ = await asyncio.wait({second}, timeout=0.1)
        assert not done
        await let_go(web, tasks)
        (await second).problem("overloaded")


@pytest.mark.usefixtures("few")
async def test_two_calls_in_one_go_are_answered_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the first is under way when the second comes, or waits for its refusal."""
    head = f"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\nX-Request-Id: "
    first = f"POST /v1/reservations/r/confirm {head}first\r\nContent-Length: 0\r\n\r\n".encode()
    second = f"GET /v1/stock/A {head}second\r\nConnection: close\r\n\r\n".encode()
    async with serving(UseCases(gate=asyncio.Event())) as web:
        tasks = await full(web, 3)
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(first)
        await until(lambda: len(web.cases.asked) == 4)
        writer.write(second)
        answers = asyncio.create_task(reader.read())
        done, _ = await asyncio.wait({answers}, timeout=0.1)
        assert not done
        await let_go(web, tasks)
        assert request_ids(await answers) == [b"first", b"second"]
        writer.close()
    monkeypatch.setattr(doorkeeper, "PACE", 0)
    monkeypatch.setattr(doorkeeper, "_BURST", 0)
    async with serving(UseCases(gate=asyncio.Event())) as web:
        tasks = await full(web, 4)
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(first)
        await until(lambda: len(web.server._doorkeeper.pace._waiting) == 1)
        writer.write(second)
        await until(lambda: len(web.server._doorkeeper.pace._waiting) == 2)
        web.server._doorkeeper.pace.hurry()
        assert request_ids(await reader.read()) == [b"first", b"second"]
        writer.close()
        await let_go(web, tasks)


@pytest.mark.usefixtures("few")
async def test_a_connection_may_be_refused_as_often_as_it_likes_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorkeeper, "PACE", 1e9)
    get = f"GET /v1/stock/A HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n\r\n".encode()
    async with serving(UseCases(gate=asyncio.Event()), limits=Limits(head_seconds=0.05)) as web:
        tasks = await full(web, 4)
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        await until(lambda: web.server._open_connections.count == 5)
        assert web.server._runner.server is not None
        connection = web.server._runner.server.connections[-1]
        assert isinstance(connection, Connection)
        closes_at = connection._next_keepalive_close_time
        for _ in range(300):
            writer.write(get)
            assert b"503" in await reader.readline()
            await reader.readuntil(b"}")
        assert connection._next_keepalive_close_time > closes_at
        more = asyncio.create_task(reader.read(1))
        done, _ = await asyncio.wait({more}, timeout=0.2)
        assert not done, "closed like a head that never ends"
        more.cancel()
        writer.close()
        await let_go(web, tasks)


async def test_a_busy_process_takes_in_new_callers_a_few_at_a_time_but_all() -> None:
    async with serving() as web:
        web.server._process.admission._busy_until = math.inf
        callers = [await asyncio.open_connection("127.0.0.1", web.port) for _ in range(3 * BUSY_ACCEPTED_MAX)]
        await until(lambda: web.server._open_connections.count == len(callers))
        for _, writer in callers:
            writer.close()


def request_ids(responses: bytes) -> list[bytes]:
    return re.findall(rb"(?im)^x-request-id: (\S+)", responses)


async def until(holds: Callable[[], bool]) -> None:
    async def probe() -> bool:
        return holds()

    await eventually(probe, "what the server counts")
