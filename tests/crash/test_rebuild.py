"""The Redis data is gone: the ledger gives it all back, answers and remembered ids included."""

import asyncio
import shutil

from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.crash.aftermath import answers_of, check_everything
from tests.crash.load import Load


async def lose_redis(service: RunningService) -> None:
    await asyncio.to_thread(service.kill)
    redis = service.data_dir / "redis"
    assert redis.is_dir()
    shutil.rmtree(redis)
    await asyncio.to_thread(service.start)


async def test_the_same_answers_to_the_same_questions(service: RunningService, load: Load) -> None:
    load.start()
    await load.until_told(1500)
    await load.ended()
    await load.shop.caught_up()
    before = await answers_of(load)
    await lose_redis(service)
    after = await answers_of(load)
    assert {path: answer for path, answer in after.items() if answer != before[path]} == {}
    await check_everything(load)
    await asyncio.to_thread(service.verify)


async def test_remembered_ids_of_every_kind_come_back(service: RunningService, shop: Shop) -> None:
    await shop.stocked(50)
    keyed = ({"lines": [{"sku": shop.sku(), "quantity": 1}]}, {"Idempotency-Key": shop.id("key")})
    by_key = (await shop.api.post("/v1/reservations", *keyed)).ok(201)
    order, paid, closed = shop.order(2), await shop.confirmed(3), await shop.released(1)
    (await shop.reserve(order)).ok(201)
    over, parked = shop.scan_of(paid, 4), shop.scan_of(shop.id("nobody"))
    await shop.scans([over, parked])
    movement = shop.movement("adjust", -1)
    await shop.movements([movement])
    expired = await shop.expired(1)
    await shop.caught_up()
    before = await shop.counters()
    await lose_redis(service)
    assert await shop.counters() == before
    again = await shop.api.post("/v1/reservations", *keyed)
    assert again.replayed
    assert again.ok() == by_key
    assert (await shop.reserve(order)).replayed
    (await shop.reserve({**order, "ttl_seconds": 5})).problem(422, "idempotency_mismatch")
    assert [result["result"] for result in await shop.scans([over, parked])] == ["duplicate"] * 2
    assert (await shop.scans([{**over, "quantity": 1}]))[0]["code"] == "scan_id_reused"
    results = await shop.movements([movement, {**movement, "quantity": -2}])
    assert [result["result"] for result in results] == ["duplicate", "rejected"]
    (await shop.act(closed, "confirm")).problem(409, "reservation_released")
    (await shop.act(expired, "confirm")).problem(409, "reservation_expired")
    assert (await shop.act(expired, "confirm", {"reacquire": True})).ok()["outcome"] == "reacquired"


async def test_holds_keep_their_deadlines_and_parked_scans_still_apply(service: RunningService, shop: Shop) -> None:
    await shop.stocked(50)
    held, order = await shop.held(2, ttl_seconds=7200), shop.order(1)
    expires_at = (await shop.reservation(held))["expires_at"]
    assert (await shop.scan(order["reservation_id"]))["result"] == "parked"
    (await shop.api.put(f"/v1/stock/{shop.sku()}/policy", {"safety_stock": 7, "warn_below": 9})).ok()
    await shop.move("count", 50)
    await shop.caught_up()
    await lose_redis(service)
    assert (await shop.reservation(held))["expires_at"] == expires_at
    assert (await shop.level())["safety_stock"] == 7
    (await shop.reserve(order)).ok(201)
    await shop.until_status(order["reservation_id"], "shipped")
    result = await shop.scan(held, 1, scanned_at="2020-01-01T00:00:00.000Z")
    assert (result["result"], result["code"]) == ("applied", "not_confirmed")
    result = await shop.scan(held, 1, scanned_at="2020-01-01T00:00:00.000Z")
    assert result.get("code") == "scanned_before_count", "the count is remembered too"


async def test_a_whole_life_goes_on_after_two_losses(service: RunningService, load: Load) -> None:
    for _ in range(2):
        load.start()
        await load.until_told(200)
        await load.ended()
        await Shop(load.shop.api).caught_up()
        await lose_redis(service)
    await check_everything(load)
    await asyncio.to_thread(service.verify)
