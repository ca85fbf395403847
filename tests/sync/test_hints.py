"""Messages become hints, hints become orders: once each, whatever is repeated, late, lost in between or not there."""

from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from inventory_service.domain.errors import NotReady
from inventory_service.usecases.sync.follow_hints import ATTEMPTS_MAX
from inventory_service.usecases.sync.ports import Took
from tests.channels.channel import MINUTE_MS
from tests.sync.house import House


async def test_a_hint_is_fetched_once_however_often_it_was_noted(each_shop: House) -> None:
    house = each_shop
    order = house.simulator.book.place(100 * MINUTE_MS)
    now_ms = house.clock.now_ms()
    for _ in range(3):
        await house.hints.note("tees", [order.order_id], now_ms)
    await house.follow()
    assert order.order_id in await house.orders.all()
    assert house.orders.took == {Took.NEW: 1}
    assert await house.hints.waiting() == {}


async def test_a_hint_noted_while_its_order_is_fetched_is_followed_again(shop: House) -> None:
    order = shop.simulator.book.place(100 * MINUTE_MS)
    await shop.hints.note("tees", [order.order_id], shop.clock.now_ms())
    (hint,) = await shop.hints.due("tees", shop.clock.now_ms(), 10)
    await shop.hints.note("tees", [order.order_id], shop.clock.now_ms())
    await shop.hints.done("tees", hint)
    assert await shop.hints.waiting() == {"tees": 1}


async def test_an_order_that_is_not_there_yet_is_asked_for_again_and_blocks_nobody(each_shop: House) -> None:
    house = each_shop
    there = house.simulator.book.place(100 * MINUTE_MS)
    await house.hints.note("tees", ["1", there.order_id], house.clock.now_ms())
    await house.follow()
    assert (await house.orders.all()).keys() == {there.order_id}
    assert await house.hints.waiting() == {"tees": 1}

    asked = 1
    while await house.hints.waiting():
        house.clock.advance(MINUTE_MS)
        await house.follow()
        asked += 1
    assert asked == ATTEMPTS_MAX
    assert (await house.orders.failures()).keys() == {"1"}


async def test_orders_at_which_the_platform_breaks_block_nobody(taobao: House) -> None:
    house = taobao
    placed = house.simulator.book.place_many(40, 4 * MINUTE_MS, 2 * MINUTE_MS)
    broken = {order.order_id for order in placed[:17]}
    answer = house.simulator.answer

    def breaking(request: web.Request, body: bytes) -> web.Response:
        asked = dict(parse_qsl(body.decode()))
        return web.Response(status=500) if asked.get("tid") in broken else answer(request, body)

    house.simulator.answer = breaking  # type: ignore[method-assign]
    await house.hints.note("tees", [order.order_id for order in placed], house.clock.now_ms())
    following = house.following()
    assert await following.run_once() == 1.0  # at all of the first few: it may be away
    await following.run_once()
    assert (await house.orders.all()).keys() == {order.order_id for order in placed} - broken
    house.simulator.answer = answer  # type: ignore[method-assign]
    house.clock.advance(MINUTE_MS)
    await following.run_once()
    assert len(await house.orders.all()) == 40


async def test_what_a_late_detail_lacks_comes_with_the_next_attempt(shop: House) -> None:
    await shop.hints.note("tees", ["MP-1"], shop.clock.now_ms())
    await shop.follow()
    order = shop.simulator.book.place()
    assert order.order_id == "MP-1"
    shop.clock.advance(1000)
    await shop.follow()
    assert order.order_id in await shop.orders.all()
    assert await shop.orders.failures() == {}


async def test_a_store_that_fails_leaves_the_hint(shop: House) -> None:
    order = shop.simulator.book.place(100 * MINUTE_MS)
    await shop.hints.note("tees", [order.order_id], shop.clock.now_ms())

    async def breaks(*_: object) -> Took:
        raise NotReady("Postgres: gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop.orders, "arrive", breaks)
        with pytest.raises(NotReady):
            await shop.follow()
    await shop.follow()
    assert order.order_id in await shop.orders.all()


async def test_a_stopped_shop_keeps_its_hints_until_it_has_a_new_secret(each_shop: House) -> None:
    house = each_shop
    orders = house.simulator.book.place_many(3, 100 * MINUTE_MS, 90 * MINUTE_MS)
    await house.hints.note("tees", [order.order_id for order in orders], house.clock.now_ms())
    house.simulator.change_secret()
    following = house.following()
    assert [await following.run_once() for _ in range(3)] == [1.0, 1.0, 1.0]
    assert house.watch.told == ["app_secret"]
    assert await house.hints.waiting() == {"tees": 3}

    house.enter_secret()
    await following.run_once()
    assert await house.hints.waiting() == {}
    assert house.orders.took == {Took.NEW: 3}


async def test_a_queue_is_confirmed_once_its_messages_are_noted(taobao: House) -> None:
    from tests.simulators.taobao import TaobaoSimulator

    simulator = taobao.simulator
    assert isinstance(simulator, TaobaoSimulator)
    order = simulator.book.place(100 * MINUTE_MS)
    simulator.tell(order, times=3)
    simulator.tell_nonsense()

    async def breaks(*_: object) -> None:
        raise NotReady("Postgres: gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taobao.hints, "note", breaks)
        with pytest.raises(NotReady):
            await taobao.drain()
    assert len(simulator.queue) == 4

    taobao.clock.advance(11 * MINUTE_MS)
    assert await taobao.drain() == 0.0
    assert simulator.queue == {}
    assert await taobao.drain() > 0
    assert await taobao.hints.waiting() == {"tees": 1}
    await taobao.follow()
    assert order.order_id in await taobao.orders.all()
    assert taobao.told.pushes == {"noted": 4}
