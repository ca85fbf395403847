"""POST …/confirm, row by row of the contract's table."""

import pytest

from tests.acceptance.shop import Shop


@pytest.mark.parametrize("body", [None, {}, {"reacquire": False}, {"reacquire": True}], ids=repr)
async def test_held_becomes_confirmed_and_its_deadline_is_gone(shop: Shop, body: object) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(2)
    answer = await shop.act(reservation_id, "confirm", body)
    confirmed = answer.ok()
    assert confirmed["status"] == "confirmed"
    assert confirmed.get("expires_at") is None
    assert confirmed.get("outcome", "confirmed") == "confirmed"
    assert not answer.replayed
    assert await shop.counters() == (5, 0, 2, 0, 0)
    assert (await shop.level())["available"] == 3


async def test_a_confirmed_order_outlives_its_deadline(shop: Shop) -> None:
    await shop.stocked(5)
    paid = await shop.held(2, ttl_seconds=1)
    (await shop.act(paid, "confirm")).ok()
    await shop.expired(1)  # armed later, so the deadline of the paid one has passed too
    assert (await shop.reservation(paid))["status"] == "confirmed"
    assert await shop.counters() == (5, 0, 2, 0, 0)


async def test_confirmed_again_is_replayed(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.confirmed(2)
    again = await shop.act(reservation_id, "confirm")
    assert again.ok()["status"] == "confirmed"
    assert again.replayed
    assert await shop.counters() == (5, 0, 2, 0, 0)


async def test_part_shipped_is_replayed(shop: Shop) -> None:
    await shop.stocked(5)
    again = await shop.act(await shop.part_shipped(3, 1), "confirm")
    assert again.ok()["status"] == "part_shipped"
    assert again.replayed
    assert await shop.counters() == (4, 0, 2, 0, 0)


async def test_shipped_is_replayed(shop: Shop) -> None:
    await shop.stocked(5)
    again = await shop.act(await shop.shipped(2), "confirm")
    assert again.ok()["status"] == "shipped"
    assert again.replayed
    assert await shop.counters() == (3, 0, 0, 0, 0)


async def test_released_is_final(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.released(2)
    for body in (None, {"reacquire": True}):
        (await shop.act(reservation_id, "confirm", body)).problem(409, "reservation_released")
    assert await shop.counters() == (5, 0, 0, 0, 0)


async def test_expired_is_refused_and_stays_expired(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.expired(2)
    for body in (None, {"reacquire": False}):
        (await shop.act(reservation_id, "confirm", body)).problem(409, "reservation_expired")
    assert (await shop.reservation(reservation_id))["status"] == "expired"
    assert await shop.counters() == (5, 0, 0, 0, 0)


async def test_expired_is_taken_again_when_asked_for(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.expired(2)
    body = (await shop.act(reservation_id, "confirm", {"reacquire": True})).ok()
    assert (body["status"], body["outcome"]) == ("confirmed", "reacquired")
    assert await shop.counters() == (5, 0, 2, 0, 0)
    again = await shop.act(reservation_id, "confirm", {"reacquire": True})
    assert again.ok()["status"] == "confirmed"
    assert again.replayed
    assert await shop.counters() == (5, 0, 2, 0, 0)


async def test_expired_is_not_taken_again_when_the_stock_is_gone(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.expired(2)
    await shop.held(4)
    problem = (await shop.act(reservation_id, "confirm", {"reacquire": True})).problem(409, "insufficient_stock")
    assert problem["shortages"] == [{"sku": shop.sku(), "requested": 2, "available": 1, "reason": "not_enough"}]
    assert (await shop.reservation(reservation_id))["status"] == "expired"
    assert await shop.counters() == (5, 4, 0, 0, 0)


async def test_what_was_taken_again_may_come_from_another_warehouse(shop: Shop) -> None:
    await shop.stock_up({"A": {"SHA": 2, "PEK": 2}})
    order = shop.order(2, ttl_seconds=1, allocation={"strategy": "priority"})
    first = (await shop.reserve(order)).ok(201)
    assert first["lines"][0]["allocations"][0]["warehouse"] == "SHA"
    await shop.until_status(order["reservation_id"], "expired")
    await shop.held(2, allocation={"warehouses": ["SHA"]})
    body = (await shop.act(order["reservation_id"], "confirm", {"reacquire": True})).ok()
    assert body["lines"][0]["allocations"] == [{"warehouse": "PEK", "quantity": 2, "shipped": 0}]
    assert await shop.counters(warehouse="PEK") == (2, 0, 2, 0, 0)


async def test_an_unknown_reservation_is_404(shop: Shop) -> None:
    for verb, body in (("confirm", None), ("release", None), ("extend", {"ttl_seconds": 5})):
        (await shop.act(shop.id("none"), verb, body)).problem(404, "not_found")
