"""Which requests have a line, and whose it is."""

import asyncio
import logging
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from inventory_service.domain.errors import OutcomeUnknown
from inventory_service.telemetry import requests
from inventory_service.telemetry.logs import add_ids
from inventory_service.web.endpoint import Bounds
from tests.web.fakes import UseCases
from tests.web.running import serving

Lines = list[MutableMapping[str, Any]]
RESERVE = {"reservation_id": "r-1", "lines": [{"sku": "A", "quantity": 1}]}


@pytest.fixture
def lines() -> Iterator[Lines]:
    with capture_logs(processors=[add_ids]) as lines:
        yield lines


def answered(lines: Lines) -> MutableMapping[str, Any]:
    (line,) = [line for line in lines if line["event"] == "request.answered"]
    return line


async def test_an_ordinary_request_has_none(lines: Lines) -> None:
    async with serving() as web:
        assert (await web.post("/v1/reservations", RESERVE)).status == 201
        (await web.post("/v1/reservations", {"lines": []})).problem("validation_failed", "/lines")
    assert [line for line in lines if line["event"].startswith("request.")] == []


async def test_each_has_one_at_level_debug(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "_debugging", lambda level: level >= logging.DEBUG)
    async with serving() as web:
        await web.post("/v1/reservations", RESERVE, headers={"X-Request-Id": "req-7"})
    line = answered(lines)
    assert line["log_level"] == "debug"
    assert (line["route"], line["method"], line["status"], line["code"]) == ("/v1/reservations", "POST", 201, "")
    assert (line["request_id"], line["client"], line["reservation_id"]) == ("req-7", "root", "r-1")
    assert line["duration_ms"] >= 0


async def test_a_slow_one_has_one(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "SLOW_SECONDS", 0.0)
    async with serving() as web:
        await web.post("/v1/reservations/r-2/confirm", {})
    line = answered(lines)
    assert (line["log_level"], line["status"], line["reservation_id"]) == ("info", 200, "r-2")
    assert line["route"] == "/v1/reservations/{reservation_id}/confirm"


async def test_a_5xx_has_one(lines: Lines) -> None:
    async with serving(UseCases(error=OutcomeUnknown("lost"))) as web:
        answer = await web.post("/v1/reservations", RESERVE)
        request_id = answer.problem("outcome_unknown")["request_id"]
    line = answered(lines)
    assert (line["log_level"], line["status"], line["code"]) == ("warning", 503, "outcome_unknown")
    assert (line["request_id"], line["client"], line["reservation_id"]) == (request_id, "root", "r-1")


async def test_a_late_one_has_one_when_it_is_answered_and_one_when_it_ends(lines: Lines) -> None:
    cases = UseCases(gate=asyncio.Event())
    async with serving(cases, Bounds(answer=0.05)) as web:
        answer = await web.post("/v1/reservations", RESERVE, headers={"X-Request-Id": "req-late"})
        answer.problem("outcome_unknown")
        # Another call on the same connection: what ends behind it is still told as the first one's.
        assert (await web.get("/livez")).status == 200
        assert cases.gate is not None
        cases.gate.set()
    first, last = [line for line in lines if line["event"].startswith("request.")]
    assert (first["event"], first["code"]) == ("request.answered", "outcome_unknown")
    assert (last["event"], last["outcome"], last["route"]) == ("request.late", "done", "/v1/reservations")
    for line in (first, last):
        assert (line["request_id"], line["client"], line["reservation_id"]) == ("req-late", "root", "r-1")


async def test_a_connection_forgets_its_earlier_request(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "SLOW_SECONDS", -1.0)
    async with serving() as web:
        await web.post("/v1/reservations", RESERVE)
        (await web.get("/nowhere")).problem("not_found")
        (await web.get("/v1/stock/A", key=None)).problem("unauthenticated")
    known, nowhere, stranger = [line for line in lines if line["event"] == "request.answered"]
    assert known["client"] == "root"
    assert {"client", "reservation_id"}.isdisjoint(stranger)
    assert {"client", "reservation_id"}.isdisjoint(nowhere)
    assert len({line["request_id"] for line in (known, stranger, nowhere)}) == 3


async def test_lines_of_libraries_and_tasks_are_the_requests_too(lines: Lines) -> None:
    class Telling(UseCases):
        async def _run(self, result: Any) -> Any:
            async def apart() -> None:
                structlog.get_logger().info("task.ran")

            await asyncio.create_task(apart())
            return await super()._run(result)

    async with serving(Telling()) as web:
        await web.post("/v1/reservations", RESERVE, headers={"X-Request-Id": "req-task"})
    (line,) = [line for line in lines if line["event"] == "task.ran"]
    assert (line["request_id"], line["reservation_id"]) == ("req-task", "r-1")
