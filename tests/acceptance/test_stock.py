"""Reading stock: one SKU, lists, history."""

from typing import Any

from tests.acceptance.paging import all_rows
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

FIELDS = ("on_hand", "held", "committed", "unavailable", "safety_stock", "incoming", "available", "deficit")


async def test_every_field_per_warehouse_and_summed(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 20, "PEK": 7}})
    await shop.held(3, allocation={"warehouses": ["SHA"]})
    await shop.confirmed(2, allocation={"warehouses": ["PEK"]})
    await shop.move("quarantine", 4)
    await shop.move("expect", 6, warehouse="PEK")
    (await shop.api.put(f"/v1/stock/{shop.sku()}/policy", {"safety_stock": 1})).ok()
    stock = await shop.stock()
    assert stock["sku"] == shop.sku()
    assert "as_of" in stock
    rows = {row["warehouse"]: tuple(row[name] for name in FIELDS) for row in stock["warehouses"]}
    assert rows == {"SHA": (20, 3, 0, 4, 1, 0, 12, 0), "PEK": (7, 0, 2, 0, 1, 6, 4, 0)}
    assert tuple(stock[name] for name in FIELDS) == (27, 3, 2, 4, 2, 6, 16, 0)


async def test_an_unknown_sku_is_404(shop: Shop) -> None:
    for path in ("", "/events"):
        (await shop.api.get(f"/v1/stock/{shop.sku('never')}{path}")).problem(404, "unknown_sku")


async def until_rows(shop: Shop, query: list[tuple[str, str]], expected: set[str]) -> list[dict[str, Any]]:
    """The list for `query`, once it shows exactly these SKU names."""
    skus = {shop.sku(name) for name in expected}

    async def seen() -> list[dict[str, Any]] | None:
        rows = await all_rows(shop.api, "/v1/stock", query)
        return rows if {row["sku"] for row in rows} == skus else None

    rows = await eventually(seen, f"{query} lists {expected}")
    assert rows is not None
    return rows


async def test_the_list_takes_several_skus(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5, "PEK": 1}, "B": {"SHA": 50}, "C": {"PEK": 3}})
    wanted = [("sku", shop.sku(name)) for name in "ABC"]
    rows = await until_rows(shop, wanted, {"A", "B", "C"})
    assert {row["sku"]: row["on_hand"] for row in rows} == {shop.sku("A"): 6, shop.sku("B"): 50, shop.sku("C"): 3}
    await until_rows(shop, wanted[:2], {"A", "B"})
    await until_rows(shop, [*wanted, ("sku", shop.sku("never"))], {"A", "B", "C"})


async def test_the_list_shows_the_same_as_the_single_call(shop: Shop) -> None:
    await shop.stocked(5)
    await shop.held(2)

    async def same() -> bool:
        (row,) = await all_rows(shop.api, "/v1/stock", [("sku", shop.sku())])
        single = await shop.stock()
        return {**row, "as_of": ""} == {**single, "as_of": ""}

    await eventually(same, "the list shows the stock of now")


async def test_the_list_filters_by_warehouse_and_availability(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5, "PEK": 1}, "B": {"SHA": 50}, "C": {"PEK": 3}})
    wanted = [("sku", shop.sku(name)) for name in "ABC"]
    await until_rows(shop, [*wanted, ("warehouse", "PEK")], {"A", "C"})
    await until_rows(shop, [*wanted, ("available_below", "6")], {"C"})
    await until_rows(shop, [*wanted, ("available_below", "7")], {"A", "C"})
    await until_rows(shop, [*wanted, ("warehouse", "PEK"), ("available_below", "2")], {"A"})


async def test_pages_of_the_list_have_every_sku_once(shop: Shop) -> None:
    names = {f"P{number}" for number in range(7)}
    await shop.stock_up({name: {"SHA": 1} for name in names})
    wanted = [("sku", shop.sku(name)) for name in names]
    await until_rows(shop, wanted, names)
    rows = await all_rows(shop.api, "/v1/stock", wanted, limit=2)
    assert sorted(row["sku"] for row in rows) == sorted(shop.sku(name) for name in names)


async def history(shop: Shop, count: int, *query: tuple[str, str]) -> list[dict[str, Any]]:
    """Events of the SKU, newest first, once there are `count`."""

    async def seen() -> list[dict[str, Any]] | None:
        rows = await all_rows(shop.api, f"/v1/stock/{shop.sku()}/events", query)
        return rows if len(rows) == count else None

    rows = await eventually(seen, f"{count} events")
    assert rows is not None
    return rows


async def test_the_history_has_every_change_newest_first(shop: Shop) -> None:
    await shop.move("receive", 10, reason="delivery", reference="PO-1")
    reservation_id = await shop.held(4)
    (await shop.act(reservation_id, "confirm")).ok()
    await shop.scan(reservation_id, 1)
    (await shop.act(reservation_id, "release")).ok()
    await shop.move("adjust", -2, reason="broken")
    rows = await history(shop, 6)
    assert [row["type"] for row in rows] == ["adjust", "release", "scan", "confirm", "reserve", "receive"]
    assert [row["quantity"] for row in rows] == [-2, -3, -1, 4, 4, 10]
    assert [row["reservation_id"] for row in rows[1:5]] == [reservation_id] * 4
    oldest = rows[-1]
    assert (oldest["reason"], oldest["reference"], oldest["warehouse"]) == ("delivery", "PO-1", "SHA")
    assert (oldest["before"]["on_hand"], oldest["after"]["on_hand"]) == (0, 10)
    assert oldest["client"]
    assert [row["before"] for row in rows[:-1]] == [row["after"] for row in rows[1:]]
    assert sorted((row["time"] for row in rows), reverse=True) == [row["time"] for row in rows]


async def test_the_history_shows_an_expiry(shop: Shop) -> None:
    await shop.stocked(5)
    await shop.expired(2)
    assert [row["type"] for row in await history(shop, 3)] == ["expire", "reserve", "receive"]


async def test_the_history_filters_by_warehouse_and_pages(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5, "PEK": 1}})
    for _ in range(5):
        await shop.held(allocation={"warehouses": ["SHA"]})
    assert [row["type"] for row in await history(shop, 1, ("warehouse", "PEK"))] == ["receive"]
    rows = await history(shop, 6, ("warehouse", "SHA"))
    paged = await all_rows(shop.api, f"/v1/stock/{shop.sku()}/events", [("warehouse", "SHA")], limit=2)
    assert paged == rows
