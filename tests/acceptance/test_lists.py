"""GET /v1/reservations and what all lists have in common."""

import pytest

from tests.acceptance.paging import all_rows
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

RESERVATIONS = "/v1/reservations"
LISTS = (RESERVATIONS, "/v1/stock", "/v1/stock/{sku}/events", "/v1/warehouses", "/v1/wms/exceptions", "/v1/alerts")


async def listed(shop: Shop, **query: str) -> set[str]:
    rows = await all_rows(shop.api, RESERVATIONS, [("sku", shop.sku()), *query.items()])
    return {row["reservation_id"] for row in rows}


async def until_listed(shop: Shop, expected: set[str], **query: str) -> None:
    async def seen() -> bool:
        return await listed(shop, **query) == expected

    await eventually(seen, f"{query} lists {expected}")


async def test_every_status_is_found_by_its_filter(shop: Shop) -> None:
    await shop.stocked(20)
    by_status = {
        "held": await shop.held(),
        "confirmed": await shop.confirmed(),
        "released": await shop.released(),
        "part_shipped": await shop.part_shipped(),
        "shipped": await shop.shipped(),
        "expired": await shop.expired(),
    }
    for status, reservation_id in by_status.items():
        await until_listed(shop, {reservation_id}, status=status)


async def test_a_row_is_the_reservation_itself(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(2, order_ref=shop.id("ref"), customer_id="c-1", metadata={"a": "b"})
    await until_listed(shop, {reservation_id})
    (row,) = await all_rows(shop.api, RESERVATIONS, [("sku", shop.sku())])
    assert row == await shop.reservation(reservation_id)


async def test_filters_by_order_customer_and_warehouse(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5, "PEK": 5}})
    references = [shop.id("ref"), shop.id("ref")]
    at_sha = await shop.held(order_ref=references[0], customer_id="c-1", allocation={"warehouses": ["SHA"]})
    at_pek = await shop.held(order_ref=references[1], customer_id="c-2", allocation={"warehouses": ["PEK"]})
    await until_listed(shop, {at_sha, at_pek})
    for query, expected in (
        ({"order_ref": references[0]}, {at_sha}),
        ({"customer_id": "c-2"}, {at_pek}),
        ({"warehouse": "SHA"}, {at_sha}),
        ({"warehouse": "PEK", "status": "held"}, {at_pek}),
        ({"warehouse": "PEK", "status": "confirmed"}, set[str]()),
        ({"order_ref": "nobody's"}, set[str]()),
    ):
        assert await listed(shop, **query) == expected, query


async def test_pages_have_every_row_once(shop: Shop) -> None:
    await shop.stocked(11)
    made = {await shop.held() for _ in range(11)}
    await until_listed(shop, made)
    rows = await all_rows(shop.api, RESERVATIONS, [("sku", shop.sku())], limit=3)
    assert len(rows) == 11
    assert {row["reservation_id"] for row in rows} == made


async def test_a_walk_misses_nothing_while_rows_arrive(shop: Shop) -> None:
    await shop.stocked(20)
    made = {await shop.held() for _ in range(6)}
    await until_listed(shop, made)
    query = [("sku", shop.sku()), ("limit", "3")]
    first = (await shop.api.get(RESERVATIONS, query)).ok()
    late = await shop.held()
    await until_listed(shop, made | {late})
    second = (await shop.api.get(RESERVATIONS, [*query, ("cursor", first["next_cursor"])])).ok()
    seen = [row["reservation_id"] for row in first["data"] + second["data"]]
    assert len(seen) == len(set(seen))
    assert made <= set(seen) | {late} or second["next_cursor"] is not None


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"), ("limit", "-1"), ("limit", "x"), ("limit", "1.5"), ("limit", "1000000000000000000000"),
        ("limit", ""), ("cursor", "garbage"), ("cursor", "%%%"), ("cursor", "x" * 3000), ("cursor", "é"),
        ("cursor", "\0"), ("lmit", "5"),
    ],
)  # fmt: skip
async def test_a_bad_query_is_refused(shop: Shop, path: str, name: str, value: str) -> None:
    await shop.stocked(1)
    answer = await shop.api.get(path.format(sku=shop.sku()), [(name, value)])
    answer.problem(422, "validation_failed")


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (RESERVATIONS, "status", "hold"),
        (RESERVATIONS, "sku", "A B"),
        (RESERVATIONS, "warehouse", ""),
        ("/v1/stock", "available_below", "many"),
        ("/v1/stock", "available_below", "-1"),
        ("/v1/stock", "sku", "x" * 65),
        ("/v1/wms/exceptions", "state", "broken"),
        ("/v1/alerts", "state", "broken"),
    ],
)
async def test_a_bad_filter_is_refused(shop: Shop, path: str, name: str, value: str) -> None:
    (await shop.api.get(path, [(name, value)])).problem(422, "validation_failed")
