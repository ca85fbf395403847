"""POST /v1/batch: many operations in order, each judged on its own."""

from typing import Any

import pytest

from tests.acceptance.client import check_problem
from tests.acceptance.shop import Shop

Results = list[dict[str, Any]]


async def batch(shop: Shop, operations: list[Any]) -> Results:
    results: Results = (await shop.api.post("/v1/batch", {"operations": operations})).ok()["results"]
    assert len(results) == len(operations)
    for result in results:
        if result["status"] >= 400:
            check_problem(result["body"], result["status"])
    return results


def reserve(shop: Shop, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    return {"op": "reserve", **shop.order(quantity, **fields)}


async def test_a_life_in_one_batch(shop: Shop) -> None:
    await shop.stocked(9)
    operation = reserve(shop, 3)
    target = {"reservation_id": operation["reservation_id"]}
    part = {"lines": [{"sku": shop.sku(), "quantity": 1}], "release_id": shop.id()}
    results = await batch(
        shop,
        [
            operation,
            {"op": "extend", **target, "ttl_seconds": 60},
            {"op": "confirm", **target},
            {"op": "confirm", **target},
            {"op": "release", **target, **part},
            {"op": "release", **target, **part},
            {"op": "release", **target},
            operation,
        ],
    )
    assert [(result["status"], result["body"]["status"]) for result in results] == [
        (201, "held"), (200, "held"), (200, "confirmed"), (200, "confirmed"), (200, "confirmed"), (200, "confirmed"),
        (200, "released"), (200, "released"),
    ]  # fmt: skip
    assert results[4]["body"]["lines"] == results[5]["body"]["lines"]
    assert await shop.counters() == (9, 0, 0, 0, 0)


async def test_an_answer_has_the_body_of_the_single_call(shop: Shop) -> None:
    await shop.stocked(9)
    operation = reserve(shop, 2)
    (result,) = await batch(shop, [operation])
    assert result["body"] == {**await shop.reservation(operation["reservation_id"]), "durability": "disk"}


async def test_the_same_id_twice(shop: Shop) -> None:
    await shop.stocked(9)
    operation = reserve(shop, 2)
    other = {**operation, "lines": [{"sku": shop.sku(), "quantity": 3}]}
    results = await batch(shop, [operation, operation, other])
    assert [result["status"] for result in results] == [201, 200, 422]
    assert results[2]["body"]["code"] == "idempotency_mismatch"
    assert (await shop.level())["held"] == 2


async def test_a_later_operation_sees_what_an_earlier_one_did(shop: Shop) -> None:
    await shop.stocked(2)
    first, second, third = (reserve(shop, 2) for _ in range(3))
    release = {"op": "release", "reservation_id": first["reservation_id"]}
    results = await batch(shop, [first, second, release, third])
    assert [result["status"] for result in results] == [201, 409, 200, 201]
    assert results[1]["body"]["shortages"][0]["available"] == 0


MALFORMED: dict[str, tuple[Any, int, str]] = {
    "no object": (5, 422, "validation_failed"),
    "null": (None, 422, "validation_failed"),
    "no op": ({"reservation_id": "x"}, 422, "validation_failed"),
    "unknown op": ({"op": "steal", "reservation_id": "x"}, 422, "validation_failed"),
    "op is a number": ({"op": 1}, 422, "validation_failed"),
    "reserve without lines": ({"op": "reserve", "reservation_id": "x"}, 422, "validation_failed"),
    "reserve without an id": (
        {"op": "reserve", "lines": [{"sku": "A", "quantity": 1}]}, 400, "idempotency_key_required",
    ),
    "unknown field": ({"op": "confirm", "reservation_id": "x", "force": True}, 422, "validation_failed"),
    "confirm without an id": ({"op": "confirm"}, 422, "validation_failed"),
    "bad id": ({"op": "confirm", "reservation_id": "a b"}, 422, "validation_failed"),
    "extend without seconds": ({"op": "extend", "reservation_id": "x"}, 422, "validation_failed"),
    "bad quantity": (
        {"op": "reserve", "reservation_id": "x", "lines": [{"sku": "A", "quantity": "1"}]}, 422, "validation_failed",
    ),
    "unknown reservation": ({"op": "confirm", "reservation_id": "nobody-knows"}, 404, "not_found"),
    "unknown sku": (
        {"op": "reserve", "reservation_id": "x", "lines": [{"sku": "nobody-sells", "quantity": 1}]}, 404, "unknown_sku",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_bad_operation_fails_alone(shop: Shop, case: str) -> None:
    operation, status, code = MALFORMED[case]
    await shop.stocked(9)
    results = await batch(shop, [reserve(shop), operation, reserve(shop)])
    assert [result["status"] for result in results] == [201, status, 201]
    assert results[1]["body"]["code"] == code
    assert (await shop.level())["held"] == 2


async def test_the_pointer_of_a_bad_operation_leads_to_the_value(shop: Shop) -> None:
    await shop.stocked(9)
    bad = {**reserve(shop), "lines": [{"sku": shop.sku(), "quantity": 0}]}
    results = await batch(shop, [reserve(shop), bad])
    assert results[1]["body"]["pointer"].endswith("/lines/0/quantity")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"operations": []}, "/operations"),
        ({"operations": {}}, "/operations"),
        ({"operations": None}, "/operations"),
        ({"operations": [{"op": "confirm", "reservation_id": "x"}] * 1001}, "/operations"),
        ({"operations": [{"op": "confirm", "reservation_id": "x"}], "atomic": True}, "/atomic"),
        ([], ""),
    ],
    ids=["none", "object", "null", "1001", "unknown field", "list"],
)
async def test_a_bad_envelope_is_refused_whole(shop: Shop, body: Any, pointer: str) -> None:
    (await shop.api.post("/v1/batch", body)).problem(422, "validation_failed", pointer)


async def test_a_thousand_operations_keep_their_order(shop: Shop) -> None:
    """More than one kernel batch: what is there for 300 goes to the first 300."""
    await shop.stocked(300)
    operations = [reserve(shop) for _ in range(500)]
    targets = [operation["reservation_id"] for operation in operations[:300]]
    confirms = [{"op": "confirm", "reservation_id": target} for target in targets]
    results = await batch(shop, [*operations, *confirms, *confirms[:200]])
    assert [result["status"] for result in results] == [201] * 300 + [409] * 200 + [200] * 500
    assert await shop.counters() == (300, 0, 300, 0, 0)


async def test_orders_of_fifty_lines_fit(shop: Shop) -> None:
    names = [f"L{number}" for number in range(50)]
    await shop.stock_up({name: {"SHA": 40} for name in names})
    lines = [{"sku": shop.sku(name), "quantity": 1} for name in names]
    operations = [{"op": "reserve", "reservation_id": shop.id(), "lines": lines} for _ in range(50)]
    results = await batch(shop, operations)
    assert [result["status"] for result in results] == [201] * 40 + [409] * 10
    assert len(results[-1]["body"]["shortages"]) == 50
