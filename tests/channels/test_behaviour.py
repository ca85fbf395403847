"""What every adapter does, whatever its platform: orders, refunds and stock."""

import random
from typing import get_args

import pytest

from inventory_service.usecases.sync.adapter import (
    Arrived,
    Missed,
    NotUnderstood,
    Permanent,
    Refund,
    StockLevel,
)
from inventory_service.usecases.sync.watermark import SAFETY_MS, Watermark, Window
from tests.channels.channel import HOUR_MS, MINUTE_MS, Channel, opened
from tests.simulators.book import State


async def test_every_order_arrives_whole_and_with_its_id_as_text(channel: Channel) -> None:
    placed = channel.simulator.book.place_many(7, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}
    for order in placed:
        arrived = channel.kept[order.order_id]
        assert arrived.modified_ms == order.modified_ms // 1000 * 1000
        assert channel.state_of(order) == "paid"
    assert channel.simulator.bad_signatures == 0
    assert channel.missed == []


async def test_an_order_can_be_asked_for_by_its_id(channel: Channel) -> None:
    order = channel.simulator.book.place(100 * 24 * HOUR_MS, "shipped")
    channel.keep(await channel.adapter.order(order.order_id))
    assert channel.state_of(order) == "shipped"


@pytest.mark.parametrize("state", get_args(State))
async def test_every_state_of_an_order_is_told(channel: Channel, state: State) -> None:
    order = channel.simulator.book.place(HOUR_MS // 2, state)
    order.deposit_minor = 2000
    await channel.poll()
    assert channel.state_of(order) == state


async def test_an_order_that_is_not_there_is_a_definite_no(channel: Channel) -> None:
    with pytest.raises(Permanent):
        await channel.adapter.order("404")
    assert channel.clock.waits_ms == []


async def test_nothing_is_lost_while_pages_change(channel: Channel) -> None:
    """Each page that is read moves a few orders out of the window; what did not move arrives with the first poll."""
    placed = channel.simulator.book.place_many(420, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    chosen = random.Random(20)
    touched: set[str] = set()

    def touch() -> None:
        for order in chosen.sample(placed, 3):
            touched.add(channel.simulator.book.change(order.order_id, "shipped").order_id)

    channel.simulator.between_pages = touch
    await channel.poll()
    assert len(touched) > 12
    still = {order.order_id for order in placed} - touched
    assert still - channel.kept.keys() == set()

    channel.simulator.between_pages = lambda: None
    channel.clock.advance(2 * SAFETY_MS)
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}
    assert {order.order_id for order in placed if channel.state_of(order) == "shipped"} == touched


async def test_rows_that_are_shown_twice_and_in_any_order_arrive(channel: Channel) -> None:
    placed = channel.simulator.book.place_many(230, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    channel.simulator.untidy = True
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed}
    assert sum(channel.arrivals.values()) > 230


async def test_orders_can_be_asked_for_by_when_they_were_placed(channel: Channel) -> None:
    """Whenever they changed: a gap of last night is filled by it."""
    book = channel.simulator.book
    placed = book.place_many(230, 20 * HOUR_MS, 18 * HOUR_MS)
    for order in placed[::3]:
        book.change(order.order_id, "done")
    book.place(17 * HOUR_MS)
    book.place(21 * HOUR_MS)
    window = Window(placed[0].created_ms, placed[-1].created_ms)
    found = [order async for page in channel.adapter.placed(window) for order in page]
    for arrived in found:
        channel.keep(arrived)
    assert channel.kept.keys() == {order.order_id for order in placed}
    assert {order.order_id for order in placed if channel.state_of(order) == "done"} == {
        order.order_id for order in placed[::3]
    }


async def test_an_order_is_read_again_within_the_overlap(channel: Channel) -> None:
    """A row that the platform's search shows late stands behind the watermark."""
    await channel.poll()
    reached_ms = channel.watermark.reached_ms
    channel.clock.advance(MINUTE_MS)
    late = channel.simulator.book.place(channel.clock.now_ms() - reached_ms + 5 * MINUTE_MS)
    await channel.poll()
    assert channel.kept.keys() == {late.order_id}


async def test_the_watermark_follows_the_platforms_clock(channel: Channel) -> None:
    """Ours runs an hour fast, then ten slow: a poll that signed with it once is refused, hears the time, goes on."""
    channel.watermark = Watermark(channel.clock.now_ms() - 3 * HOUR_MS)
    for skew_ms in (-HOUR_MS, 10 * HOUR_MS):
        channel.simulator.skew_ms = skew_ms
        await channel.poll()
        behind_ms = channel.simulator.now_ms() - channel.watermark.reached_ms
        assert SAFETY_MS <= behind_ms <= SAFETY_MS + 2000 + sum(channel.clock.waits_ms)


async def test_a_later_poll_reads_only_what_is_new_and_the_overlap(channel: Channel) -> None:
    old = channel.simulator.book.place(41 * MINUTE_MS)
    await channel.poll()
    channel.clock.advance(5 * MINUTE_MS)
    new = channel.simulator.book.place(2 * MINUTE_MS)
    await channel.poll()
    await channel.poll()
    assert channel.arrivals == {old.order_id: 1, new.order_id: 2}


async def test_refunds_arrive(channel: Channel) -> None:
    book = channel.simulator.book
    asked = [book.ask_back(order.order_id, 10 * MINUTE_MS) for order in book.place_many(130, HOUR_MS, 20 * MINUTE_MS)]
    now_ms = channel.clock.now_ms()
    window = Window(now_ms - 20 * MINUTE_MS, now_ms - MINUTE_MS)
    found = [refund async for page in channel.adapter.refunds(window) for refund in page]
    assert all(isinstance(refund, Refund) for refund in found)
    seen = {(refund.refund_id, refund.channel_order_id) for refund in found if isinstance(refund, Refund)}
    assert seen == {(one.refund_id, one.order_id) for one in asked}


async def test_stock_is_set_to_absolute_numbers_and_one_refusal_stops_no_other(channel: Channel) -> None:
    levels = [StockLevel("520", str(sku), sku) for sku in range(100, 145)] + [StockLevel("521", "", 7)]
    unknown = StockLevel("520", "999", 5)
    for _ in range(2):
        refused = await channel.adapter.write_stock([*levels[:20], unknown, *levels[20:]])
        assert [one.level for one in refused] == [unknown]
        assert channel.simulator.book.stock == {(level.product_id, level.sku_id): level.available for level in levels}


async def test_a_refused_article_without_variants_is_told() -> None:
    async with opened("generic") as channel:
        unknown = StockLevel("999", "", 5)
        assert [one.level for one in await channel.adapter.write_stock([StockLevel("521", "", 7), unknown])] == [
            unknown
        ]


async def test_one_order_that_cannot_be_read_hides_no_other(channel: Channel) -> None:
    placed = channel.simulator.book.place_many(120, HOUR_MS - MINUTE_MS, 2 * MINUTE_MS)
    spoilt = placed[60].order_id
    channel.simulator.spoilt_ids.add(spoilt)
    await channel.poll()
    assert channel.kept.keys() == {order.order_id for order in placed} - {spoilt}
    assert {spoilt in str(missed.row) for missed in channel.missed} == {True}
    assert {type(missed.error) for missed in channel.missed} == {NotUnderstood}

    channel.simulator.spoilt_ids.clear()
    channel.keep(await channel.adapter.order(spoilt))
    assert spoilt in channel.kept


async def test_an_order_that_vanished_after_it_was_listed_hides_no_other() -> None:
    async with opened("taobao") as channel:
        book = channel.simulator.book
        placed = book.place_many(30, 25 * MINUTE_MS, 2 * MINUTE_MS)
        gone = placed[7].order_id

        def vanish() -> None:
            del book.orders[gone]

        channel.simulator.between_pages = vanish
        window = Window(placed[0].modified_ms, placed[-1].modified_ms)
        found = [order async for page in channel.adapter.orders(window) for order in page]
        assert [one.row_id for one in found if isinstance(one, Missed)] == [gone]
        assert sum(isinstance(one, Arrived) for one in found) == 29


async def test_a_detail_of_another_order_is_not_taken_for_it(channel: Channel) -> None:
    book = channel.simulator.book
    order = book.place()
    book.orders["31"] = order
    with pytest.raises(NotUnderstood):
        await channel.adapter.order("31")
    assert isinstance(await channel.adapter.order(order.order_id), Arrived)
