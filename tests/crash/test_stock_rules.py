"""Policies, goods on their way, moved orders and the places of a day survive the crash and the rebuild."""

import asyncio
from typing import Any

import pytest

from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually
from tests.crash.test_rebuild import caught_up, lose_redis

SOON = "2099-01-01T00:00:00.000Z"
TRANSFERS = "/v1/stock/transfers"


async def cut_power(service: RunningService) -> None:
    await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)


crash = pytest.mark.parametrize("crash", [cut_power, lose_redis])


async def policy(shop: Shop, body: Any, name: str) -> None:
    (await shop.api.put(f"/v1/stock/{shop.sku(name)}/policy", body)).ok()


@crash
async def test_terms_and_preorders(service: RunningService, shop: Shop, crash: Any) -> None:
    await shop.stocked(10, "kept")
    await policy(shop, {"total_safety_stock": 6, "channels": {"taobao": {"pause_below": 4}}}, "kept")
    await shop.stocked(1, "soon")
    await shop.move("expect", 9, "soon", expected_at=SOON)
    await policy(shop, {"preorder_limit": 4}, "soon")
    sold_ahead = await shop.held(3, "soon")
    await shop.held(1, "kept")
    await caught_up(shop)
    before = [await shop.stock("kept"), await shop.stock("soon"), await shop.reservation(sold_ahead)]

    await crash(service)

    after = [await shop.stock("kept"), await shop.stock("soon"), await shop.reservation(sold_ahead)]
    assert [without_time(body) for body in after] == [without_time(body) for body in before]
    paused = (await shop.reserve(shop.order(1, "kept", channel="taobao"))).problem(409, "insufficient_stock")
    assert [short["reason"] for short in paused["shortages"]] == ["paused"]
    (await shop.reserve(shop.order(4, "kept"))).problem(409, "insufficient_stock")
    (await shop.reserve(shop.order(3, "soon"))).problem(409, "insufficient_stock")
    assert (await shop.reserve(shop.order(2, "soon"))).ok(201)["ship_by"] == SOON


@crash
async def test_transfers(service: RunningService, shop: Shop, crash: Any) -> None:
    lines = [{"sku": await shop.stocked(10), "quantity": 3}]
    draft, sent, done = (shop.id("t") for _ in range(3))
    opened = [
        {"transfer_id": name, "from": "SHA", "to": "PEK", "lines": lines, "ship": name != draft}
        for name in (draft, sent, done)
    ]
    for body in opened:
        (await shop.api.post(TRANSFERS, body)).ok(201)
    receipt = {"receipt_id": "dock", "lines": [{**lines[0], "quantity": 2}], "close": True}
    (await shop.api.post(f"{TRANSFERS}/{done}/receive", receipt)).ok()
    await caught_up(shop)
    before = without_time(await shop.stock())

    await crash(service)

    assert without_time(await shop.stock()) == before
    for body, state in zip(opened, ("draft", "in_transit", "received"), strict=True):
        again = await shop.api.post(TRANSFERS, body)
        assert (again.replayed, again.ok()["state"]) == (True, state)
    assert (await shop.api.post(f"{TRANSFERS}/{done}/receive", receipt)).replayed
    (await shop.api.post(f"{TRANSFERS}/{sent}/receive", receipt)).ok()
    stock = await shop.stock()
    assert (stock["on_hand"], stock["in_transit"], stock["incoming"]) == (4 + 2 + 2, 0, 0)


@crash
async def test_moved_orders_and_the_places_of_a_day(service: RunningService, shop: Shop, crash: Any) -> None:
    small = await small_warehouse(shop)
    await shop.stock_up({"A": {small: 20, "SHA": 20, "PEK": 20}})
    moved = await shop.held(2, allocation={"warehouses": ["SHA", "PEK"], "strategy": "priority"})
    path = f"/v1/reservations/{moved}"
    here = (await shop.reservation(moved))["lines"][0]["allocations"][0]["warehouse"]
    (await shop.api.post(f"{path}/reallocate", {"excluded": [here]})).ok()
    picked = await shop.held(2, allocation={"warehouses": ["SHA", "PEK"]})
    short = {
        "short_pick_id": shop.id("p"), "reservation_id": picked, "sku": shop.sku(), "quantity": 1,
        "warehouse": (await shop.reservation(picked))["lines"][0]["allocations"][0]["warehouse"],
    }  # fmt: skip
    (await shop.api.post("/v1/wms/short-picks", {"short_picks": [short]})).ok()
    taking = await shop.held(1, allocation={"warehouses": [small]})
    await caught_up(shop)
    paths = ["", "/allocation"]
    before = [(await shop.api.get(f"/v1/reservations/{name}{end}")).ok() for name in (moved, picked) for end in paths]

    await crash(service)

    after = [(await shop.api.get(f"/v1/reservations/{name}{end}")).ok() for name in (moved, picked) for end in paths]
    assert after == before
    (result,) = (await shop.api.post("/v1/wms/short-picks", {"short_picks": [short]})).ok()["results"]
    assert result["result"] == "duplicate"
    full = (await shop.reserve(shop.order(1, allocation={"warehouses": [small]}))).problem(409, "insufficient_stock")
    assert full["shortages"][0]["reason"] == "capacity"
    await shop.act(taking, "release")
    await shop.held(1, allocation={"warehouses": [small]})


async def small_warehouse(shop: Shop) -> str:
    """It sends one order a day, and every API process knows it."""
    code = shop.id("W").replace(":", "-")
    body = {"name": "small", "outbound": {"time_zone": "Asia/Shanghai", "daily_capacity": 1}}
    (await shop.api.put(f"/v1/warehouses/{code}", body)).ok()

    async def known() -> bool:
        lists = [(await shop.api.get("/v1/warehouses")).ok()["data"] for _ in range(8)]
        return all(code in {row["code"] for row in each} for each in lists)

    await eventually(known, "every process knows the small warehouse")
    return code


def without_time(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in {"as_of", "request_id"}}
