"""A poll keeps the orders, then the watermark; whatever goes wrong in between is repeated, and nothing is lost."""

import asyncio
import random

import pytest
from aiohttp import web

from inventory_service.domain.errors import NotReady
from inventory_service.usecases.sync.adapter import Arrived
from inventory_service.usecases.sync.ports import Progress, Took
from inventory_service.usecases.sync.watermark import SAFETY_MS
from tests.channels.channel import HOUR_MS, MINUTE_MS
from tests.simulators.platform import Trouble, garbage, half_json, server_error, silent
from tests.sync.house import House

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def progress(house: House) -> Progress:
    (one,) = await house.book.progress()
    return one


async def test_orders_arrive_once_under_duplicates_and_in_any_order(each_shop: House) -> None:
    house = each_shop
    house.clock.advance(10 * MINUTE_MS)
    placed = house.simulator.book.place_many(120, 14 * MINUTE_MS, 2 * MINUTE_MS)
    house.simulator.untidy = True
    changed = {order.order_id for order in random.Random(1).sample(placed, 20)}
    for _ in range(3):
        await house.poll()
        for order_id in changed:
            house.simulator.book.change(order_id, "shipped")
        house.clock.advance(2 * MINUTE_MS)
    await house.poll()
    kept = await house.orders.all()
    assert kept.keys() == {order.order_id for order in placed}
    assert house.orders.took[Took.NEW] == 120
    assert {key for key, order in kept.items() if order.fulfilment == "shipped"} == changed
    assert await house.orders.failures() == {}


async def test_the_watermark_follows_and_the_poll_is_a_success(each_shop: House) -> None:
    await each_shop.poll()
    now_ms = each_shop.clock.now_ms()
    standing = await progress(each_shop)
    assert now_ms - SAFETY_MS - 2000 <= standing.reached_ms <= now_ms - SAFETY_MS
    assert (standing.succeeded_ms, standing.failures, standing.reason) == (now_ms, 0, "")


async def test_what_was_taken_in_is_not_asked_for_again(each_shop: House) -> None:
    house = each_shop
    placed = house.simulator.book.place_many(20, 4 * MINUTE_MS, 2 * MINUTE_MS)
    await house.poll()
    house.simulator.book.change(placed[3].order_id, "shipped")
    house.clock.advance(2 * MINUTE_MS)
    details = house.simulator.count("taobao.trade.fullinfo.get")
    await house.poll()
    assert house.orders.took == {Took.NEW: 20, Took.CHANGED: 1}
    assert house.simulator.count("taobao.trade.fullinfo.get") - details == (house.simulator.name == "taobao")


async def test_a_detail_that_was_read_in_its_own_second_is_read_again(taobao: House) -> None:
    """It moves on between the list and its detail, and once more within that second: no time of it tells."""
    order = taobao.simulator.book.place(2 * MINUTE_MS)

    def ship() -> None:
        if taobao.simulator.count("taobao.trades.sold.increment.get") == before + 2:  # behind the call that probes
            taobao.simulator.book.change(order.order_id, "shipped")

    before = taobao.simulator.count("taobao.trades.sold.increment.get")
    taobao.simulator.between_pages = ship
    await taobao.poll()
    assert (await taobao.orders.all())[order.order_id].fulfilment == "shipped"
    order.state = "done"
    taobao.clock.advance(2 * MINUTE_MS)
    await taobao.poll()
    assert (await taobao.orders.all())[order.order_id].fulfilment == "done"


async def test_a_store_that_fails_in_the_middle_loses_nothing(each_shop: House) -> None:
    """The watermark stays where it was, and the same orders arrive once more, and once."""
    house = each_shop
    placed = house.simulator.book.place_many(30, 4 * MINUTE_MS, 2 * MINUTE_MS)
    before = await progress(house)
    arrive, arrived = house.orders.arrive, 0

    async def breaks(channel: str, shop: str, order: Arrived) -> Took:
        nonlocal arrived
        arrived += 1
        if arrived == 17:
            raise NotReady("Postgres: gone")
        return await arrive(channel, shop, order)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.orders, "arrive", breaks)
        with pytest.raises(NotReady):
            await house.poll()
    assert (await progress(house)).reached_ms == before.reached_ms
    assert len(await house.orders.all()) < 30

    await house.poll()
    assert (await house.orders.all()).keys() == {order.order_id for order in placed}
    assert house.orders.took[Took.NEW] == 30


async def test_a_broken_order_is_a_failure_and_blocks_nobody(each_shop: House) -> None:
    house = each_shop
    placed = house.simulator.book.place_many(10, 4 * MINUTE_MS, 2 * MINUTE_MS)
    spoilt = placed[4].order_id
    house.simulator.spoilt_ids.add(spoilt)
    await house.poll()
    assert (await house.orders.all()).keys() == {order.order_id for order in placed} - {spoilt}
    assert len(await house.orders.failures()) == 1
    assert (await progress(house)).failures == 0

    house.simulator.spoilt_ids.clear()
    await house.poll()
    assert spoilt in await house.orders.all()


async def test_an_order_at_which_the_platform_breaks_is_a_failure_and_blocks_nobody(taobao: House) -> None:
    house = taobao
    placed = house.simulator.book.place_many(10, 4 * MINUTE_MS, 2 * MINUTE_MS)
    broken = placed[4].order_id
    answer = house.simulator.answer

    def breaking(request: web.Request, body: bytes) -> web.Response:
        return web.Response(status=500) if f"tid={broken}&".encode() in body else answer(request, body)

    house.simulator.answer = breaking  # type: ignore[method-assign]
    await house.poll()
    assert (await house.orders.all()).keys() == {order.order_id for order in placed} - {broken}
    assert await house.orders.failures() == {broken: "HTTP 500 [500]"}
    assert (await progress(house)).failures == 0


async def test_half_an_emoji_hides_no_order(each_shop: House) -> None:
    house = each_shop
    placed = house.simulator.book.place_many(5, 4 * MINUTE_MS, 2 * MINUTE_MS)
    placed[2].memo = "CUT"
    answer = house.simulator.answer

    def cut(request: web.Request, body: bytes) -> web.Response:
        made = answer(request, body)
        assert isinstance(made.body, bytes)
        return web.Response(body=made.body.replace(b"CUT", b"\\ud83d\t\xf0\x9f"), status=made.status)

    house.simulator.answer = cut  # type: ignore[method-assign]
    await house.poll()
    assert (await house.orders.all()).keys() == {order.order_id for order in placed}


async def test_a_clock_that_was_ahead_for_a_while_costs_no_order(shop: House) -> None:
    shop.simulator.skew_ms = 20 * HOUR_MS
    await shop.poll()
    await shop.poll()
    assert (await progress(shop)).reached_ms > shop.clock.now_ms()
    shop.simulator.skew_ms = 0
    await shop.poll()
    placed = shop.simulator.book.place(2 * MINUTE_MS)
    await shop.poll()
    assert placed.order_id in await shop.orders.all()


async def test_an_expired_token_is_renewed_and_the_orders_arrive(each_shop: House) -> None:
    house = each_shop
    placed = house.simulator.book.place(2 * MINUTE_MS)
    if house.simulator.name != "generic":
        house.simulator.expire_tokens()
    await house.poll()
    assert placed.order_id in await house.orders.all()
    assert house.simulator.refreshes == (house.simulator.name != "generic")


async def test_a_platform_that_asks_for_a_rest_gets_it(shop: House) -> None:
    placed = shop.simulator.book.place(2 * MINUTE_MS)
    shop.simulator.ban(10 * MINUTE_MS)
    wait_s = await shop.poll()
    assert wait_s >= 590
    standing = await progress(shop)
    assert (standing.failures, "too many calls" in standing.reason) == (1, True)

    calls = len(shop.simulator.called)
    shop.clock.advance(round(wait_s * 1000))
    await shop.poll()
    assert placed.order_id in await shop.orders.all()
    assert shop.simulator.called_while_banned == 1
    assert len(shop.simulator.called) > calls


@pytest.mark.parametrize("trouble", [silent, server_error, garbage, half_json])
async def test_a_platform_in_trouble_costs_time_and_no_order(shop: House, trouble: Trouble) -> None:
    placed = shop.simulator.book.place(2 * MINUTE_MS)
    shop.simulator.troubles.extend([trouble] * 4)
    first = await shop.poll()
    assert (await progress(shop)).failures == 1
    assert first == 1.0
    await shop.poll()
    assert placed.order_id in await shop.orders.all()
    assert (await progress(shop)).failures == 0


async def test_a_new_secret_stops_the_shop_within_two_polls_and_works_at_once(each_shop: House) -> None:
    house = each_shop
    house.simulator.change_secret()
    placed = house.simulator.book.place_many(27, 4 * MINUTE_MS, 2 * MINUTE_MS)
    assert [await house.poll(), await house.poll()] == [1.0, 1.0]
    assert house.watch.told == ["app_secret"]
    refused = house.simulator.bad_signatures
    assert await house.poll() == 1.0
    assert house.simulator.bad_signatures == refused, "a stopped shop is not called"

    house.enter_secret()
    await house.poll()
    assert (await house.orders.all()).keys() == {order.order_id for order in placed}
    assert (await progress(house)).failures == 0


async def test_a_refund_is_a_hint_until_its_order_is_as_new(each_shop: House) -> None:
    """Its order arrives with its list too, where the platform tells its modification; once is enough."""
    house = each_shop
    order = house.simulator.book.place(4 * MINUTE_MS)
    await house.poll()
    house.simulator.book.ask_back(order.order_id)
    house.clock.advance(3 * MINUTE_MS)
    await house.poll()
    assert await house.hints.waiting() == {}

    order.modified_ms = order.created_ms  # a platform that does not tell it
    await house.pool.execute("UPDATE orders_taken SET modified_ms = $1", order.created_ms)
    await house.poll()
    assert await house.hints.waiting() == {"tees": 1}


async def test_new_orders_are_counted_by_their_hour(shop: House) -> None:
    shop.simulator.book.place_many(7, 4 * MINUTE_MS, 2 * MINUTE_MS)
    await shop.poll()
    shop.clock.advance(2 * MINUTE_MS)
    await shop.poll()
    counted = (await shop.book.hours(0))["tees"]
    assert counted == {shop.clock.now_ms() // HOUR_MS * HOUR_MS: 7}


async def test_a_shop_that_two_begin_with_at_once_has_one_beginning(shop: House) -> None:
    """The hub, and the worker that watches over it."""
    await shop.pool.execute("DELETE FROM shop_sync")
    async with shop.pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute("INSERT INTO shop_sync VALUES ('tees', 7, 7, 0, 0, '')")
            second = asyncio.create_task(shop.book.begin("tees", 8))
            while not await shop.pool.fetchval(WAITS):
                pass
        assert (await second).began_ms == 7


async def test_the_watermark_never_goes_back(shop: House) -> None:
    await shop.book.reach("tees", 1000)
    assert (await progress(shop)).reached_ms > 1000
