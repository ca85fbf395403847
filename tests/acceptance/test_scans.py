"""POST /v1/wms/outbound-scans: the final deduction, exactly once, whatever the parcel turns out to be."""

from typing import Any

import pytest

from tests.acceptance.keys import MakeKey
from tests.acceptance.malformed import NO_CODES, NO_IDS, NO_QUANTITIES
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

SCANS = "/v1/wms/outbound-scans"


async def test_a_scan_is_the_final_deduction(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.confirmed(2)
    scan = shop.scan_of(
        reservation_id, 2, package_no="P-1", carrier="SF", tracking_no="SF123", serials=["s1", "s2"], lot="L1",
        scanned_at="2026-11-11T00:00:00.123Z",
    )  # fmt: skip
    (result,) = await shop.scans([scan])
    assert result == {"scan_id": scan["scan_id"], "result": "applied", "durability": "disk"}
    body = await shop.reservation(reservation_id)
    assert body["status"] == "shipped"
    (line,) = body["lines"]
    assert (line["shipped"], line["allocations"]) == (2, [{"warehouse": "SHA", "quantity": 2, "shipped": 2}])
    assert await shop.counters() == (3, 0, 0, 0, 0)


async def test_between_the_first_and_the_last_scan_it_is_part_shipped(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5}, "B": {"SHA": 5}})
    lines = [{"sku": shop.sku(name), "quantity": 2} for name in "AB"]
    order: dict[str, Any] = {"reservation_id": shop.id(), "lines": lines}
    (await shop.reserve(order)).ok(201)
    (await shop.act(order["reservation_id"], "confirm")).ok()
    for name, quantity, status in (("A", 1, "part_shipped"), ("A", 1, "part_shipped"), ("B", 2, "shipped")):
        assert (await shop.scan(order["reservation_id"], quantity, name))["result"] == "applied"
        assert (await shop.reservation(order["reservation_id"]))["status"] == status


async def test_a_repeated_scan_is_a_duplicate(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.confirmed(3)
    scan = shop.scan_of(reservation_id, 1)
    results = await shop.scans([scan, scan])
    assert [result["result"] for result in results] == ["applied", "duplicate"]
    assert [result["result"] for result in await shop.scans([scan])] == ["duplicate"]
    (await shop.act(reservation_id, "release")).ok()
    assert [result["result"] for result in await shop.scans([scan])] == ["duplicate"]
    assert await shop.counters() == (4, 0, 0, 0, 0)


async def test_a_scan_id_belongs_to_one_client(shop: Shop, make_key: MakeKey) -> None:
    await shop.stocked(5)
    scan = shop.scan_of(await shop.confirmed(3), 1)
    for api in (shop.api, shop.api.acting_as(make_key("scan"))):
        (result,) = (await api.post(SCANS, {"scans": [scan]})).ok()["results"]
        assert result["result"] == "applied"
    assert await shop.counters() == (3, 0, 1, 0, 0)


async def test_an_order_is_found_by_its_order_ref(shop: Shop) -> None:
    await shop.stocked(5)
    reference = shop.id("ref")
    reservation_id = await shop.confirmed(2, order_ref=reference, channel="tmall")
    scan = shop.scan_of("", 1, order_ref=reference)
    del scan["reservation_id"]
    with_channel = {**scan, "scan_id": shop.id(), "channel": "tmall"}
    assert [result["result"] for result in await shop.scans([scan, with_channel])] == ["applied"] * 2
    assert (await shop.reservation(reservation_id))["status"] == "shipped"


async def test_the_channel_tells_orders_of_one_ref_apart(shop: Shop) -> None:
    await shop.stocked(5)
    reference = shop.id("ref")
    wanted = await shop.confirmed(1, order_ref=reference, channel="tmall")
    other = await shop.confirmed(1, order_ref=reference, channel="jd")
    scan = shop.scan_of("", 1, order_ref=reference, channel="tmall")
    del scan["reservation_id"]
    assert (await shop.scans([scan]))[0]["result"] == "applied"
    assert (await shop.reservation(wanted))["status"] == "shipped"
    assert (await shop.reservation(other))["status"] == "confirmed"


async def applied_as(
    shop: Shop, code: str, reservation_id: str, quantity: int = 1, name: str = "A", **more: Any
) -> None:
    result = await shop.scan(reservation_id, quantity, name, **more)
    assert (result["result"], result.get("code")) == ("applied", code)


async def test_not_confirmed_confirms_the_whole_reservation(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5}, "B": {"SHA": 5}})
    lines = [{"sku": shop.sku(name), "quantity": 2} for name in "AB"]
    order: dict[str, Any] = {"reservation_id": shop.id(), "lines": lines, "ttl_seconds": 600}
    (await shop.reserve(order)).ok(201)
    await applied_as(shop, "not_confirmed", order["reservation_id"])
    body = await shop.reservation(order["reservation_id"])
    assert (body["status"], body.get("expires_at")) == ("part_shipped", None)
    assert await shop.counters("A") == (4, 0, 1, 0, 0)
    assert await shop.counters("B") == (5, 0, 2, 0, 0)


async def test_other_warehouse_takes_the_promise_where_it_was_given(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5, "PEK": 5}})
    reservation_id = await shop.confirmed(2, allocation={"warehouses": ["PEK"]})
    await applied_as(shop, "other_warehouse", reservation_id, 2)
    assert await shop.counters() == (3, 0, 0, 0, 0)
    assert await shop.counters(warehouse="PEK") == (5, 0, 0, 0, 0)
    assert (await shop.reservation(reservation_id))["status"] == "shipped"


async def test_other_warehouse_without_stock_makes_a_deficit(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 1, "PEK": 5}})
    held = await shop.confirmed(1, allocation={"warehouses": ["SHA"]})
    reservation_id = await shop.confirmed(2, allocation={"warehouses": ["PEK"]})
    await applied_as(shop, "other_warehouse", reservation_id, 2)
    level = await shop.level()
    assert (level["on_hand"], level["committed"], level["deficit"], level["available"]) == (-1, 1, 2, 0)
    assert (await shop.reservation(held))["status"] == "confirmed"


async def test_over_scan_takes_the_excess_from_on_hand_alone(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.confirmed(2)
    await applied_as(shop, "over_scan", reservation_id, 3)
    assert await shop.counters() == (2, 0, 0, 0, 0)
    assert (await shop.reservation(reservation_id))["lines"][0]["shipped"] == 2
    await applied_as(shop, "over_scan", reservation_id, 1)
    assert await shop.counters() == (1, 0, 0, 0, 0)


async def test_reservation_closed_takes_on_hand_alone(shop: Shop) -> None:
    await shop.stocked(9)
    for reservation_id, left in ((await shop.released(2), 8), (await shop.expired(2), 7)):
        before = await shop.reservation(reservation_id)
        await applied_as(shop, "reservation_closed", reservation_id)
        assert await shop.reservation(reservation_id) == before
        assert await shop.counters() == (left, 0, 0, 0, 0)


async def test_other_sku_takes_on_hand_alone(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5}, "B": {"SHA": 5}})
    reservation_id = await shop.confirmed(2, "A")
    await applied_as(shop, "other_sku", reservation_id, 1, "B")
    assert await shop.counters("A") == (5, 0, 2, 0, 0)
    assert await shop.counters("B") == (4, 0, 0, 0, 0)
    assert (await shop.reservation(reservation_id))["status"] == "confirmed"


async def test_scanned_before_count_is_applied_as_usual(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.confirmed(3)
    await shop.move("count", 5)
    await applied_as(shop, "scanned_before_count", reservation_id, 1, scanned_at="2020-01-01T00:00:00.000Z")
    assert (await shop.scan(reservation_id, 1, scanned_at="2099-01-01T00:00:00.000Z")).get("code") is None
    assert await shop.counters() == (3, 0, 1, 0, 0)


async def parked_as(shop: Shop, code: str, scan: dict[str, Any]) -> dict[str, Any]:
    (result,) = await shop.scans([scan])
    assert (result["result"], result["code"]) == ("parked", code)
    return result


async def until_counters(shop: Shop, expected: tuple[int, ...], name: str = "A", warehouse: str = "SHA") -> None:
    async def seen() -> bool:
        return await shop.counters(name, warehouse) == expected

    await eventually(seen, f"{name} at {warehouse} is {expected}", within_seconds=20)


async def test_an_unknown_reservation_is_parked_until_it_comes(shop: Shop) -> None:
    await shop.stocked(5)
    order = shop.order(2)
    scan = shop.scan_of(order["reservation_id"])
    await parked_as(shop, "unknown_reservation", scan)
    assert await shop.counters() == (5, 0, 0, 0, 0)
    (await shop.reserve(order)).ok(201)
    await until_counters(shop, (4, 0, 1, 0, 0))
    assert (await shop.reservation(order["reservation_id"]))["status"] == "part_shipped"
    assert [result["result"] for result in await shop.scans([scan])] == ["duplicate"]
    assert await shop.counters() == (4, 0, 1, 0, 0)


async def test_an_unknown_order_ref_is_parked_until_it_comes(shop: Shop) -> None:
    await shop.stocked(5)
    reference = shop.id("ref")
    scan = shop.scan_of("", order_ref=reference)
    del scan["reservation_id"]
    await parked_as(shop, "unknown_reservation", scan)
    await shop.confirmed(1, order_ref=reference)
    await until_counters(shop, (4, 0, 0, 0, 0))


async def test_an_unknown_sku_is_parked_until_it_comes(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.confirmed(1)
    await parked_as(shop, "unknown_sku", shop.scan_of(reservation_id, 1, "B"))
    await shop.stocked(3, "B")
    await until_counters(shop, (2, 0, 0, 0, 0), "B")


async def test_an_unknown_warehouse_is_parked_until_it_comes(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.confirmed(1)
    code = f"W-{shop.prefix}"
    await parked_as(shop, "unknown_warehouse", shop.scan_of(reservation_id, warehouse=code))
    body = {"name": code, "kind": "warehouse", "country": "CN", "region": "1", "lat": 30.0, "lon": 114.0}
    (await shop.api.put(f"/v1/warehouses/{code}", body)).ok()
    await shop.until_status(reservation_id, "shipped")
    assert (await shop.counters(warehouse=code))[0] == -1


async def test_an_ambiguous_order_ref_is_parked(shop: Shop) -> None:
    await shop.stocked(5)
    reference = shop.id("ref")
    for channel in ("tmall", "jd"):
        await shop.confirmed(1, order_ref=reference, channel=channel)
    scan = shop.scan_of("", order_ref=reference)
    del scan["reservation_id"]
    await parked_as(shop, "ambiguous_order_ref", scan)
    assert await shop.counters() == (5, 0, 2, 0, 0)


async def test_a_reused_scan_id_is_parked_once(shop: Shop) -> None:
    await shop.stocked(5)
    scan = shop.scan_of(await shop.confirmed(3))
    await shop.scans([scan])
    reused = {**scan, "quantity": 2}
    await parked_as(shop, "scan_id_reused", reused)
    (again,) = await shop.scans([reused])
    assert again["result"] in {"duplicate", "parked"}
    assert await shop.counters() == (4, 0, 2, 0, 0)


WRONG_VALUES: dict[str, tuple[str, Any]] = {
    f"{name} {case}": (name, value)
    for name, values in {
        "scan_id": NO_IDS,
        "quantity": NO_QUANTITIES,
        "sku": NO_CODES,
        "warehouse": NO_CODES,
        "reservation_id": NO_IDS,
        "scanned_at": {"text": "yesterday", "number": 5, "boolean": True, "list": []},
    }.items()
    for case, value in values.items()
}


@pytest.mark.parametrize("case", WRONG_VALUES)
async def test_a_malformed_scan_is_parked_alone(shop: Shop, case: str) -> None:
    name, value = WRONG_VALUES[case]
    await shop.stocked(5)
    reservation_id = await shop.confirmed(3)
    bad = {**shop.scan_of(reservation_id), name: value}
    results = await shop.scans([shop.scan_of(reservation_id), bad, shop.scan_of(reservation_id)])
    assert [result["result"] for result in results] == ["applied", "parked", "applied"]
    assert results[1]["code"] == "validation_failed"
    assert results[1]["pointer"].endswith(f"/{name}")
    assert await shop.counters() == (3, 0, 1, 0, 0)


@pytest.mark.parametrize("missing", ["scan_id", "reservation_id", "sku", "warehouse", "quantity"])
async def test_an_incomplete_scan_is_parked(shop: Shop, missing: str) -> None:
    await shop.stocked(5)
    scan = shop.scan_of(await shop.confirmed(3))
    del scan[missing]
    await parked_as(shop, "validation_failed", scan)
    assert await shop.counters() == (5, 0, 3, 0, 0)


@pytest.mark.parametrize("scan", [None, 5, "x", [], {}, {"a": "b"}], ids=repr)
async def test_what_is_no_scan_at_all_is_parked(shop: Shop, scan: Any) -> None:
    await shop.stocked(5)
    results = await shop.scans([scan, shop.scan_of(await shop.confirmed(3))])
    assert [(result["result"], result.get("code")) for result in results] == [
        ("parked", "validation_failed"), ("applied", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"scans": []}, "/scans"), ({"scans": {}}, "/scans"), ({"scans": [{}] * 1001}, "/scans"), ([], ""), ({}, None)],
    ids=["none", "object", "1001", "list", "empty"],
)
async def test_a_bad_list_is_refused_whole(shop: Shop, body: Any, pointer: str | None) -> None:
    (await shop.api.post(SCANS, body)).problem(422, "validation_failed", pointer)


async def test_further_fields_are_kept_as_sent(shop: Shop) -> None:
    await shop.stocked(5)
    scan = shop.scan_of(await shop.confirmed(1), weight_g=512, station={"name": "3 号台", "at": [1, 2.5, None, True]})
    assert (await shop.scans([scan]))[0]["result"] == "applied"
    assert [result["result"] for result in await shop.scans([scan])] == ["duplicate"]


async def test_a_thousand_scans_in_one_call(shop: Shop) -> None:
    await shop.stocked(1000)
    reservation_id = await shop.confirmed(1000)
    scans = [shop.scan_of(reservation_id) for _ in range(1000)]
    assert {result["result"] for result in await shop.scans(scans)} == {"applied"}
    assert await shop.counters() == (0, 0, 0, 0, 0)
    assert {result["result"] for result in await shop.scans(scans)} == {"duplicate"}
    assert (await shop.reservation(reservation_id))["status"] == "shipped"
