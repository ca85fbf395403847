"""Stock, movements, policy, warehouses."""

from typing import Any

import pytest

from inventory_service.domain.stock import UNSET, Threshold
from inventory_service.usecases.ports import StockFilter
from inventory_service.usecases.requests import MovementResult
from inventory_service.usecases.set_policy import PolicyWish
from inventory_service.web import examples
from tests.acceptance.malformed import NO_CODES, NO_IDS
from tests.web.fakes import UseCases, stock
from tests.web.running import Web

COUNTERS = {
    "on_hand": 10, "held": 1, "committed": 2, "unavailable": 0, "safety_stock": 1, "incoming": 5, "available": 6,
    "deficit": 0, "warn_below": 3, "preordered": 0, "arrivals": [],
    "in_transit": 0,
}  # fmt: skip
STOCK = {
    **COUNTERS, "sku": "A", "warehouses": [{**COUNTERS, "warehouse": "SHA", "kind": None}],
    "pool": {"warehouses": 10, "stores": 0, "in_transit": 0, "expected": 5}, "as_of": "2026-11-11T00:00:00.123Z",
}  # fmt: skip


def movement(**changes: Any) -> dict[str, Any]:
    fields = {"movement_id": "m", "type": "receive", "sku": "A", "warehouse": "SHA", "quantity": 1}
    return {name: value for name, value in (fields | changes).items() if value is not ...}


async def move(web: Web, *movements: Any) -> list[dict[str, Any]]:
    answer = await web.post("/v1/stock/movements", {"movements": list(movements)})
    assert answer.status == 200, answer
    results: list[dict[str, Any]] = answer.body["results"]
    assert len(results) == len(movements)
    return results


async def test_one(web: Web) -> None:
    assert (await web.get("/v1/stock/A")).body == STOCK


async def test_list(web: Web, cases: UseCases) -> None:
    answer = await web.get("/v1/stock?sku=A&sku=B&warehouse=SHA&available_below=10&limit=7")
    assert answer.body == {"data": [STOCK], "next_cursor": None}
    assert cases.asked == [("list", StockFilter(("A", "B"), "SHA", 10), 7, "")]
    await web.get("/v1/stock")
    assert cases.asked[1] == ("list", StockFilter(), 50, "")


@pytest.mark.parametrize(
    "query", ["available_below=-1", "available_below=x", "sku=a%20b", "sku=", "warehouse=%20", "skus=A"]
)
async def test_a_wrong_query(web: Web, query: str) -> None:
    answer = await web.get(f"/v1/stock?{query}")
    assert answer.body["code"] == "validation_failed"


async def test_events(web: Web, cases: UseCases) -> None:
    answer = await web.get("/v1/stock/A/events?warehouse=SHA&cursor=abc")
    (event,) = answer.body["data"]
    assert event == {
        "event_id": "evt_1", "type": "receive", "sku": "A", "warehouse": "SHA", "quantity": 3, "before": {"on_hand": 0},
        "after": {"on_hand": 3}, "reason": None, "reference": "PO-7", "reservation_id": None, "client": "root",
        "time": "2026-11-11T00:00:00.123Z",
    }  # fmt: skip
    assert cases.asked == [("events", "A", "SHA", 50, "abc")]


async def test_movements_reach_the_use_case_as_sent(web: Web, cases: UseCases) -> None:
    count = movement(
        movement_id="m2", type="count", quantity=0, expected_on_hand=-3, force=True, reason="r", reference="f"
    )
    results = await move(web, movement(), count)
    assert results == [
        {"movement_id": "m", "result": "applied", "stock": STOCK},
        {"movement_id": "m2", "result": "applied", "stock": STOCK},
    ]
    ((_, client, (first, second)),) = cases.asked
    assert client == "root"
    assert (first.expected_on_hand, first.force, first.content) == (None, False, movement())
    assert (second.expected_on_hand, second.force, second.reason, second.reference) == (-3, True, "r", "f")
    assert second.content == count


MALFORMED: dict[str, tuple[Any, str, str | None]] = {
    "number": (5, "", None),
    "null": (None, "", None),
    "unknown field": (movement(x=1), "/x", "m"),
    "no id": (movement(movement_id=...), "/movement_id", None),
    "no sku": (movement(sku=...), "/sku", "m"),
    "unknown type": (movement(type="steal"), "/type", "m"),
    "zero": (movement(quantity=0), "/quantity", "m"),
    "negative receive": (movement(quantity=-1), "/quantity", "m"),
    "adjust by zero": (movement(type="adjust", quantity=0), "/quantity", "m"),
    "negative count": (movement(type="count", quantity=-1), "/quantity", "m"),
    "over the limit": (movement(quantity=1_000_001), "/quantity", "m"),
    "under the limit": (movement(type="adjust", quantity=-1_000_001), "/quantity", "m"),
    "text": (movement(quantity="1"), "/quantity", "m"),
    "boolean": (movement(quantity=True), "/quantity", "m"),
    "whole float": (movement(quantity=1.0), "/quantity", "m"),
    "force is text": (movement(force="yes"), "/force", "m"),
    "date of a receive": (movement(expected_at="2026-11-20T00:00:00Z"), "/expected_at", "m"),
    "date without an offset": (movement(type="expect", expected_at="2026-11-20T00:00:00"), "/expected_at", "m"),
    "expectation of a receive": (movement(expected_on_hand=1), "/expected_on_hand", "m"),
    "long reason": (movement(reason="x" * 129), "/reason", "m"),
    "NUL": (movement(reason="\x00"), "/reason", "m"),
    "half a pair": (movement(reference="\udc00"), "/reference", "m"),
    **{f"sku {name}": (movement(sku=value), "/sku", "m") for name, value in NO_CODES.items()},
    **{f"warehouse {name}": (movement(warehouse=value), "/warehouse", "m") for name, value in NO_CODES.items()},
    **{f"id {name}": (movement(movement_id=value), "/movement_id", None) for name, value in NO_IDS.items()},
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_movement_is_rejected_in_its_place(web: Web, cases: UseCases, case: str) -> None:
    sent, pointer, movement_id = MALFORMED[case]
    before, result, after = await move(web, movement(movement_id="a"), sent, movement(movement_id="b"))
    assert (before["result"], after["result"]) == ("applied", "applied")
    assert result == {
        "movement_id": movement_id, "result": "rejected", "code": "validation_failed",
        "pointer": f"/movements/1{pointer}",
    }  # fmt: skip
    assert [each.movement_id for each in cases.asked[0][2]] == ["a", "b"]


async def test_nothing_but_malformed_movements(web: Web, cases: UseCases) -> None:
    assert [result["result"] for result in await move(web, {}, 1)] == ["rejected", "rejected"]
    assert not cases.asked


async def test_a_rejection_by_the_stock(web: Web, cases: UseCases) -> None:
    async def judged(_client: str, _movements: object) -> list[MovementResult]:
        return [
            MovementResult("m", "rejected", "unknown_warehouse", "/warehouse"),
            MovementResult("n", "duplicate", stock=stock()),
        ]

    object.__setattr__(cases, "move", judged)
    from tests.web.running import serving

    async with serving(cases) as other:
        results = await move(other, {}, movement(), movement(movement_id="n"))
    assert results[1] == {
        "movement_id": "m",
        "result": "rejected",
        "code": "unknown_warehouse",
        "pointer": "/movements/1/warehouse",
    }
    assert results[2] == {"movement_id": "n", "result": "duplicate", "stock": STOCK}


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        (
            examples.POLICY,
            PolicyWish(
                "", 5, 20, 40, [Threshold("", 10, UNSET, UNSET, UNSET, 60), Threshold("taobao", 5, 30, 2, 10, 40)]
            ),
        ),
        ({"safety_stock": 0, "warehouse": "SHA"}, PolicyWish("SHA", 0, thresholds=[])),
        ({"warn_below": 7}, PolicyWish(warn_below=7, thresholds=[])),
        ({"preorder_limit": None}, PolicyWish(preorder_limit=UNSET, thresholds=[])),
        ({"pause_below": 0}, PolicyWish(thresholds=[Threshold("", UNSET, UNSET, UNSET, 0, UNSET)])),
        ({"total_warn_below": 0}, PolicyWish(thresholds=[Threshold("", UNSET, UNSET, UNSET, UNSET, 0)])),
        (
            {"channels": {"tb": {"warn_below": 3}}},
            PolicyWish(thresholds=[Threshold("tb", UNSET, UNSET, UNSET, UNSET, 3)]),
        ),
        ({}, PolicyWish(thresholds=[])),
    ],
)
async def test_policy(web: Web, cases: UseCases, body: dict[str, Any], arguments: PolicyWish) -> None:
    assert (await web.call("PUT", "/v1/stock/A/policy", body)).body == STOCK
    assert cases.asked == [("policy", "root", "A", arguments)]


async def test_the_policy_and_the_terms_of_a_channel(web: Web) -> None:
    policy = (await web.get("/v1/stock/A/policy")).body
    assert (policy["safety_stock"], policy["preorder_limit"]) == (5, None)
    assert policy["channels"]["taobao"]["safety_stock"] == 3
    assert (policy["warn_below"], policy["total_warn_below"], policy["channels"]["taobao"]["warn_below"]) == (20, 50, 9)
    terms = {"channel": "taobao", "available": 4, "paused": False, "limit_quantity": 2}
    assert (await web.get("/v1/stock/A?channel=taobao")).body == {**STOCK, "terms": terms}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"safety_stock": -1}, "/safety_stock"),
        ({"safety_stock": None}, "/safety_stock"),
        ({"warn_below": "1"}, "/warn_below"),
        ({"warehouse": ""}, "/warehouse"),
        ({"safety": 1}, "/safety"),
        ({"limit_quantity": -1}, "/limit_quantity"),
        ({"preorder_limit": -1}, "/preorder_limit"),
        ({"channels": {"tao/bao": {"pause_below": -1}}}, "/channels/tao~1bao/pause_below"),
        ({"channels": {"taobao": {"pause": 1}}}, "/channels/taobao/pause"),
        ({"total_warn_below": 1_000_001}, "/total_warn_below"),
        ({"channels": {"tb": {"warn_below": None}}}, "/channels/tb/warn_below"),
        ({"channels": {"": {}}}, "/channels"),
    ],
)
async def test_a_wrong_policy(web: Web, body: dict[str, Any], pointer: str) -> None:
    (await web.call("PUT", "/v1/stock/A/policy", body)).problem("validation_failed", pointer)
