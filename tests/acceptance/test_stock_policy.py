"""Thresholds, preorders and transfers through the whole service."""

from typing import Any

from tests.acceptance.client import Answer
from tests.acceptance.paging import all_rows
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

SOON = "2099-01-01T00:00:00.000Z"


async def policy(shop: Shop, body: Any, name: str = "A") -> Answer:
    return await shop.api.put(f"/v1/stock/{shop.sku(name)}/policy", body)


async def transfer(shop: Shop, quantity: int, **fields: Any) -> str:
    lines = [{"sku": shop.sku(), "quantity": quantity}]
    body = {"transfer_id": shop.id("t"), "from": "SHA", "to": "PEK", "lines": lines, **fields}
    return str((await shop.api.post("/v1/stock/transfers", body)).ok(201)["transfer_id"])


async def test_a_channel_is_limited_then_paused_then_back(shop: Shop) -> None:
    sku = await shop.stocked(10)
    terms = {"safety_stock": 2, "limit_below": 8, "limit_quantity": 1, "pause_below": 4, "warn_below": 0}
    (await policy(shop, {"channels": {"taobao": terms}})).ok()
    await shop.held(1, channel="taobao")
    refused = await shop.reserve(shop.order(2, channel="taobao"))
    refused.problem(409, "limit_exceeded", "/lines/0/quantity")
    assert "At most 1" in refused.body["detail"]
    freed = await shop.held(4, channel="shop")
    short = await shop.reserve(shop.order(1, channel="taobao"))
    short.problem(409, "insufficient_stock")
    assert short.body["shortages"] == [{"sku": sku, "requested": 1, "available": 0, "reason": "paused"}]
    told = (await shop.api.get(f"/v1/stock/{sku}?channel=taobao")).ok()
    assert (told["available"], told["terms"]) == (
        5, {"channel": "taobao", "available": 3, "paused": True, "limit_quantity": 1}
    )  # fmt: skip
    await shop.act(freed, "release")
    await shop.held(1, channel="taobao")
    assert (await shop.api.get(f"/v1/stock/{sku}/policy")).ok()["channels"] == {"taobao": terms}
    # What was told can be said again, and nothing but zeros takes it back: a limit's number stayed for ever.
    (await policy(shop, {"channels": {"taobao": dict.fromkeys(terms, 0)}})).ok()
    assert (await shop.api.get(f"/v1/stock/{sku}/policy")).ok()["channels"] == {}


async def test_a_warning_comes_and_goes_by_itself(shop: Shop) -> None:
    """Over all warehouses, and for a channel that has less of them."""
    await shop.stock_up({"A": {"SHA": 6, "PEK": 4}})
    channels = {"taobao": {"safety_stock": 3, "warn_below": 6}}
    (await policy(shop, {"total_warn_below": 8, "channels": channels})).ok()
    told = (await shop.api.get(f"/v1/stock/{shop.sku()}/policy")).ok()
    assert (told["total_warn_below"], told["channels"]["taobao"]["warn_below"]) == (8, 6)
    held = await shop.held(2)
    total, taobao = shop.sku(), f"{shop.sku()} channel taobao"
    assert await warnings(shop, {taobao}) == [{"sku": total, "channel": "taobao", "available": 5, "warn_below": 6}]
    await shop.held(1)
    both = await warnings(shop, {total, taobao})
    assert both[-1] == {"sku": total, "channel": None, "available": 7, "warn_below": 8}
    await shop.act(held, "release")
    await warnings(shop, set())


async def warnings(shop: Shop, causes: set[str]) -> list[Any]:
    """What the open alarms on this test's SKU tell, the one that opened last at the end, once they are these."""

    async def told() -> list[Any] | None:
        rows = await all_rows(shop.api, "/v1/alerts", [("state", "open")], limit=200)
        mine = [row for row in reversed(rows) if row["detail"].get("sku") == shop.sku()]
        return [mine] if {row["cause"] for row in mine} == causes else None

    found = await eventually(told, f"alarms {causes} are open")
    assert found is not None
    return [row["detail"] for row in found[0]]


async def test_contradictory_policies_are_refused_with_their_pointer(shop: Shop) -> None:
    await shop.stocked(1)
    (await policy(shop, {"limit_below": 5})).problem(422, "validation_failed", "/limit_below")
    (await policy(shop, {"channels": {"t/b": {"limit_below": 5, "limit_quantity": 1, "pause_below": 5}}})).problem(
        422, "validation_failed", "/channels/t~1b/pause_below"
    )
    (await policy(shop, {"channels": {"tb": {"pause_below": 5}}})).ok()
    (await policy(shop, {"channels": {"tb": {"limit_below": 4, "limit_quantity": 1}}})).problem(
        422, "validation_failed", "/channels/tb/limit_below"
    )
    (await policy(shop, {"warehouse": "SHA", "channels": {"tb": {"pause_below": 5}}})).problem(
        422, "validation_failed", "/channels/tb/pause_below"
    )
    (await policy(shop, {"warehouse": "SHA", "total_safety_stock": 5})).problem(
        422, "validation_failed", "/total_safety_stock"
    )
    (await policy(shop, {"warehouse": "SHA", "total_warn_below": 5})).problem(
        422, "validation_failed", "/total_warn_below"
    )
    (await policy(shop, {"warehouse": "SHA", "channels": {"tb": {"warn_below": 5}}})).problem(
        422, "validation_failed", "/channels/tb/warn_below"
    )
    (await policy(shop, {"warehouse": "SHA", "preorder_limit": 5})).problem(422, "validation_failed", "/preorder_limit")


async def test_a_preorder_tells_when_it_ships(shop: Shop) -> None:
    await shop.stocked(1)
    await shop.move("expect", 5, expected_at=SOON)
    (await policy(shop, {"preorder_limit": 4})).ok()
    order = (await shop.reserve(shop.order(3))).ok(201)
    assert order["ship_by"] == SOON
    assert order["lines"][0]["allocations"] == [{"warehouse": "SHA", "quantity": 3, "shipped": 0, "ship_by": SOON}]
    stock = await shop.stock()
    assert (stock["preordered"], stock["deficit"], stock["available"]) == (2, 0, 0)
    assert stock["arrivals"] == [{"expected_at": SOON, "quantity": 5}]
    (await shop.reserve(shop.order(3))).problem(409, "insufficient_stock")
    (result,) = await shop.movements([shop.movement("cancel_expected", 4, expected_at=SOON)])
    assert (result["code"], result["pointer"]) == ("would_break_commitments", "/movements/0/quantity")


async def test_goods_move_between_warehouses(shop: Shop) -> None:
    sku = await shop.stocked(10)
    draft = await transfer(shop, 4)
    assert (await shop.stock())["pool"] == {"warehouses": 10, "stores": 0, "in_transit": 0, "expected": 0}
    path = f"/v1/stock/transfers/{draft}"
    (await shop.api.post(f"{path}/ship", {})).ok()
    assert (await shop.stock())["pool"] == {"warehouses": 6, "stores": 0, "in_transit": 4, "expected": 0}
    receipt = {"receipt_id": "dock-1", "lines": [{"sku": sku, "quantity": 3, "damaged": 1}], "close": True}
    done = (await shop.api.post(f"{path}/receive", receipt)).ok()
    assert (done["state"], done["lines"][0]["discrepancy"]) == ("received", -1)
    assert await shop.counters(warehouse="PEK") == (3, 0, 0, 1, 0)
    again = await shop.api.post(f"{path}/receive", receipt)
    assert (again.ok(), again.replayed) == ({name: value for name, value in done.items() if name != "durability"}, True)
    (await shop.api.post(f"{path}/receive", {**receipt, "close": False})).problem(
        422, "idempotency_mismatch", "/receipt_id"
    )
    (await shop.api.post(f"{path}/cancel")).problem(409, "transfer_state")
    page = (await shop.api.get(f"/v1/stock/transfers?sku={sku}&state=received")).ok()
    assert [each["transfer_id"] for each in page["data"]] == [draft]


async def test_what_is_wrong_with_a_transfer(shop: Shop) -> None:
    sku = await shop.stocked(3)
    body = {"transfer_id": shop.id("t"), "from": "SHA", "to": "PEK", "lines": [{"sku": sku, "quantity": 4}]}
    path = "/v1/stock/transfers"
    (await shop.api.post(path, {**body, "to": "SHA"})).problem(422, "validation_failed", "/to")
    (await shop.api.post(path, {**body, "from": "NOWHERE"})).problem(422, "unknown_warehouse", "/from")
    other = {"sku": "no", "quantity": 1}
    (await shop.api.post(path, {**body, "lines": [other]})).problem(404, "unknown_sku", "/lines/0/sku")
    (await shop.api.post(path, {**body, "lines": [other, other]})).problem(422, "validation_failed", "/lines/1/sku")
    (await shop.api.post(path, {**body, "ship": True})).problem(409, "would_break_commitments", "/lines/0/quantity")
    (await shop.api.post(path, body)).ok(201)
    (await shop.api.post(path, {**body, "reference": "other"})).problem(422, "idempotency_mismatch")
    one = f"{path}/{body['transfer_id']}"
    (await shop.api.post(f"{one}/ship", {"lines": [other]})).problem(422, "validation_failed", "/lines/0/sku")
    (await shop.api.post(f"{one}/receive", {"receipt_id": "r", "lines": []})).problem(409, "transfer_state")
    damaged = [{"sku": sku, "quantity": 1, "damaged": 2}]
    (await shop.api.post(f"{one}/receive", {"receipt_id": "r", "lines": damaged})).problem(
        422, "validation_failed", "/lines/0/damaged"
    )
    (await shop.api.post(f"{one}/cancel")).ok()
    assert (await shop.api.post(f"{one}/cancel")).replayed
    (await shop.api.get(f"{path}/nobody")).problem(404, "not_found")
