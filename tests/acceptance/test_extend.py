"""POST …/extend: a new deadline for a hold, never a silent revival."""

from datetime import UTC, datetime, timedelta

from tests.acceptance.shop import Shop


async def test_held_gets_a_new_deadline_from_now(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(2)
    body = (await shop.act(reservation_id, "extend", {"ttl_seconds": 3600})).ok()
    assert (body["status"], body["outcome"]) == ("held", "extended")
    left = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=3570) < left <= timedelta(seconds=3605)
    assert (await shop.reservation(reservation_id))["expires_at"] == body["expires_at"]
    assert await shop.counters() == (5, 2, 0, 0, 0)


async def test_a_deadline_can_be_brought_nearer(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(2)
    (await shop.act(reservation_id, "extend", {"ttl_seconds": 1})).ok()
    await shop.until_status(reservation_id, "expired")
    assert await shop.counters() == (5, 0, 0, 0, 0)


async def test_an_extended_hold_outlives_its_first_deadline(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.held(2, ttl_seconds=1)
    (await shop.act(reservation_id, "extend", {"ttl_seconds": 600})).ok()
    await shop.expired(1)  # armed later, so the first deadline has passed too
    assert (await shop.reservation(reservation_id))["status"] == "held"


async def test_what_is_not_held_is_refused(shop: Shop) -> None:
    await shop.stocked(9)
    for reservation_id in (
        await shop.confirmed(),
        await shop.released(),
        await shop.part_shipped(),
        await shop.shipped(),
    ):
        before = await shop.reservation(reservation_id)
        for body in ({"ttl_seconds": 60}, {"ttl_seconds": 60, "reacquire": True}):
            (await shop.act(reservation_id, "extend", body)).problem(409, "not_held")
        assert await shop.reservation(reservation_id) == before


async def test_expired_needs_reacquire(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.expired(2)
    for body in ({"ttl_seconds": 60}, {"ttl_seconds": 60, "reacquire": False}):
        (await shop.act(reservation_id, "extend", body)).problem(409, "not_held")
    assert await shop.counters() == (5, 0, 0, 0, 0)
    answer = (await shop.act(reservation_id, "extend", {"ttl_seconds": 60, "reacquire": True})).ok()
    assert (answer["status"], answer["outcome"]) == ("held", "reacquired")
    assert answer["expires_at"] is not None
    assert await shop.counters() == (5, 2, 0, 0, 0)
    assert (await shop.act(reservation_id, "confirm")).ok()["status"] == "confirmed"


async def test_expired_is_not_taken_again_when_the_stock_is_gone(shop: Shop) -> None:
    await shop.stocked(5)
    reservation_id = await shop.expired(2)
    await shop.held(5)
    body = {"ttl_seconds": 60, "reacquire": True}
    problem = (await shop.act(reservation_id, "extend", body)).problem(409, "insufficient_stock")
    assert problem["shortages"] == [{"sku": shop.sku(), "requested": 2, "available": 0, "reason": "not_enough"}]
    assert (await shop.reservation(reservation_id))["status"] == "expired"


async def test_an_expiry_frees_the_stock_for_the_next(shop: Shop) -> None:
    await shop.stocked(2)
    await shop.expired(2)
    await shop.held(2)
