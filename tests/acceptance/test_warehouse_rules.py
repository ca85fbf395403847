"""What a warehouse's description says of orders: who may ship where, when and for how much, end to end."""

from typing import Any

import pytest

from inventory_service.web import examples
from tests.acceptance.malformed import WRONG_WAREHOUSES, ZONE
from tests.acceptance.shop import Shop

WUHAN: dict[str, Any] = {"name": "武汉仓", "region": "420000", "lat": 30.59, "lon": 114.31, "priority": 1}
RULES = ("paused", "cross_border", "outbound", "freight")
HANGZHOU = {"country": "CN", "region": "330000"}


async def opened(shop: Shop, units: int = 5, name: str = "W", **fields: Any) -> str:
    """A warehouse of this test's own, with stock."""
    code = f"{name}-{shop.prefix}"
    (await shop.api.put(f"/v1/warehouses/{code}", WUHAN | fields)).ok()
    await shop.stocked(units, warehouse=code)
    return code


async def allocated(shop: Shop, quantity: int = 1, **fields: Any) -> dict[str, int]:
    body = (await shop.reserve(shop.order(quantity, **fields))).ok(201)
    return {row["warehouse"]: row["quantity"] for row in body["lines"][0]["allocations"]}


async def test_what_was_put_can_be_put_again(shop: Shop) -> None:
    path = f"/v1/warehouses/W-{shop.prefix}"
    put = (await shop.api.put(path, examples.WAREHOUSE)).ok()
    assert {name: put[name] for name in examples.WAREHOUSE} == examples.WAREHOUSE
    again = {name: value for name, value in put.items() if name != "code"}
    assert (await shop.api.put(path, again)).ok() == put
    bare = (await shop.api.put(path, WUHAN)).ok()
    assert [bare[name] for name in RULES] == [False, [], None, None]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        *WRONG_WAREHOUSES,
        ({"outbound": {"cut_off": "16:00"}}, "/outbound/cut_off"),
        ({"outbound": {"working_days": [1, 2]}}, "/outbound/working_days"),
        ({"outbound": {"closed_dates": ["2027-02-06"]}}, "/outbound/closed_dates"),
        ({"outbound": {"daily_capacity": 9}}, "/outbound/daily_capacity"),
        ({"outbound": {"time_zone": "Asia/Atlantis"}}, "/outbound/time_zone"),
        ({"outbound": {"time_zone": "Asia"}}, "/outbound/time_zone"),
        ({"outbound": {"time_zone": "../etc/passwd"}}, "/outbound/time_zone"),
        ({"outbound": ZONE | {"closed_dates": ["2027-02-06", {"from": "2027-02-09", "to": "2027-02-08"}]}},
         "/outbound/closed_dates/1/to"),
        ({"freight": {"currency": "CNY", "amounts": {"990000": 1}}}, "/freight/amounts/990000"),
        ({"freight": {"currency": "CNY", "amounts": {"a/b": 1}}}, "/freight/amounts/a~1b"),
        ({"freight": {"currency": "CNY", "amounts": {"31": 1, "310000": 2}}}, "/freight/amounts/310000"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_where_it_stands(shop: Shop, change: dict[str, Any], pointer: str) -> None:
    answer = await shop.api.put(f"/v1/warehouses/W-{shop.prefix}", examples.WAREHOUSE | change)
    answer.problem(422, "validation_failed", pointer)


async def test_a_paused_warehouse_is_seen_and_keeps_its_promises_but_takes_no_orders(shop: Shop) -> None:
    code = await opened(shop)
    held = await shop.held(2)
    (await shop.api.put(f"/v1/warehouses/{code}", WUHAN | {"paused": True})).ok()
    level = await shop.level(warehouse=code)
    assert (level["on_hand"], level["held"], level["available"]) == (5, 2, 3)
    (await shop.reserve(shop.order())).problem(409, "insufficient_stock")
    (await shop.act(held, "confirm")).ok()
    assert (await shop.scan(held, 2, warehouse=code))["result"] == "applied"
    (await shop.api.put(f"/v1/warehouses/{code}", WUHAN)).ok()
    assert await allocated(shop, 3) == {code: 3}


async def test_nothing_crosses_a_border_unasked(shop: Shop) -> None:
    code = await opened(shop, serves=["420000"])
    answer = await shop.reserve(shop.order(ship_to={"country": "SG"}))
    (shortage,) = answer.problem(409, "insufficient_stock")["shortages"]
    assert (shortage["available"], shortage["reason"]) == (0, "not_served")
    (await shop.api.put(f"/v1/warehouses/{code}", WUHAN | {"serves": ["420000"], "cross_border": ["SG"]})).ok()
    assert await allocated(shop, ship_to={"country": "SG"}) == {code: 1}


async def test_cheapest_is_not_nearest(shop: Shop) -> None:
    cheap = await opened(shop, name="CHEAP", freight={"currency": "CNY", "amounts": {"33": 500}})
    await opened(shop, name="DEAR", freight={"currency": "CNY", "amounts": {"*": 800}})
    await shop.stocked(5, warehouse="SHA")
    assert await allocated(shop, ship_to=HANGZHOU) == {"SHA": 1}
    assert await allocated(shop, ship_to=HANGZHOU, allocation={"strategy": "cheapest"}) == {cheap: 1}


async def test_excluded_ones_are_left_out_also_when_it_is_taken_again(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5, "PEK": 5}})
    fields: dict[str, Any] = {"ship_to": HANGZHOU, "allocation": {"excluded": ["SHA"]}}
    assert await allocated(shop, **fields) == {"PEK": 1}
    expired = await shop.expired(**fields)
    body = (await shop.act(expired, "confirm", {"reacquire": True})).ok()
    assert [row["warehouse"] for row in body["lines"][0]["allocations"]] == ["PEK"]


@pytest.mark.parametrize(
    ("allocation", "code", "pointer"),
    [
        ({"warehouses": ["SHA", "PEK"], "excluded": ["CAN", "PEK"]}, "validation_failed", "/allocation/excluded/1"),
        ({"excluded": ["SHA", "nowhere"]}, "unknown_warehouse", "/allocation/excluded/1"),
        ({"excluded": "SHA"}, "validation_failed", "/allocation/excluded"),
        ({"excluded": ["A B"]}, "validation_failed", "/allocation/excluded/0"),
        ({"strategy": "dearest"}, "validation_failed", "/allocation/strategy"),
    ],
)
async def test_a_wish_that_cannot_be(shop: Shop, allocation: dict[str, Any], code: str, pointer: str) -> None:
    await shop.stocked(5)
    order = shop.order(allocation=allocation)
    (await shop.reserve(order)).problem(422, code, pointer)
    batch = (await shop.api.post("/v1/batch", {"operations": [{"op": "reserve", **order}]})).ok()
    (result,) = batch["results"]
    assert (result["status"], result["body"]["code"]) == (422, code)
    assert result["body"]["pointer"] == pointer  # as the single call would answer
