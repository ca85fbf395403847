"""Orders that move: explained, previewed, taken elsewhere, one by one or with their warehouse; short picks."""

from typing import Any

from tests.acceptance.shop import Shop


def at(*warehouses: str) -> dict[str, Any]:
    return {"allocation": {"strategy": "priority", "warehouses": list(warehouses)}}


async def stands(shop: Shop, reservation_id: str) -> dict[str, int]:
    """Warehouse → units of its one line."""
    (line,) = (await shop.reservation(reservation_id))["lines"]
    return {row["warehouse"]: row["quantity"] for row in line["allocations"]}


async def test_a_hold_tells_why_it_stands_where_it_does(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 1, "PEK": 5}})
    held = await shop.held(3, ship_to={"region": "310000"})

    body = (await shop.api.get(f"/v1/reservations/{held}/allocation")).ok()

    assert (body["reservation_id"], body["decided_by"]) == (held, "reserve")
    used = [row for row in body["warehouses"] if row["reason"] == "used"]
    assert [(row["warehouse"], row["lines"]) for row in used] == [("PEK", [{"sku": shop.sku(), "quantity": 3}])]
    (await shop.api.get(f"/v1/reservations/{shop.id('nobody')}/allocation")).problem(404, "not_found")


async def test_a_preview_holds_nothing_and_says_what_would_be(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 1, "PEK": 5}})
    order = {"lines": [{"sku": shop.sku(), "quantity": 3}], **at("SHA", "PEK")}

    body = (await shop.api.post("/v1/allocations/preview", order)).ok()

    assert body["outcome"] == "available"
    assert body["lines"][0]["allocations"] == [{"warehouse": "PEK", "quantity": 3}]
    reasons = {row["warehouse"]: (row["reason"], row["lines"][0]["quantity"]) for row in body["warehouses"]}
    assert reasons == {"SHA": ("not_enough", 1), "PEK": ("used", 5)}
    assert (await shop.counters(warehouse="PEK")) == (5, 0, 0, 0, 0)

    order["lines"][0]["quantity"] = 9
    refused = (await shop.api.post("/v1/allocations/preview", order)).ok()
    assert refused["outcome"] == "insufficient_stock"
    assert refused["shortages"] == [{"sku": shop.sku(), "requested": 9, "available": 6, "reason": "not_enough"}]
    unknown = {"lines": [{"sku": shop.sku(), "quantity": 1}, {"sku": shop.sku("none"), "quantity": 1}]}
    (await shop.api.post("/v1/allocations/preview", unknown)).problem(404, "unknown_sku", "/lines/1/sku")
    (await shop.api.post("/v1/allocations/preview", order | at("NOWHERE"))).problem(422, "unknown_warehouse")


async def test_an_order_moves_whole_or_not_at_all(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 9, "PEK": 3}})
    paid, other = await shop.confirmed(3), await shop.held(1)
    before = await shop.reservation(paid)

    moved = (await shop.act(paid, "reallocate", {"excluded": ["SHA"]})).ok()
    assert moved["outcome"] == "reallocated"
    assert await stands(shop, paid) == {"PEK": 3}
    after = await shop.reservation(paid)
    assert {**after, "lines": []} == {**before, "lines": []}
    assert (await shop.act(paid, "reallocate", {"excluded": ["SHA"]})).replayed
    told = (await shop.api.get(f"/v1/reservations/{paid}/allocation")).ok()
    assert told["decided_by"] == "reallocate"

    problem = (await shop.act(other, "reallocate", {"excluded": ["SHA"]})).problem(409, "insufficient_stock")
    assert problem["shortages"] == [{"sku": shop.sku(), "requested": 1, "available": 0, "reason": "not_enough"}]
    assert await stands(shop, other) == {"SHA": 1}
    (await shop.act(other, "reallocate", {"warehouses": ["NOWHERE"]})).problem(422, "unknown_warehouse")
    (await shop.act(shop.id("nobody"), "reallocate")).problem(404, "not_found")
    (await shop.act(await shop.released(1), "reallocate")).problem(409, "reservation_released")


async def test_a_warehouse_that_failed_is_emptied_page_by_page(shop: Shop) -> None:
    code = shop.id("W").replace(":", "-")
    put = {"name": "failing", "kind": "warehouse", "region": "310000", "priority": 5}
    (await shop.api.put(f"/v1/warehouses/{code}", put)).ok()
    await shop.stock_up({"A": {code: 20, "PEK": 4}})
    free = [await shop.held(2, **at(code, "PEK")) for _ in range(3)]
    bound = [await shop.held(1, **at(code)) for _ in range(2)]

    seen: dict[str, list[Any]] = {"moved": [], "unmoved": []}
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await shop.api.call("POST", f"/v1/warehouses/{code}/reallocate", query=query)).ok()
        seen["moved"] += page["moved"]
        seen["unmoved"] += [row["reservation_id"] for row in page["unmoved"]]
        cursor = page["next_cursor"]

    assert seen == {"moved": free[:2], "unmoved": [free[2], *bound]}, (
        "PEK had 4, and the others name no other warehouse"
    )
    assert [await stands(shop, each) for each in free] == [{"PEK": 2}, {"PEK": 2}, {code: 2}]
    (await shop.api.post("/v1/warehouses/NOWHERE/reallocate")).problem(422, "unknown_warehouse")


async def test_short_picks_move_units_once(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5, "PEK": 2}})
    paid = await shop.confirmed(4, order_ref=shop.id("ref"))
    order_ref = (await shop.reservation(paid))["order_ref"]
    where = {"warehouse": "SHA", "sku": shop.sku()}
    picks = [
        {"short_pick_id": shop.id("p"), "reservation_id": paid, "quantity": 1, **where},
        {"short_pick_id": shop.id("p"), "order_ref": order_ref, "quantity": 1, **where},
        {"short_pick_id": shop.id("p"), "reservation_id": paid, "quantity": 1, **where},
        {"short_pick_id": shop.id("p"), "reservation_id": paid, "quantity": 9, **where},
        {"short_pick_id": shop.id("p"), "reservation_id": shop.id("nobody"), "quantity": 1, **where},
        {"short_pick_id": shop.id("p"), "quantity": 1, **where},
        {"short_pick_id": shop.id("p"), "reservation_id": paid, "quantity": 0, **where},
    ]

    async def send() -> list[tuple[str, str | None, str | None]]:
        results = (await shop.api.post("/v1/wms/short-picks", {"short_picks": picks})).ok()["results"]
        return [(row["result"], row.get("code"), row.get("pointer")) for row in results]

    rejected = [
        ("rejected", "exceeds_open", "/short_picks/3/quantity"),
        ("rejected", "unknown_reservation", "/short_picks/4/reservation_id"),
        ("rejected", "validation_failed", "/short_picks/5/reservation_id"),
        ("rejected", "validation_failed", "/short_picks/6/quantity"),
    ]
    moved, stays = ("moved", None, None), ("not_moved", None, None)
    assert await send() == [moved, moved, stays, *rejected]
    assert await send() == [("duplicate", None, None)] * 3 + rejected
    assert await stands(shop, paid) == {"SHA": 2, "PEK": 2}
    assert await shop.counters() == (2, 0, 2, 0, 0)
    assert await shop.counters(warehouse="PEK") == (2, 0, 2, 0, 0)
    history = (await shop.api.get(f"/v1/stock/{shop.sku()}/events", {"warehouse": "SHA"})).ok()["data"]
    assert [row["type"] for row in history][:3] == ["short_pick"] * 3
