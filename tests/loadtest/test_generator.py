"""The load generator against a real server: every answer is counted, and counted as what it is."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from loadtests.bench.calls import Job, Told, WrongAnswers
from loadtests.bench.constant import answer_to
from loadtests.bench.driving import GeneratorFailed, drive
from loadtests.bench.generator import LOST, Generator, end_of
from loadtests.bench.houses import constant

SECONDS = 0.3
NOBODY = 1  # a port where nobody listens
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Notes the ids that it is asked for; `status` of the nth call."""

    def __init__(self, status: Callable[[int], int] = lambda _: 201) -> None:
        self.ids: Counter[str] = Counter()
        self.calls = 0
        self.keys: set[str | None] = set()
        self._status = status
        self.port = 0

    async def reserve(self, request: web.Request) -> web.Response:
        order = await request.json()
        self._note(request, [order])
        return web.json_response({"reservation_id": order["reservation_id"]}, status=self._status(self.calls))

    async def batch(self, request: web.Request) -> web.Response:
        operations = (await request.json())["operations"]
        assert {operation["op"] for operation in operations} == {"reserve"}
        self._note(request, operations)
        results = [f'{{"status":{self._status(n)},"body":{{}}}}' for n in range(len(operations))]
        return web.Response(text=f'{{"results":[{",".join(results)}]}}', content_type="application/json")

    def _note(self, request: web.Request, orders: list[dict[str, Any]]) -> None:
        self.calls += 1
        self.keys.add(request.headers.get("Authorization"))
        self.ids.update(order["reservation_id"] for order in orders)
        assert all(order["lines"] == [{"sku": "HOT", "quantity": 1}] for order in orders)


@asynccontextmanager
async def serving(server: Server, hang: Answer | None = None) -> AsyncIterator[Server]:
    app = web.Application()
    app.router.add_post("/v1/reservations", hang or server.reserve)
    app.router.add_post("/v1/batch", server.batch)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


async def told_by(server: Server, **changes: Any) -> Told:
    return await Generator(Job(port=server.port, name="t", seconds=SECONDS, connections=4, **changes)).run()


async def test_every_answer_is_counted_and_no_id_comes_twice() -> None:
    async with serving(Server()) as server:
        told = await told_by(server)
    assert server.calls - 4 <= told.done <= server.calls  # those under way at the end belong to nobody
    assert told.done > 4
    assert told.wrong == {}
    assert set(server.ids.values()) == {1}
    assert server.keys == {None}
    assert 0 < told.p50_ms <= told.p99_ms


async def test_a_list_counts_as_what_was_done_in_it() -> None:
    async with serving(Server(lambda n: 409 if n == 2 else 201)) as server:
        told = await told_by(server, operations=5, api_key="k")
    assert told.done > 0
    assert told.wrong == {"not 201 in a list": told.done // 4}
    assert set(server.ids.values()) == {1}
    assert server.keys == {"Bearer k"}


async def test_other_statuses_are_none_of_what_was_done() -> None:
    async with serving(Server(lambda n: 500 if n % 10 == 0 else 201)) as server:
        told = await told_by(server)
    assert told.wrong.keys() == {"500"}
    assert abs(told.wrong["500"] - server.calls // 10) <= 4
    with pytest.raises(WrongAnswers, match=r"× 500"):
        told.check()


async def test_a_repeat_is_not_taken_for_a_reserve() -> None:
    async with serving(Server(lambda _: 200)) as server:
        told = await told_by(server)
    assert told.done == 0
    assert told.wrong.keys() == {"200"}


async def test_what_falls_due_by_the_clock_is_sent_and_no_more() -> None:
    async with serving(Server()) as server:
        told = await told_by(server, per_second=100)
    assert 0 < told.done <= 100 * SECONDS
    assert server.calls <= 100 * SECONDS


async def test_what_the_warm_up_brought_is_not_counted() -> None:
    async with serving(Server()) as server:
        told = await told_by(server, per_second=100, warm_up_seconds=SECONDS)
    assert 0 < told.done <= 100 * SECONDS + 4
    assert told.done < server.calls


async def test_a_server_that_never_answers_is_told_from_a_slow_one() -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with serving(Server(), never) as server:
        told = await told_by(server)
    with pytest.raises(WrongAnswers, match="0 reserves were done, nothing else was answered"):
        told.check()


async def test_a_server_that_hangs_up_is_noticed() -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async with serving(Server(), hang_up) as server:
        told = await told_by(server)
    assert told.wrong == {LOST: 4}


async def test_it_runs_in_a_process_of_its_own() -> None:
    async with serving(Server()) as server:
        told = await drive(Job(port=server.port, name="t", seconds=1, connections=4))
        assert 0 < told.done <= server.calls
        assert told.per_second == told.done / told.seconds
        with pytest.raises(GeneratorFailed):
            await drive(Job(port=NOBODY, name="t", seconds=1, per_second=1))


async def test_the_server_that_does_nothing_answers_single_calls_and_lists() -> None:
    async with constant() as port:
        for operations in (1, 3):
            told = await drive(Job(port=port, name="t", seconds=1, connections=2, operations=operations))
            assert told.done > 0
            assert told.done % operations == 0


async def test_wrk_is_taken_where_it_is_at_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it is called with, by a program of its name that prints what the script prints."""
    wrk = tmp_path / "wrk"
    wrk.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/called\n'
        """printf 'Running 1s test\\n\\n{"seconds":2.0,"done":10,"wrong":{"not 201":0},"p50_ms":1.5,"p99_ms":2.5}\\n'"""
    )
    wrk.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    told = await drive(Job(port=NOBODY, name="t", seconds=0.5, operations=2))
    assert (told.per_second, told.p99_ms) == (5, 2.5)
    called = (tmp_path / "called").read_text()
    assert "--connections 64 --duration 1s" in called
    assert f"http://127.0.0.1:{NOBODY} -- /v1/batch - 2" in called


def test_where_a_message_ends() -> None:
    whole = b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc"
    assert [end_of(whole[:length]) for length in (10, len(whole) - 1, len(whole))] == [0, 0, len(whole)]
    assert end_of(b"HTTP/1.1 201 Created\r\ncontent-length:  0\r\n\r\n") > 0


def test_requests_are_what_they_say() -> None:
    for operations in (1, 2, 200):
        request = next(Job(port=1, name="t", seconds=1, operations=operations).requests())
        assert end_of(request) == len(request)
        assert answer_to(request).count(b'"status":201') == (0 if operations == 1 else operations)
