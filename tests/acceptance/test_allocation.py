"""From which warehouses an order comes: real cities, three strategies, the split rule."""

from typing import Any

import pytest

from tests.acceptance.shop import Shop

CITIES: dict[str, tuple[float, float]] = {
    "Hangzhou": (30.27, 120.16),
    "Harbin": (45.80, 126.53),
    "Shenzhen": (22.54, 114.06),
    "Chongqing": (29.56, 106.55),
    "Urumqi": (43.83, 87.62),
    "Lhasa": (29.65, 91.14),
    "Haikou": (20.04, 110.32),
    "Tianjin": (39.08, 117.20),
    "Jakarta": (-6.21, 106.85),
    "Anchorage": (61.22, -149.90),
}
NEAREST = {
    "Hangzhou": "SHA", "Harbin": "PEK", "Shenzhen": "CAN", "Chongqing": "CTU", "Urumqi": "CTU", "Lhasa": "CTU",
    "Haikou": "CAN", "Tianjin": "PEK", "Jakarta": "CAN", "Anchorage": "PEK",
}  # fmt: skip
EVERYWHERE = {"SHA": 9, "PEK": 9, "CAN": 9, "CTU": 9}


def going_to(city: str, **more: Any) -> dict[str, Any]:
    lat, lon = CITIES[city]
    return {"country": "CN", "lat": lat, "lon": lon, **more}


async def allocated(shop: Shop, quantity: int = 1, name: str = "A", **fields: Any) -> dict[str, int]:
    """Warehouse → units of the one line of a new order."""
    body = (await shop.reserve(shop.order(quantity, name, **fields))).ok(201)
    return {row["warehouse"]: row["quantity"] for row in body["lines"][0]["allocations"]}


@pytest.mark.parametrize("city", NEAREST)
async def test_nearest_is_the_default(shop: Shop, city: str) -> None:
    await shop.stock_up({"A": EVERYWHERE})
    assert await allocated(shop, ship_to=going_to(city)) == {NEAREST[city]: 1}


async def test_the_next_nearest_when_the_nearest_has_too_few(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 1, "PEK": 9, "CAN": 9, "CTU": 9}})
    assert await allocated(shop, 2, ship_to=going_to("Hangzhou")) == {"CAN": 2}  # 1,048 km, Beijing 1,124


async def test_without_a_destination_nearest_is_priority(shop: Shop) -> None:
    await shop.stock_up({"A": EVERYWHERE})
    for strategy in ({}, {"strategy": "nearest"}):
        assert await allocated(shop, ship_to={"country": "CN"}, allocation=strategy) == {"SHA": 1}


async def test_priority_goes_before_distance(shop: Shop) -> None:
    await shop.stock_up({"A": EVERYWHERE})
    fields: dict[str, Any] = {"ship_to": going_to("Chongqing"), "allocation": {"strategy": "priority"}}
    assert await allocated(shop, **fields) == {"SHA": 1}


async def test_equal_priority_is_decided_by_distance(shop: Shop) -> None:
    codes = {f"{name}-{shop.prefix}": CITIES[name] for name in ("Lhasa", "Haikou")}
    for code, (lat, lon) in codes.items():
        body = {
            "name": code,
            "kind": "warehouse",
            "country": "CN",
            "region": "1",
            "lat": lat,
            "lon": lon,
            "priority": 5,
        }
        (await shop.api.put(f"/v1/warehouses/{code}", body)).ok()
    await shop.stock_up({"A": dict.fromkeys(codes, 5)})
    fields: dict[str, Any] = {"ship_to": going_to("Shenzhen"), "allocation": {"strategy": "priority"}}
    assert await allocated(shop, **fields) == {f"Haikou-{shop.prefix}": 1}


async def test_balance_takes_from_where_most_is_available(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5, "PEK": 6, "CTU": 4}})
    fields: dict[str, Any] = {"ship_to": going_to("Hangzhou"), "allocation": {"strategy": "balance"}}
    assert await allocated(shop, 2, **fields) == {"PEK": 2}
    assert await allocated(shop, 2, **fields) == {"SHA": 2}
    assert await allocated(shop, 1, **fields) == {"PEK": 1}  # 4 are left there and in CTU; PEK is nearer
    assert await allocated(shop, 1, **fields) == {"CTU": 1}


async def test_one_warehouse_that_has_the_whole_order_wins(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5, "CAN": 5}, "B": {"CAN": 5}})
    lines = [{"sku": shop.sku(name), "quantity": 2} for name in "AB"]
    order = {"reservation_id": shop.id(), "lines": lines, "ship_to": going_to("Hangzhou")}
    body = (await shop.reserve(order)).ok(201)
    assert [line["allocations"] for line in body["lines"]] == [[{"warehouse": "CAN", "quantity": 2, "shipped": 0}]] * 2


async def test_else_the_fewest_warehouses_best_ranked_first(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 2, "PEK": 3, "CAN": 4, "CTU": 5}})
    assert await allocated(shop, 9, ship_to=going_to("Hangzhou")) == {"CTU": 5, "CAN": 4}


async def test_every_unit_there_is_can_be_sold(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 2, "PEK": 3, "CAN": 4, "CTU": 5}})
    assert await allocated(shop, 14) == {"SHA": 2, "PEK": 3, "CAN": 4, "CTU": 5}
    assert (await shop.stock())["available"] == 0


async def test_max_splits_bounds_the_warehouses(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 3, "PEK": 3, "CAN": 3}})
    answer = await shop.reserve(shop.order(7, allocation={"max_splits": 2}))
    (shortage,) = answer.problem(409, "insufficient_stock")["shortages"]
    assert shortage == {"sku": shop.sku(), "requested": 7, "available": 9, "reason": "max_splits"}
    assert (await shop.stock())["held"] == 0
    assert len(await allocated(shop, 6, allocation={"max_splits": 2})) == 2


async def test_a_shortage_that_more_warehouses_would_not_cover_is_not_enough(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 3, "PEK": 3}})
    answer = await shop.reserve(shop.order(7, allocation={"max_splits": 1}))
    (shortage,) = answer.problem(409, "insufficient_stock")["shortages"]
    assert (shortage["available"], shortage["reason"]) == (6, "not_enough")


async def test_only_the_named_warehouses_are_used(shop: Shop) -> None:
    await shop.stock_up({"A": EVERYWHERE})
    fields: dict[str, Any] = {"ship_to": going_to("Hangzhou"), "allocation": {"warehouses": ["CTU", "CAN"]}}
    assert await allocated(shop, 9, **fields) == {"CAN": 9}
    answer = await shop.reserve(shop.order(10, **fields))
    (shortage,) = answer.problem(409, "insufficient_stock")["shortages"]
    assert (shortage["available"], shortage["reason"]) == (9, "not_enough")


async def open_serving(shop: Shop, *regions: str) -> str:
    code = f"S-{shop.prefix}"
    body = {
        "name": code, "kind": "warehouse", "country": "CN", "region": regions[0], "lat": 30.0, "lon": 120.0,
        "serves": list(regions),
    }  # fmt: skip
    (await shop.api.put(f"/v1/warehouses/{code}", body)).ok()
    return code


async def test_a_warehouse_only_ships_where_it_serves(shop: Shop) -> None:
    code = await open_serving(shop, "310000", "330000")
    await shop.stocked(5, warehouse=code)
    assert await allocated(shop, ship_to=going_to("Hangzhou", region="330000")) == {code: 1}
    answer = await shop.reserve(shop.order(1, ship_to=going_to("Shenzhen", region="440000")))
    (shortage,) = answer.problem(409, "insufficient_stock")["shortages"]
    assert (shortage["available"], shortage["reason"]) == (0, "not_served")
    assert (await shop.level(warehouse=code))["available"] == 4


async def test_a_farther_warehouse_that_serves_is_taken(shop: Shop) -> None:
    code = await open_serving(shop, "310000")
    await shop.stock_up({"A": {code: 5, "PEK": 5}})
    assert await allocated(shop, ship_to=going_to("Hangzhou", region="330000")) == {"PEK": 1}


async def test_shortages_tell_every_reason_in_one_answer(shop: Shop) -> None:
    code = await open_serving(shop, "310000")
    await shop.stock_up({"A": {"SHA": 1}, "B": {code: 5}, "C": {"SHA": 2, "PEK": 2}})
    lines = [{"sku": shop.sku(name), "quantity": quantity} for name, quantity in (("A", 2), ("B", 1), ("C", 4))]
    order = {
        "reservation_id": shop.id(), "lines": lines, "ship_to": going_to("Shenzhen", region="440000"),
        "allocation": {"max_splits": 1},
    }  # fmt: skip
    shortages = (await shop.reserve(order)).problem(409, "insufficient_stock")["shortages"]
    reasons = {row["sku"]: (row["available"], row["reason"]) for row in shortages}
    assert reasons == {
        shop.sku("A"): (1, "not_enough"), shop.sku("B"): (0, "not_served"), shop.sku("C"): (4, "max_splits"),
    }  # fmt: skip


async def test_partial_takes_what_the_splits_allow(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 3, "PEK": 4}})
    body = (await shop.reserve(shop.order(7, allow_partial=True, allocation={"max_splits": 1}))).ok(201)
    (line,) = body["lines"]
    assert (line["quantity"], line["requested"]) == (4, 7)
    assert [row["warehouse"] for row in line["allocations"]] == ["PEK"]
