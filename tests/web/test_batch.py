"""POST /v1/batch: order, independence, and the bodies of the single calls."""

from typing import Any

import pytest

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.usecases.requests import ReservationResult
from tests.web.fakes import UseCases, record
from tests.web.running import Web

LINES = [{"sku": "A", "quantity": 1}]


def reserve(reservation_id: str = "r") -> dict[str, Any]:
    return {"op": "reserve", "reservation_id": reservation_id, "lines": LINES}


async def batch(web: Web, *operations: Any) -> list[dict[str, Any]]:
    answer = await web.post("/v1/batch", {"operations": list(operations)})
    assert answer.status == 200, answer
    results: list[dict[str, Any]] = answer.body["results"]
    assert len(results) == len(operations)
    return results


async def test_all_are_queued_in_order_and_told_in_order(web: Web, cases: UseCases) -> None:
    results = await batch(
        web,
        reserve("a"),
        {"op": "confirm", "reservation_id": "a"},
        {"op": "extend", "reservation_id": "b", "ttl_seconds": 5},
        {"op": "release", "reservation_id": "a", "lines": LINES, "release_id": "x"},
        reserve("c"),
    )
    assert [asked[0] for asked in cases.asked] == ["reserve", "confirm", "extend", "release", "reserve"]
    assert [result["status"] for result in results] == [201, 200, 200, 200, 201]
    assert [result["body"]["reservation_id"] for result in results] == ["a", "a", "b", "a", "c"]


async def test_bodies_are_those_of_the_single_calls(web: Web) -> None:
    held, confirmed = await batch(web, reserve(), {"op": "confirm", "reservation_id": "r"})
    assert held["body"] == (await web.post("/v1/reservations", {"reservation_id": "r", "lines": LINES})).body
    assert confirmed["body"] == (await web.post("/v1/reservations/r/confirm")).body


async def test_the_content_is_that_of_the_single_call(web: Web, cases: UseCases) -> None:
    """Repeating in a batch what was sent alone is no mismatch: `op` is dropped by the use case."""
    await batch(web, reserve())
    await web.post("/v1/reservations", {"reservation_id": "r", "lines": LINES})
    in_batch, alone = (asked[1].content for asked in cases.asked)
    assert {name: value for name, value in in_batch.items() if name != "op"} == alone


async def test_a_replay_says_so(web: Web, cases: UseCases) -> None:
    cases.answer = lambda _, reservation_id: ReservationResult("replayed", reservation_id, record())
    (result,) = await batch(web, reserve())
    assert (result["status"], result["idempotent_replayed"]) == (200, True)


MALFORMED: dict[str, tuple[Any, str, str]] = {
    "number": (5, "validation_failed", ""),
    "null": (None, "validation_failed", ""),
    "list": ([], "validation_failed", ""),
    "no op": ({"reservation_id": "x"}, "validation_failed", "/op"),
    "unknown op": ({"op": "steal"}, "validation_failed", "/op"),
    "op is a number": ({"op": 1}, "validation_failed", "/op"),
    "no lines": ({"op": "reserve", "reservation_id": "x"}, "validation_failed", "/lines"),
    "no id": ({"op": "reserve", "lines": LINES}, "idempotency_key_required", ""),
    "unknown field": ({"op": "confirm", "reservation_id": "x", "y": 1}, "validation_failed", "/y"),
    "confirm without id": ({"op": "confirm"}, "validation_failed", "/reservation_id"),
    "bad quantity": ({**reserve(), "lines": [{"sku": "A", "quantity": 0}]}, "validation_failed", "/lines/0/quantity"),
    "NUL": ({**reserve(), "channel": "\x00"}, "validation_failed", "/channel"),
    "half a pair": ({**reserve(), "channel": "\ud800"}, "validation_failed", "/channel"),
    "much metadata": ({**reserve(), "metadata": dict.fromkeys("abc", "x" * 900)}, "validation_failed", "/metadata"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_one_leaves_its_neighbours_alone(web: Web, cases: UseCases, case: str) -> None:
    operation, code, pointer = MALFORMED[case]
    before, result, after = await batch(web, reserve("a"), operation, reserve("b"))
    assert (before["status"], after["status"]) == (201, 201)
    body = result["body"]
    assert (body["code"], body["status"], body.get("pointer", "")) == (code, result["status"], pointer)
    assert [asked[1].reservation_id for asked in cases.asked] == ["a", "b"]


@pytest.mark.parametrize("error", [Refused("not_held", "No."), NotReady("Away."), RuntimeError("fault")])
async def test_one_that_fails_answers_for_itself(web: Web, cases: UseCases, error: Exception) -> None:
    def answer(verb: str, reservation_id: str) -> ReservationResult:
        if verb == "extend":
            raise error
        return ReservationResult("held", reservation_id, record())

    cases.answer = answer
    statuses = [
        result["status"]
        for result in await batch(web, reserve(), {"op": "extend", "reservation_id": "r", "ttl_seconds": 1}, reserve())
    ]
    assert statuses[0] == statuses[2] == 201
    assert statuses[1] in {409, 503, 500}


async def test_a_thousand(web: Web, cases: UseCases) -> None:
    results = await batch(web, *(reserve(f"r{number}") for number in range(1000)))
    assert [result["body"]["reservation_id"] for result in results] == [f"r{number}" for number in range(1000)]
    (await web.post("/v1/batch", {"operations": [reserve()] * 1001})).problem("validation_failed", "/operations")
    assert len(cases.asked) == 1000
