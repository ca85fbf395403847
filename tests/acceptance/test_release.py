"""POST …/release, whole and in parts, row by row of the contract's table."""

from typing import Any

from tests.acceptance.keys import MakeKey
from tests.acceptance.shop import Shop


def part(shop: Shop, quantity: int, release_id: str, name: str = "A") -> dict[str, Any]:
    return {"lines": [{"sku": shop.sku(name), "quantity": quantity}], "release_id": release_id}


async def test_held_gives_everything_back(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(2)
    answer = await shop.act(reservation_id, "release")
    assert answer.ok()["status"] == "released"
    assert not answer.replayed
    (line,) = answer.body["lines"]
    assert (line["quantity"], line["released"], line["allocations"]) == (2, 2, [])
    assert await shop.counters() == (5, 0, 0, 0, 0)


async def test_confirmed_gives_everything_back(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.confirmed(2)
    assert (await shop.act(reservation_id, "release", {})).ok()["status"] == "released"
    assert await shop.counters() == (5, 0, 0, 0, 0)


async def test_part_shipped_gives_the_rest_back_and_is_shipped(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.part_shipped(3, 1)
    body = (await shop.act(reservation_id, "release")).ok()
    assert body["status"] == "shipped"
    (line,) = body["lines"]
    assert (line["quantity"], line["shipped"], line["released"]) == (3, 1, 2)
    assert line["allocations"] == [{"warehouse": "SHA", "quantity": 1, "shipped": 1}]
    assert await shop.counters() == (4, 0, 0, 0, 0)


async def test_released_is_replayed_unchanged(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.released(2)
    before = await shop.reservation(reservation_id)
    again = await shop.act(reservation_id, "release")
    assert again.replayed
    assert again.ok()["status"] == "released"
    assert await shop.reservation(reservation_id) == before
    assert await shop.counters() == (5, 0, 0, 0, 0)


async def test_expired_is_replayed_unchanged(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.expired(2)
    again = await shop.act(reservation_id, "release")
    assert again.replayed
    assert again.ok()["status"] == "expired"
    assert await shop.counters() == (5, 0, 0, 0, 0)


async def test_shipped_is_refused(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.shipped(2)
    (await shop.act(reservation_id, "release")).problem(409, "reservation_shipped")
    body = part(shop, 1, shop.id())
    (await shop.act(reservation_id, "release", body)).problem(409, "reservation_shipped")
    assert await shop.counters() == (3, 0, 0, 0, 0)


async def test_a_part_of_a_hold_comes_back_once_per_release_id(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(4)
    body = part(shop, 1, shop.id())
    first = await shop.act(reservation_id, "release", body)
    assert first.ok()["status"] == "held"
    assert (first.body["lines"][0]["quantity"], first.body["lines"][0]["released"]) == (4, 1)
    assert await shop.counters() == (5, 3, 0, 0, 0)
    again = await shop.act(reservation_id, "release", body)
    assert again.ok()["lines"] == first.body["lines"]
    assert again.replayed
    assert await shop.counters() == (5, 3, 0, 0, 0)


async def test_parts_of_a_confirmed_order(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5}, "B": {"SHA": 5}})
    lines = [{"sku": shop.sku(name), "quantity": 2} for name in "AB"]
    order: dict[str, Any] = {"reservation_id": shop.id(), "lines": lines}
    (await shop.reserve(order)).ok(201)
    (await shop.act(order["reservation_id"], "confirm")).ok()
    body = (await shop.act(order["reservation_id"], "release", part(shop, 2, shop.id(), "B"))).ok()
    assert body["status"] == "confirmed"
    assert await shop.counters("A") == (5, 0, 2, 0, 0)
    assert await shop.counters("B") == (5, 0, 0, 0, 0)


async def test_a_part_of_a_part_shipped_order(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.part_shipped(4, 1)
    body = (await shop.act(reservation_id, "release", part(shop, 1, shop.id()))).ok()
    assert body["status"] == "part_shipped"
    assert await shop.counters() == (4, 0, 2, 0, 0)


async def test_the_last_part_ends_the_reservation(shop: Shop) -> None:
    await shop.stocked(9)
    held, part_shipped = await shop.held(2), await shop.part_shipped(3, 1)
    assert (await shop.act(held, "release", part(shop, 2, shop.id()))).ok()["status"] == "released"
    assert (await shop.act(part_shipped, "release", part(shop, 2, shop.id()))).ok()["status"] == "shipped"
    assert await shop.counters() == (8, 0, 0, 0, 0)


async def test_lines_of_one_sku_in_a_part_count_together(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(4)
    body = {"lines": [{"sku": shop.sku(), "quantity": 1}] * 2, "release_id": shop.id()}
    assert (await shop.act(reservation_id, "release", body)).ok()["lines"][0]["released"] == 2
    body = {"lines": [{"sku": shop.sku(), "quantity": 2}] * 2, "release_id": shop.id()}
    assert (await shop.act(reservation_id, "release", body)).status == 422
    assert (await shop.level())["held"] == 2


async def test_more_than_is_open_is_refused_and_not_remembered(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(2)
    release_id = shop.id()
    problem = (await shop.act(reservation_id, "release", part(shop, 3, release_id))).problem(422, "validation_failed")
    assert problem["pointer"].startswith("/lines/0")
    assert (await shop.level())["held"] == 2
    (await shop.act(reservation_id, "release", part(shop, 2, release_id))).ok()
    assert (await shop.level())["held"] == 0


async def test_a_sku_that_is_not_in_the_order_is_refused(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 5}, "B": {"SHA": 5}})
    reservation_id = await shop.held(2)
    body = part(shop, 1, shop.id())
    body["lines"].append({"sku": shop.sku("B"), "quantity": 1})
    problem = (await shop.act(reservation_id, "release", body)).problem(422, "validation_failed")
    assert problem["pointer"].startswith("/lines/1")
    assert (await shop.level())["held"] == 2


async def test_a_release_id_with_other_content_is_a_mismatch(shop: Shop) -> None:
    await shop.stocked(9)
    reservation_id, other = await shop.held(3), await shop.held(3)
    release_id = shop.id()
    (await shop.act(reservation_id, "release", part(shop, 1, release_id))).ok()
    for target, quantity in ((reservation_id, 2), (other, 1)):
        (await shop.act(target, "release", part(shop, quantity, release_id))).problem(422, "idempotency_mismatch")
    assert (await shop.level())["held"] == 5


async def test_a_release_id_belongs_to_one_client(shop: Shop, make_key: MakeKey) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(3)
    body = part(shop, 1, shop.id())
    (await shop.act(reservation_id, "release", body)).ok()
    other = shop.api.acting_as(make_key("reserve"))
    assert not (await other.post(f"/v1/reservations/{reservation_id}/release", body)).replayed
    assert (await shop.level())["held"] == 1


async def test_a_repeated_part_is_replayed_after_the_end(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(3)
    body = part(shop, 1, shop.id())
    (await shop.act(reservation_id, "release", body)).ok()
    (await shop.act(reservation_id, "release")).ok()
    again = await shop.act(reservation_id, "release", body)
    assert again.replayed
    assert again.ok()["status"] == "released"


async def test_released_units_can_be_sold_again(shop: Shop) -> None:
    await shop.stocked(2)
    reservation_id = await shop.held(2)
    (await shop.reserve(shop.order(1))).problem(409, "insufficient_stock")
    (await shop.act(reservation_id, "release", part(shop, 1, shop.id()))).ok()
    await shop.held(1)


async def test_allocations_over_two_warehouses_come_back_from_the_last_first(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 3, "PEK": 2}})
    reservation_id = await shop.held(5, allocation={"strategy": "priority"})
    body = (await shop.act(reservation_id, "release", part(shop, 3, shop.id()))).ok()
    assert body["lines"][0]["allocations"] == [{"warehouse": "SHA", "quantity": 2, "shipped": 0}]
    assert (await shop.counters())[1] == 2
    assert (await shop.counters(warehouse="PEK"))[1] == 0
