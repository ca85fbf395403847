"""Policies, goods on their way, moved orders and the places of a day survive the crash and the rebuild."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually
from tests.crash.test_rebuild import lose_redis

SOON = "2099-01-01T00:00:00.000Z"
TRANSFERS = "/v1/stock/transfers"


async def cut_power(service: RunningService) -> None:
    await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)


@pytest.mark.parametrize("crash", [cut_power, lose_redis])
async def test_the_rules_of_stock_survive(service: RunningService, shop: Shop, crash: Any) -> None:
    """Each part stands before the crash where it waits, and is compared behind it."""
    parts = [part(Shop(shop.api)) for part in (terms_and_preorders, transfers, moved_orders, places_of_a_day)]
    for part in parts:
        await anext(part)
    await shop.caught_up()
    await crash(service)
    for part in parts:
        assert await anext(part, "over") == "over"


async def policy(shop: Shop, body: Any, name: str) -> None:
    (await shop.api.put(f"/v1/stock/{shop.sku(name)}/policy", body)).ok()


async def terms_and_preorders(shop: Shop) -> AsyncIterator[None]:
    await shop.stocked(10, "kept")
    await policy(shop, {"total_safety_stock": 6, "channels": {"taobao": {"pause_below": 4}}}, "kept")
    await shop.stocked(1, "soon")
    await shop.move("expect", 9, "soon", expected_at=SOON)
    await policy(shop, {"preorder_limit": 4}, "soon")
    sold_ahead = await shop.held(3, "soon")
    await shop.held(1, "kept")
    before = [await shop.stock("kept"), await shop.stock("soon"), await shop.reservation(sold_ahead)]
    yield
    after = [await shop.stock("kept"), await shop.stock("soon"), await shop.reservation(sold_ahead)]
    assert [without_time(body) for body in after] == [without_time(body) for body in before]
    paused = (await shop.reserve(shop.order(1, "kept", channel="taobao"))).problem(409, "insufficient_stock")
    assert [short["reason"] for short in paused["shortages"]] == ["paused"]
    (await shop.reserve(shop.order(4, "kept"))).problem(409, "insufficient_stock")
    (await shop.reserve(shop.order(3, "soon"))).problem(409, "insufficient_stock")
    assert (await shop.reserve(shop.order(2, "soon"))).ok(201)["ship_by"] == SOON


async def transfers(shop: Shop) -> AsyncIterator[None]:
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
    before = without_time(await shop.stock())
    yield
    assert without_time(await shop.stock()) == before
    for body, state in zip(opened, ("draft", "in_transit", "received"), strict=True):
        again = await shop.api.post(TRANSFERS, body)
        assert (again.replayed, again.ok()["state"]) == (True, state)
    assert (await shop.api.post(f"{TRANSFERS}/{done}/receive", receipt)).replayed
    (await shop.api.post(f"{TRANSFERS}/{sent}/receive", receipt)).ok()
    stock = await shop.stock()
    assert (stock["on_hand"], stock["in_transit"], stock["incoming"]) == (4 + 2 + 2, 0, 0)


async def moved_orders(shop: Shop) -> AsyncIterator[None]:
    await shop.stock_up({"A": {"SHA": 20, "PEK": 20}})
    moved, picked = [await shop.held(2, allocation={"warehouses": ["SHA", "PEK"]}) for _ in range(2)]
    here = (await shop.reservation(moved))["lines"][0]["allocations"][0]["warehouse"]
    (await shop.api.post(f"/v1/reservations/{moved}/reallocate", {"excluded": [here]})).ok()
    short = {
        "short_pick_id": shop.id("p"), "reservation_id": picked, "sku": shop.sku(), "quantity": 1, "warehouse": here,
    }  # fmt: skip
    (await shop.api.post("/v1/wms/short-picks", {"short_picks": [short]})).ok()
    paths = [f"/v1/reservations/{name}{end}" for name in (moved, picked) for end in ("", "/allocation")]
    before = [(await shop.api.get(path)).ok() for path in paths]
    yield
    assert [(await shop.api.get(path)).ok() for path in paths] == before
    (result,) = (await shop.api.post("/v1/wms/short-picks", {"short_picks": [short]})).ok()["results"]
    assert result["result"] == "duplicate"


async def places_of_a_day(shop: Shop) -> AsyncIterator[None]:
    there: dict[str, Any] = {"allocation": {"warehouses": [await small_warehouse(shop)]}}
    await shop.stock_up({"A": {there["allocation"]["warehouses"][0]: 20}})
    taking = await shop.held(1, **there)
    yield
    full = (await shop.reserve(shop.order(1, **there))).problem(409, "insufficient_stock")
    assert full["shortages"][0]["reason"] == "capacity"
    await shop.act(taking, "release")
    await shop.held(1, **there)


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
