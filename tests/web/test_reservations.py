"""Reservation calls: what reaches the use case, and how its result looks."""

import json
from typing import Any

import pytest

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.errors import (
    InsufficientStock,
    NotReady,
    OutcomeUnknown,
    Overloaded,
    RateLimited,
    Refused,
)
from inventory_service.domain.ids import reservation_id_from_key
from inventory_service.domain.outcomes import Shortage
from inventory_service.domain.reservation import Allocation, Line
from inventory_service.usecases.ports import ReservationFilter
from inventory_service.usecases.requests import AllocationWish, Destination, ReservationResult
from inventory_service.web import examples
from tests.acceptance.malformed import NO_BOOLEANS, NO_CODES, NO_IDS, NO_QUANTITIES, NO_TEXTS
from tests.web.fakes import UseCases, record
from tests.web.running import Web

RESERVE = {"reservation_id": "r", "lines": [{"sku": "A", "quantity": 1}]}


async def test_a_full_order(web: Web, cases: UseCases) -> None:
    answer = await web.post("/v1/reservations", examples.RESERVE)
    assert answer.status == 201
    ((_, request),) = cases.asked
    assert request.reservation_id == "order-1001"
    assert request.client == "root"
    assert request.lines == [LineRequest("TEE-RED-M", 2)]
    assert (request.ttl_seconds, request.allow_partial) == (900, False)
    assert (request.channel, request.order_ref, request.customer_id) == ("storefront", "1001", "c-77")
    assert request.ship_to == Destination("CN", "310000", "上海市", "上海市", 31.23, 121.47)
    assert request.allocation == AllocationWish("nearest", ("SHA", "PEK"), 2)
    assert request.metadata == {"cart": "9f3"}


async def test_content_is_what_was_sent(web: Web, cases: UseCases) -> None:
    await web.post("/v1/reservations", RESERVE)
    assert cases.asked[0][1].content == RESERVE
    assert cases.asked[0][1].ttl_seconds == 900


async def test_the_reservation_in_the_answer(web: Web) -> None:
    answer = await web.post("/v1/reservations", RESERVE)
    assert answer.body == {
        "reservation_id": "r",
        "status": "held",
        "created_at": "2026-11-11T00:00:00.123Z",
        "expires_at": "2026-11-11T00:15:00.123Z",
        "lines": [
            {
                "sku": "A",
                "quantity": 2,
                "shipped": 0,
                "released": 0,
                "allocations": [{"warehouse": "SHA", "quantity": 2, "shipped": 0}],
            }
        ],
        "channel": "web",
        "order_ref": None,
        "customer_id": None,
        "metadata": {"cart": "9f3"},
    }


async def test_a_short_line_says_what_was_asked(web: Web, cases: UseCases) -> None:
    lines = [Line("A", 3, 2, 0, [Allocation("SHA", 2, 0)]), Line("B", 1, 1, 0, [Allocation("SHA", 1, 0)])]
    cases.answer = lambda _, reservation_id: ReservationResult("held", reservation_id, record(lines=lines))
    body = (await web.post("/v1/reservations", RESERVE)).body
    assert [(line["requested"], line["quantity"]) for line in body["lines"]] == [(3, 2), (1, 1)]


async def test_a_repeat(web: Web, cases: UseCases) -> None:
    cases.answer = lambda _, reservation_id: ReservationResult("replayed", reservation_id, record("expired"))
    for path, body in (("/v1/reservations", RESERVE), ("/v1/reservations/r/confirm", None)):
        answer = await web.post(path, body)
        assert (answer.status, answer.headers["Idempotent-Replayed"]) == (200, "true")
        assert answer.body["status"] == "expired"


@pytest.mark.parametrize("key", ["k-1", '"k-1"'])
async def test_the_key_makes_the_id(web: Web, key: str) -> None:
    body = {"lines": RESERVE["lines"]}
    answer = await web.post("/v1/reservations", body, headers={"Idempotency-Key": key})
    assert answer.body["reservation_id"] == reservation_id_from_key("root", "k-1")


async def test_the_bodys_id_wins_over_the_key(web: Web) -> None:
    answer = await web.post("/v1/reservations", RESERVE, headers={"Idempotency-Key": "k-1"})
    assert answer.body["reservation_id"] == "r"


@pytest.mark.parametrize("key", [None, "", " ", '""'])
async def test_neither_id_nor_key(web: Web, cases: UseCases, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    (await web.post("/v1/reservations", {"lines": RESERVE["lines"]}, headers=headers)).problem(
        "idempotency_key_required"
    )
    assert not cases.asked


@pytest.mark.parametrize("key", ["a b", "é", "x" * 65, '"', '"a', "a/b"])
async def test_a_key_that_is_none(web: Web, key: str) -> None:
    (await web.post("/v1/reservations", RESERVE, headers={"Idempotency-Key": key})).problem("validation_failed")


def cases_of(pointer: str, values: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    return {f"{pointer} {name}": (pointer, value) for name, value in values.items()}


WRONG = {
    **cases_of("/lines/0/quantity", NO_QUANTITIES),
    **cases_of("/lines/0/sku", NO_CODES),
    **cases_of("/reservation_id", {**NO_IDS, "null": None}),
    **cases_of("/ttl_seconds", {"0": 0, "86,401": 86_401, "float": 1.5, "text": "9", "boolean": True, "null": None}),
    **cases_of("/channel", {**NO_TEXTS, "line end": "a\n", "null": None}),
    **cases_of("/order_ref", NO_TEXTS),
    **cases_of("/customer_id", NO_TEXTS),
    **cases_of("/allow_partial", NO_BOOLEANS),
    **cases_of("/metadata", {"21 keys": {f"k{n}": 1 for n in range(21)}, "long": dict.fromkeys("abc", "v" * 700)}),
    **cases_of("/metadata", {"list": {"a": []}, "object": {"a": {}}, "empty key": {"": 1}}),
    **cases_of("/metadata", {"huge": {"a": 2**53}, "no object": 1}),
    **cases_of("/ship_to/lat", {"90.1": 90.1, "-90.1": -90.1, "text": "1", "huge": 1e300, "boolean": True}),
    **cases_of("/ship_to/x", {"unknown": 1}),
    **cases_of("/allocation/strategy", {"unknown": "fast", "empty": ""}),
    **cases_of("/allocation/excluded", {"text": "SHA", "null": None}),
    **cases_of("/allocation/excluded/0", {"number": 1, "space": "A B"}),
    **cases_of("/allocation/warehouses", {"empty": [], "text": "SHA"}),
    **cases_of("/allocation/warehouses/0", {"blank": " "}),
    **cases_of("/allocation/max_splits", {"0": 0, "text": "2"}),
    **cases_of("/lines", {"none": [], "51": [{"sku": "A", "quantity": 1}] * 51, "null": None}),
    **cases_of("/a~1b", {"unknown": 1}),
    **cases_of("/m~0n", {"unknown": 1}),
}  # fmt: skip


def with_value(pointer: str, value: Any) -> dict[str, Any]:
    """RESERVE with the value at `pointer`."""
    body: dict[str, Any] = json.loads(json.dumps(RESERVE))
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    node: Any = body
    for position, step in enumerate(path):
        following = [*path, last][position + 1]
        node = node[int(step)] if isinstance(node, list) else node.setdefault(step, [None] if following == "0" else {})
    node[int(last) if isinstance(node, list) else last] = value
    return body


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_value(web: Web, cases: UseCases, case: str) -> None:
    pointer, value = WRONG[case]
    (await web.post("/v1/reservations", with_value(pointer, value))).problem("validation_failed", pointer)
    assert not cases.asked


async def test_a_missing_field(web: Web) -> None:
    (await web.post("/v1/reservations", {"reservation_id": "r"})).problem("validation_failed", "/lines")
    lines = {"lines": [{"sku": "A", "quantity": 1}, {"quantity": 1}]}
    (await web.post("/v1/reservations", lines)).problem("validation_failed", "/lines/1/sku")


async def test_an_unknown_field_of_absurd_length(web: Web) -> None:
    body = (await web.post("/v1/reservations", {"x" * 20_000: 1})).problem("validation_failed")
    assert len(body["detail"]) <= 500


@pytest.mark.parametrize("metadata", [{}, {"a": "", "b": 1, "c": 1.5, "d": True, "e": None, "键": "值"}])
async def test_metadata_is_any_scalar(web: Web, cases: UseCases, metadata: dict[str, Any]) -> None:
    assert (await web.post("/v1/reservations", {**RESERVE, "metadata": metadata})).status == 201
    assert cases.asked[0][1].metadata == metadata


async def test_confirm(web: Web, cases: UseCases) -> None:
    answer = await web.post("/v1/reservations/r/confirm", {"reacquire": True})
    assert answer.status == 200
    assert (answer.body["status"], answer.body["outcome"], answer.body["expires_at"]) == (
        "confirmed",
        "confirmed",
        None,
    )
    assert answer.body["confirmed_at"] == "2026-11-11T00:00:01.123Z"
    assert cases.asked[0][:4] == ("confirm", "r", "root", True)


async def test_release(web: Web, cases: UseCases) -> None:
    await web.post("/v1/reservations/r/release", examples.RELEASE_PART)
    assert cases.asked[0][:5] == ("release", "r", "root", [LineRequest("TEE-RED-M", 1)], "order-1001-part-1")
    await web.post("/v1/reservations/r/release")
    assert cases.asked[1][:5] == ("release", "r", "root", [], "")


async def test_extend(web: Web, cases: UseCases) -> None:
    answer = await web.post("/v1/reservations/r/extend", {"ttl_seconds": 60})
    assert answer.body["outcome"] == "extended"
    assert cases.asked[0][:5] == ("extend", "r", "root", 60, False)
    (await web.post("/v1/reservations/r/extend", {})).problem("validation_failed", "/ttl_seconds")


@pytest.mark.parametrize("verb", ["confirm", "release", "extend"])
async def test_a_key_names_the_operation(web: Web, cases: UseCases, verb: str) -> None:
    """The same for a repeat, another one for other content, a fresh one without a key."""
    body = {"ttl_seconds": 60} if verb == "extend" else {}
    for key, sent in (("k", body), ("k", body), ("other", body), (None, body), (None, body)):
        await web.post(f"/v1/reservations/r/{verb}", sent, headers={} if key is None else {"Idempotency-Key": key})
    first, repeat, other, fresh, fresher = [asked[-1] for asked in cases.asked]
    assert first == repeat
    assert len({first, other, fresh, fresher}) == 4


async def test_read_and_list(web: Web, cases: UseCases) -> None:
    assert (await web.get("/v1/reservations/r9")).body["reservation_id"] == "r9"
    answer = await web.get(
        "/v1/reservations?sku=A&warehouse=SHA&status=held&order_ref=7&customer_id=c&limit=3&cursor=a.b"
    )
    assert answer.body["next_cursor"] == "next.1"
    assert [each["reservation_id"] for each in answer.body["data"]] == ["r1"]
    assert cases.asked[1] == ("list", ReservationFilter("A", "SHA", "held", "7", "c"), 3, "a.b")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"), ("limit=201", "/limit"), ("limit=x", "/limit"), ("limit=", "/limit"),
        ("limit=1.0", "/limit"),
        ("limit=1e1", "/limit"), ("limit=%2B5", "/limit"), ("limit=9999999999999999999999", "/limit"),
        ("limit=5&limit=6", "/limit"), ("cursor=", "/cursor"), ("cursor=a%20b", "/cursor"),
        ("cursor=" + "x" * 513, "/cursor"),
        ("statuss=held", "/statuss"), ("status=gone", "/status"), ("sku=a%20b", "/sku"), ("sku=A&sku=B", "/sku"),
        ("sku=%00", "/sku"), ("order_ref=%00", "/order_ref"), ("order_ref=" + "x" * 129, "/order_ref"), ("=1", "/"),
    ],
)  # fmt: skip
async def test_a_wrong_query(web: Web, cases: UseCases, query: str, pointer: str) -> None:
    (await web.get(f"/v1/reservations?{query}")).problem("validation_failed", pointer)
    assert not cases.asked


REFUSALS = [
    "not_found", "unknown_sku", "unknown_warehouse", "idempotency_mismatch", "reservation_expired",
    "reservation_released", "reservation_shipped", "not_held", "validation_failed", "rate_limited",
]  # fmt: skip


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_refusal(web: Web, cases: UseCases, code: str) -> None:
    cases.error = Refused(code, "Because.", "/lines/0")
    body = (await web.post("/v1/reservations", RESERVE)).problem(code, "/lines/0")
    assert body["detail"] == "Because."
    assert body["retryable"] is (code == "rate_limited")


async def test_a_shortage_names_every_line(web: Web, cases: UseCases) -> None:
    cases.error = InsufficientStock([Shortage("A", 5, 2, "not_enough"), Shortage("B", 1, 0, "max_splits")])
    body = (await web.post("/v1/reservations", RESERVE)).problem("insufficient_stock")
    assert body["shortages"] == [
        {"sku": "A", "requested": 5, "available": 2, "reason": "not_enough"},
        {"sku": "B", "requested": 1, "available": 0, "reason": "max_splits"},
    ]


@pytest.mark.parametrize(
    ("error", "code", "retry_after"),
    [
        (NotReady("Gate closed.", 1500), "not_ready", "2"),
        (Overloaded("Queue full.", 500), "overloaded", "1"),
        (RateLimited(19_001), "rate_limited", "20"),
        (OutcomeUnknown(), "outcome_unknown", "1"),
    ],
)
async def test_trouble_with_the_store(web: Web, cases: UseCases, error: Exception, code: str, retry_after: str) -> None:
    cases.error = error
    answer = await web.post("/v1/reservations", RESERVE)
    body = answer.problem(code)
    assert body["retryable"] is True
    assert body["retry_after_ms"] > 0
    assert answer.headers["Retry-After"] == retry_after


async def test_a_fault_tells_nothing_of_itself(web: Web, cases: UseCases, capsys: pytest.CaptureFixture[str]) -> None:
    cases.error = RuntimeError("secret-detail")
    answer = await web.post("/v1/reservations", RESERVE)
    body = answer.problem("internal")
    assert b"secret-detail" not in answer.raw
    logged = capsys.readouterr().out
    assert body["request_id"] in logged
    assert "Traceback" in logged
    assert "secret-detail" in logged
