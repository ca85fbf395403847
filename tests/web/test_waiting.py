"""Callers who wait for news: answered when it comes, in nobody's way, not too many, and let go at the process's end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from inventory_service.telemetry.context import Request
from inventory_service.usecases.orders.ports import OutboundEntry
from inventory_service.web import waiting
from inventory_service.web.admission import Admission
from inventory_service.web.answers import json_answer
from inventory_service.web.app import create_app
from inventory_service.web.endpoint import ENDPOINTS
from inventory_service.web.services import PROCESS, Services
from tests.acceptance.waiting import eventually
from tests.web.fake_orders import told
from tests.web.fakes import UseCases
from tests.web.running import Answer, Web, serving

PATH = "/v1/wms/outbound-orders?wait_seconds=30"
LONG_BEFORE_30_SECONDS = 10


class Waiting(UseCases):
    """The feed says nothing until its event is set."""

    def __init__(self) -> None:
        super().__init__()
        self.news: list[asyncio.Event] = []

    def services(self) -> Services:
        services = super().services()
        cast(Any, services.orders).feed = SimpleNamespace(following=self._following)
        return services

    async def _following(self, *asked: Any) -> Sequence[OutboundEntry]:
        wait: Callable[[asyncio.Event], Awaitable[bool]] = asked[-1]
        self.news.append(asyncio.Event())
        return [told("ship", 7)] if await wait(self.news[-1]) else []


async def waits(web: Web, cases: Waiting, callers: int = 1) -> list["asyncio.Task[Answer]"]:
    tasks = [asyncio.create_task(web.get(PATH)) for _ in range(callers)]

    async def all_wait() -> bool:
        return len(web.server._process.waiting._waiting) == callers

    await eventually(all_wait, "they wait")
    return tasks


async def test_it_is_answered_when_there_is_news() -> None:
    cases = Waiting()
    async with serving(cases) as web:
        (task,) = await waits(web, cases)
        cases.news[0].set()
        async with asyncio.timeout(LONG_BEFORE_30_SECONDS):
            answer = await task
        assert [each["position"] for each in answer.body["data"]] == [7]


async def test_without_news_the_page_is_empty_when_the_time_is_up() -> None:
    async with serving(Waiting()) as web:
        answer = await web.get(PATH.replace("30", "1"))
        assert (answer.status, answer.body) == (200, {"data": [], "next_cursor": "0"})


async def test_who_waits_takes_nobodys_place() -> None:
    cases = Waiting()
    async with serving(cases) as web:
        tasks = await waits(web, cases, 3)
        assert web.server._process.admission.calls == 0
        for news in cases.news:
            news.set()
        await asyncio.gather(*tasks)
        assert web.server._process.admission.calls == 0


async def test_too_many_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "WAITING_MAX", 2)
    cases = Waiting()
    async with serving(cases) as web:
        tasks = await waits(web, cases, 2)
        (await web.get(PATH)).problem("overloaded")
        cases.news[0].set()
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        assert (await web.get(PATH.replace("30", "1"))).status == 200  # there is a place again
        cases.news[1].set()
        assert {answer.status for answer in await asyncio.gather(*tasks)} == {200}


@pytest.mark.parametrize("target", [PATH, f"{PATH}&warehouse=%41"], ids=["whole", "by way of aiohttp"])
async def test_at_the_end_they_are_let_go_at_once(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.web.test_waiting.PATH", target)
    cases = Waiting()
    async with serving(cases) as web:
        (task,) = await waits(web, cases)
        draining = asyncio.create_task(web.server.drain())
        async with asyncio.timeout(LONG_BEFORE_30_SECONDS):
            answer = await task
            await draining
        assert (answer.status, answer.body["data"], answer.headers["Connection"]) == (200, [], "close")


async def test_a_wait_is_no_slow_answer() -> None:
    """Else the bounds of what is let in would shrink while nothing is to be done."""

    class Noting(Admission):
        seconds = -1.0

        def answered(self, seconds: float) -> None:
            self.seconds = seconds

    admission = Noting()
    app = create_app(UseCases().services(), admission=admission)
    endpoint = next(each for each in app[ENDPOINTS] if each.route.waits_seconds)
    request = Request("req_1")
    request.waited_seconds = 29.75
    endpoint.answered(json_answer({}), request, "GET", 30.0)
    assert admission.seconds == 0.25
    assert app[PROCESS].admission is admission
    assert endpoint.answer_seconds > endpoint.route.waits_seconds
