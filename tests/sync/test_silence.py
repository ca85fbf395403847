"""A shop that falls silent raises one alarm with a name on it, and closes it when it is heard again."""

from dataclasses import replace

from inventory_service.usecases.sync.compare import EVERY_MS, ScheduleChecks
from inventory_service.usecases.sync.ports import RunKind
from inventory_service.usecases.sync.silence import NO_HUB
from tests.channels.channel import HOUR_MS, MINUTE_MS
from tests.sync.house import House

DAY_MS = 24 * HOUR_MS


async def test_ten_minutes_without_a_poll_that_went_well_are_told_once_to_a_person(shop: House) -> None:
    shop.simulator.change_secret()
    shop.clock.advance(4 * MINUTE_MS)
    await shop.poll()
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {}
    shop.clock.advance(2 * MINUTE_MS)
    for _ in range(3):
        await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {"tees": 1}
    detail = await shop.alarms.open_detail("channel_silent")
    assert detail is not None
    assert (detail["responsible"], detail["reason"], detail["failures"]) == ("Wang Fang", "no_sync", 1)
    assert "signature" in str(detail["said"])

    shop.enter_secret()
    await shop.poll()
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {}


async def test_a_shop_that_never_answered_is_silent_too(shop: House) -> None:
    await shop.pool.execute("UPDATE shop_sync SET succeeded_ms = 0")
    shop.clock.advance(30 * MINUTE_MS)
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {"tees": 1}


async def test_a_shop_that_cannot_even_be_opened_is_silent_too(shop: House) -> None:
    await shop.pool.execute("DELETE FROM shop_sync")
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {}
    shop.clock.advance(11 * MINUTE_MS)
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {"tees": 1}


async def test_an_hour_far_below_its_habit_is_told_although_every_poll_goes_well(shop: House) -> None:
    hour_ms = shop.clock.now_ms() // HOUR_MS * HOUR_MS
    await shop.pool.execute("UPDATE shop_sync SET began_ms = $1", hour_ms - 30 * DAY_MS)
    await shop.book.count("tees", {hour_ms - day * DAY_MS: 100 for day in range(1, 29)} | {hour_ms: 29})
    shop.clock.time_ms = hour_ms + HOUR_MS + 4 * MINUTE_MS
    await shop.poll()
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {}
    shop.clock.advance(MINUTE_MS)
    await shop.silence.run_once()
    detail = await shop.alarms.open_detail("channel_silent")
    assert detail is not None
    assert (detail["reason"], detail["orders"], detail["usual"]) == ("few_orders", 29, 100)


async def test_the_oldest_day_counts_until_the_next_hour_is_judged(shop: House) -> None:
    """Of 15 days with orders and 13 without it is the one that makes the median."""
    hour_ms = shop.clock.now_ms() // HOUR_MS * HOUR_MS
    await shop.pool.execute("UPDATE shop_sync SET began_ms = $1", hour_ms - 30 * DAY_MS)
    await shop.book.count("tees", {hour_ms - day * DAY_MS: 18 for day in range(14, 29)})
    for minute in (66, 90, 120, 124):
        shop.clock.time_ms = hour_ms + minute * MINUTE_MS
        await shop.poll()
        await shop.silence.run_once()
        assert await shop.open_alarms("channel_silent") == {"tees": 1}, minute


async def test_a_shop_that_is_switched_off_is_not_missed(shop: House) -> None:
    shop.clock.advance(30 * MINUTE_MS)
    shop.shops.shops["tees"] = replace(shop.registered, enabled=False)
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {}


async def test_one_that_was_switched_off_is_missed_from_when_it_is_switched_on(shop: House) -> None:
    shop.shops.shops["tees"] = replace(shop.registered, enabled=False)
    shop.clock.advance(30 * MINUTE_MS)
    await shop.silence.run_once()
    shop.shops.shops["tees"] = shop.registered
    shop.clock.advance(9 * MINUTE_MS)
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {}
    shop.clock.advance(2 * MINUTE_MS)
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {"tees": 1}


async def test_an_hour_in_which_it_was_switched_off_is_no_hour_below_its_habit(shop: House) -> None:
    hour_ms = shop.clock.now_ms() // HOUR_MS * HOUR_MS
    await shop.pool.execute("UPDATE shop_sync SET began_ms = $1", hour_ms - 30 * DAY_MS)
    await shop.book.count("tees", {hour_ms - day * DAY_MS: 100 for day in range(1, 29)})
    shop.clock.time_ms = hour_ms + 59 * MINUTE_MS
    shop.shops.shops["tees"] = replace(shop.registered, enabled=False)
    await shop.silence.run_once()
    shop.shops.shops["tees"] = shop.registered
    shop.clock.advance(7 * MINUTE_MS)
    await shop.poll()
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {}


async def test_one_for_which_nobody_has_set_a_credential_is_not_missed_yet(shop: House) -> None:
    await shop.pool.execute("DELETE FROM shop_credentials")
    shop.clock.advance(30 * MINUTE_MS)
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {}


async def test_that_no_hub_is_at_work_is_told_with_it(shop: House) -> None:
    shop.hub_works = False
    await shop.silence.run_once()
    assert await shop.open_alarms("channel_silent") == {}
    shop.clock.advance(11 * MINUTE_MS)
    await shop.silence.run_once()
    detail = await shop.alarms.open_detail("channel_silent")
    assert detail is not None
    assert detail["said"] == NO_HUB


async def test_a_check_is_made_every_week_by_itself(shop: House) -> None:
    schedule = ScheduleChecks(shop.shops, shop.book, shop.run_book, shop.clock.now_ms)
    await schedule.run_once()
    assert await shop.run_book.newest(RunKind.CHECK) == {}
    shop.clock.advance(EVERY_MS)
    for _ in range(3):
        await schedule.run_once()
    await shop.work()
    first = (await shop.run_book.newest(RunKind.CHECK))["tees"]
    assert (first.to_ms - first.from_ms, first.requested_by) == (EVERY_MS, "schedule")
    shop.clock.time_ms = first.requested_ms + EVERY_MS - 1
    await schedule.run_once()
    assert (await shop.run_book.newest(RunKind.CHECK))["tees"].run_id == first.run_id
    shop.clock.advance(1)
    await schedule.run_once()
    assert (await shop.run_book.newest(RunKind.CHECK))["tees"].run_id != first.run_id


async def test_weekly_checks_leave_out_nothing_whatever_people_check_between(shop: House) -> None:
    schedule = ScheduleChecks(shop.shops, shop.book, shop.run_book, shop.clock.now_ms)
    shop.clock.advance(EVERY_MS)
    await schedule.run_once()
    first = (await shop.run_book.newest(RunKind.CHECK))["tees"]
    shop.clock.advance(EVERY_MS - HOUR_MS)
    now_ms = shop.clock.now_ms()
    by_hand = await shop.runs.ask("tees", RunKind.CHECK, now_ms - HOUR_MS, now_ms, "desk")
    shop.clock.advance(3 * HOUR_MS)  # nobody was at work when it was due
    for _ in range(2):
        await schedule.run_once()
    second = (await shop.run_book.newest(RunKind.CHECK))["tees"]
    assert int(second.run_id) == int(by_hand.run_id) + 1
    assert (second.from_ms, second.requested_by) == (first.to_ms, "schedule")
