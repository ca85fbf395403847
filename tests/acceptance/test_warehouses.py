"""PUT and GET /v1/warehouses, PUT /v1/stock/{sku}/policy."""

from typing import Any

import pytest

from tests.acceptance.malformed import NO_BOOLEANS, NO_TEXTS
from tests.acceptance.paging import all_rows
from tests.acceptance.shop import Shop

DESCRIPTION: dict[str, Any] = {
    "name": "武汉仓", "kind": "store", "country": "CN", "region": "420000", "lat": 30.59, "lon": 114.31, "priority": 7,
    "serves": ["420000", "430000"], "enabled": False,
}  # fmt: skip
WRONG_VALUES: dict[str, tuple[str, Any]] = {
    f"{name} {case}": (name, value)
    for name, values in {
        "name": NO_TEXTS,
        "kind": {"unknown": "ship", "number": 1, "null": None},
        "country": {"number": 86, "list": []},
        "region": {"number": 310000},
        "lat": {"over": 90.5, "text": "31", "boolean": True, "list": []},
        "lon": {"over": 180.5, "text": "121"},
        "priority": {"text": "1", "float": 1.5, "boolean": True, "beyond 64 bits": 2**70},
        "serves": {"text": "310000", "object": {}, "number": 1},
        "enabled": NO_BOOLEANS,
        "prority": {"unknown field": 1},
    }.items()
    for case, value in values.items()
}
NO_UNITS: dict[str, Any] = {"negative": -1, "text": "5", "float": 1.5, "boolean": True, "over": 1_000_001}
WRONG_POLICIES: dict[str, tuple[str, Any]] = {
    f"{name} {case}": (name, value)
    for name, values in {
        "safety_stock": NO_UNITS,
        "warn_below": NO_UNITS,
        "warehouse": {"number": 1, "space": "A B"},
        "safty_stock": {"unknown field": 5},
    }.items()
    for case, value in values.items()
}


async def listed(shop: Shop, code: str) -> dict[str, Any] | None:
    rows = [row for row in await all_rows(shop.api, "/v1/warehouses") if row["code"] == code]
    return rows[0] if rows else None


async def test_a_warehouse_is_kept_as_put(shop: Shop) -> None:
    code = f"W-{shop.prefix}"
    body = (await shop.api.put(f"/v1/warehouses/{code}", DESCRIPTION)).ok()
    row = await listed(shop, code)
    assert row is not None
    assert {name: row[name] for name in DESCRIPTION} == DESCRIPTION
    assert {name: body[name] for name in DESCRIPTION} == DESCRIPTION


async def test_the_defaults_of_a_warehouse(shop: Shop) -> None:
    code = f"W-{shop.prefix}"
    body = {"name": "n", "kind": "warehouse", "country": "CN", "region": "420000", "lat": 30.59, "lon": 114.31}
    (await shop.api.put(f"/v1/warehouses/{code}", body)).ok()
    row = await listed(shop, code)
    assert row is not None
    assert (row["priority"], row["serves"], row["enabled"]) == (100, None, True)


async def test_putting_again_replaces_it(shop: Shop) -> None:
    code = f"W-{shop.prefix}"
    for body in (DESCRIPTION, {**DESCRIPTION, "name": "new", "enabled": True, "serves": None}):
        (await shop.api.put(f"/v1/warehouses/{code}", body)).ok()
        row = await listed(shop, code)
        assert row is not None
        assert {name: row[name] for name in body} == body


@pytest.mark.parametrize("case", WRONG_VALUES)
async def test_a_wrong_description_is_refused(shop: Shop, case: str) -> None:
    name, value = WRONG_VALUES[case]
    code = f"W-{shop.prefix}"
    answer = await shop.api.put(f"/v1/warehouses/{code}", {**DESCRIPTION, name: value})
    answer.problem(422, "validation_failed", f"/{name}")
    assert await listed(shop, code) is None


@pytest.mark.parametrize("code", ["a%20b", "%E3%80%80", "x" * 65, "%00", "%0a"])
async def test_an_impossible_code_is_refused(shop: Shop, code: str) -> None:
    answer = await shop.api.put(f"/v1/warehouses/{code}", DESCRIPTION)
    assert answer.status in {404, 422}, answer


async def test_a_disabled_warehouse_has_nothing_available(shop: Shop) -> None:
    code = f"W-{shop.prefix}"
    enabled = {**DESCRIPTION, "kind": "warehouse", "serves": None, "enabled": True}
    (await shop.api.put(f"/v1/warehouses/{code}", enabled)).ok()
    await shop.stocked(5, warehouse=code)
    (await shop.api.put(f"/v1/warehouses/{code}", {**enabled, "enabled": False})).ok()
    level = await shop.level(warehouse=code)
    assert (level["on_hand"], level["available"], (await shop.stock())["available"]) == (5, 0, 0)
    (await shop.reserve(shop.order())).problem(409, "insufficient_stock")
    (await shop.api.put(f"/v1/warehouses/{code}", enabled)).ok()
    assert (await shop.level(warehouse=code))["available"] == 5
    await shop.held(5)


async def test_goods_in_transit_are_not_promised(shop: Shop) -> None:
    code = f"W-{shop.prefix}"
    body = {**DESCRIPTION, "kind": "in_transit", "serves": None, "enabled": True}
    (await shop.api.put(f"/v1/warehouses/{code}", body)).ok()
    await shop.stocked(5, warehouse=code)
    assert (await shop.level(warehouse=code))["available"] == 0
    (shortage,) = (await shop.reserve(shop.order())).problem(409, "insufficient_stock")["shortages"]
    assert (shortage["available"], shortage["reason"]) == (0, "not_enough")


async def test_a_policy_holds_safety_stock_back_in_each_warehouse(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 10, "PEK": 10}})
    (await shop.api.put(f"/v1/stock/{shop.sku()}/policy", {"safety_stock": 4, "warn_below": 5})).ok()
    stock = await shop.stock()
    assert (stock["safety_stock"], stock["available"]) == (8, 12)
    (shortage,) = (await shop.reserve(shop.order(13))).problem(409, "insufficient_stock")["shortages"]
    assert shortage["available"] == 12
    await shop.held(12)


async def test_a_policy_of_one_warehouse_overrides_the_default(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 10, "PEK": 10}})
    for body in ({"safety_stock": 4, "warn_below": 5}, {"safety_stock": 0, "warn_below": 1, "warehouse": "PEK"}):
        (await shop.api.put(f"/v1/stock/{shop.sku()}/policy", body)).ok()
    assert [(await shop.level(warehouse=code))["available"] for code in ("SHA", "PEK")] == [6, 10]


async def test_safety_stock_does_not_touch_what_is_promised(shop: Shop) -> None:
    await shop.stocked(10)
    reservation_id = await shop.held(8)
    (await shop.api.put(f"/v1/stock/{shop.sku()}/policy", {"safety_stock": 5, "warn_below": 0})).ok()
    level = await shop.level()
    assert (level["available"], level["deficit"]) == (0, 0)
    (await shop.act(reservation_id, "confirm")).ok()


async def test_a_policy_needs_something_known(shop: Shop) -> None:
    body = {"safety_stock": 5, "warn_below": 20}
    (await shop.api.put(f"/v1/stock/{shop.sku('never')}/policy", body)).problem(404, "unknown_sku")
    await shop.stocked(5)
    answer = await shop.api.put(f"/v1/stock/{shop.sku()}/policy", {**body, "warehouse": "NOWHERE"})
    answer.problem(422, "unknown_warehouse", "/warehouse")


@pytest.mark.parametrize("case", WRONG_POLICIES)
async def test_a_wrong_policy_is_refused(shop: Shop, case: str) -> None:
    name, value = WRONG_POLICIES[case]
    await shop.stocked(10)
    body = {"safety_stock": 5, "warn_below": 20, name: value}
    (await shop.api.put(f"/v1/stock/{shop.sku()}/policy", body)).problem(422, "validation_failed", f"/{name}")
    assert (await shop.level())["available"] == 10
