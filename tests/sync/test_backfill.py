"""A backfill takes orders in again and tells exactly what each was, killed or not; a check tells what differs."""

from collections import Counter

import pytest

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.usecases.sync.adapter import Arrived
from inventory_service.usecases.sync.ports import Run, RunKind, Took
from inventory_service.usecases.sync.runs import Report
from tests.channels.channel import HOUR_MS, MINUTE_MS
from tests.sync.house import House

RANGE_MS = 20 * HOUR_MS


async def ask(house: House, kind: RunKind = RunKind.BACKFILL) -> Run:
    now_ms = house.clock.now_ms()
    return await house.runs.ask("tees", kind, now_ms - RANGE_MS, now_ms, "desk")


async def report(house: House, run: Run) -> Report:
    return await house.runs.report("tees", run.kind, run.run_id)


class Killed(BaseException):
    """As by SIGKILL: nothing behind it runs."""


async def test_it_tells_exactly_what_was_new_changed_and_unchanged(each_shop: House) -> None:
    house = each_shop
    placed = house.simulator.book.place_many(60, RANGE_MS - HOUR_MS, HOUR_MS)
    for order in placed[:25]:
        await house.orders.arrive(house.registered.channel, "tees", await house.adapter.order(order.order_id))
    for order in placed[:10]:
        house.simulator.book.change(order.order_id, "shipped")
    house.simulator.untidy = True
    run = await ask(house)
    await house.work()
    done = await report(house, run)
    assert done.counts == {"changed": 10, "unchanged": 15, "new": 35}
    assert done.run.ended_ms == house.clock.now_ms()
    assert done.run.share_done == 1.0
    assert (await house.orders.all()).keys() == {order.order_id for order in placed}
    told = Counter(order.outcome for order in done.listed)
    assert told == {"changed": 10, "new": 35}
    assert sum(len(orders) for orders in done.customers.values()) in {0, 45}  # not every platform names its buyers


async def test_killed_anywhere_it_goes_on_and_counts_the_same(each_shop: House) -> None:
    """Before and behind each note: an order that was taken in, and not noted, is new all the same."""
    house = each_shop
    placed = house.simulator.book.place_many(40, RANGE_MS - HOUR_MS, HOUR_MS)
    for order in placed[:8]:
        await house.orders.arrive(house.registered.channel, "tees", await house.adapter.order(order.order_id))
        house.simulator.book.change(order.order_id, "shipped")
    run = await ask(house)
    kills = 0
    for step in range(3, 60, 7):
        kills += await killed_after(house, step)
    await house.work()
    assert kills >= 5
    done = await report(house, run)
    assert done.counts == {"changed": 8, "new": 32}
    assert house.orders.took[Took.NEW] == 8 + 32


async def killed_after(house: House, steps: int) -> bool:
    """Work, and die at the given note or arrival."""
    left = steps

    def dying(method: object) -> object:
        async def call(*arguments: object) -> object:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            return await method(*arguments)  # type: ignore[operator]

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            (house.orders, "arrive"),
            (house.run_book, "expect"),
            (house.run_book, "settle"),
            (house.run_book, "reach"),
        ):
            patch.setattr(owner, name, dying(getattr(owner, name)))
        try:
            await house.work()
        except Killed:
            return True
    return False


async def test_progress_is_told_while_it_goes_on(shop: House) -> None:
    run = await ask(shop)
    working = shop.working()
    shares = []
    for _ in range(20):
        await working.run_once()
        shares.append((await report(shop, run)).run.share_done)
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(0.05)
    assert shares[-1] == 1.0


async def test_orders_that_do_not_fit_are_counted_and_named(each_shop: House) -> None:
    house = each_shop
    placed = house.simulator.book.place_many(5, 5 * HOUR_MS, HOUR_MS)
    house.simulator.spoilt_ids.add(placed[2].order_id)
    run = await ask(house)
    await house.work()
    done = await report(house, run)
    assert done.counts == {"new": 4, "failed": 1}
    assert len(await house.orders.failures()) == 1


async def test_the_same_range_asked_for_twice_is_one_run(shop: House) -> None:
    first, second = await ask(shop), await ask(shop)
    assert first.run_id == second.run_id
    await shop.work()
    assert (await ask(shop)).run_id != first.run_id


async def test_a_platform_in_trouble_puts_it_off_and_it_goes_on(shop: House) -> None:
    placed = shop.simulator.book.place(3 * HOUR_MS)
    run = await ask(shop)
    shop.simulator.ban(10 * MINUTE_MS)
    await shop.working().run_once()
    waiting = (await report(shop, run)).run
    assert (waiting.attempts, "too many calls" in waiting.reason) == (1, True)
    assert await shop.run_book.due("tees", shop.clock.now_ms()) is None
    shop.clock.advance(11 * MINUTE_MS)
    await shop.work()
    assert (await report(shop, run)).counts == {"new": 1}
    assert placed.order_id in await shop.orders.all()


@pytest.mark.parametrize(
    ("from_ago_ms", "to_ago_ms"), [(0, HOUR_MS), (-HOUR_MS, -2 * HOUR_MS), (400 * 24 * HOUR_MS, 0)]
)
async def test_a_range_that_is_none_is_refused(shop: House, from_ago_ms: int, to_ago_ms: int) -> None:
    now_ms = shop.clock.now_ms()
    with pytest.raises(Refused) as refusal:
        await shop.runs.ask("tees", RunKind.BACKFILL, now_ms - from_ago_ms, now_ms - to_ago_ms, "desk")
    assert refusal.value.code == "validation_failed"


async def test_a_range_before_all_platforms_does_not_hold_up_those_behind_it(each_shop: House) -> None:
    """0001-01-01T00:00:00+14:00: no platform's time can be written for it, and the runs of a shop have an order."""
    start_ms = -62_135_647_200_000
    with pytest.raises(Refused) as refusal:
        await each_shop.runs.ask("tees", RunKind.CHECK, start_ms, start_ms + HOUR_MS, "desk")
    assert (refusal.value.code, refusal.value.pointer) == ("validation_failed", "/from")


async def test_what_is_not_of_this_shop_and_kind_is_not_found(shop: House) -> None:
    run = await ask(shop)
    for name, kind, run_id in (
        ("mugs", run.kind, run.run_id),
        ("tees", RunKind.CHECK, run.run_id),
        ("tees", run.kind, "x"),
    ):
        with pytest.raises(Refused) as refusal:
            await shop.runs.report(name, kind, run_id)
        assert refusal.value.code == "not_found"


async def test_a_check_of_what_is_alike_finds_nothing(each_shop: House) -> None:
    house = each_shop
    house.simulator.book.place_many(30, RANGE_MS - HOUR_MS, HOUR_MS)
    await ask(house)
    await house.work()
    check = await ask(house, RunKind.CHECK)
    await house.work()
    done = await report(house, check)
    assert done.counts == {}
    assert done.run.counted["theirs_orders"] == done.run.counted["ours_orders"] == 30
    assert done.run.counted["theirs_minor"] == done.run.counted["ours_minor"] > 0
    assert await house.open_alarms("channel_differs") == {}


async def test_a_check_names_each_difference_and_one_command_repairs_them(each_shop: House) -> None:
    house = each_shop
    placed = house.simulator.book.place_many(30, RANGE_MS - HOUR_MS, HOUR_MS)
    await ask(house)
    await house.work()
    ids = [order.order_id for order in placed]
    sql = "UPDATE orders_taken SET {} WHERE id = $1"
    await house.pool.execute("DELETE FROM orders_taken WHERE id = $1", ids[0])
    await house.pool.execute(sql.format("payment = 'unpaid', modified_ms = 0"), ids[1])
    await house.pool.execute(sql.format("fulfilment = 'shipped', modified_ms = 0"), ids[2])
    await house.pool.execute(sql.format("paid_minor = 1, modified_ms = 0"), ids[3])
    del house.simulator.book.orders[ids[4]]
    check = await ask(house, RunKind.CHECK)
    await house.work()
    done = await report(house, check)
    assert {order.channel_order_id: order.outcome for order in done.listed} == {
        ids[0]: "missing_here", ids[1]: "payment", ids[2]: "fulfilment", ids[3]: "amount", ids[4]: "missing_there",
    }  # fmt: skip
    assert (done.run.counted["theirs_orders"], done.run.counted["ours_orders"]) == (29, 29)
    assert await house.open_alarms("channel_differs") == {"tees": 1}

    assert await house.runs.repair("tees", check.run_id) == 4
    await house.follow()
    again = await ask(house, RunKind.CHECK)
    assert again.run_id != check.run_id
    await house.work()
    assert (await report(house, again)).counts == {"missing_there": 1}


async def test_an_order_whose_id_cannot_be_read_is_a_difference_that_nobody_can_fetch(each_shop: House) -> None:
    house = each_shop
    placed = house.simulator.book.place_many(3, RANGE_MS - HOUR_MS, HOUR_MS)
    house.simulator.spoilt_ids.add(placed[1].order_id)
    await ask(house)
    await house.work()
    check = await ask(house, RunKind.CHECK)
    await house.work()
    assert (await report(house, check)).counts == {"unread": 1}
    assert await house.open_alarms("channel_differs") == {"tees": 1}
    told = int(house.simulator.name == "taobao")  # which shows the id in a list of its own
    assert await house.runs.repair("tees", check.run_id) == told
    assert (await house.hints.waiting()).get("tees", 0) == told


async def test_an_order_that_we_believe_to_have_been_placed_at_another_time_is_not_missing(shop: House) -> None:
    shop.simulator.book.place_many(3, RANGE_MS - HOUR_MS, HOUR_MS)
    await ask(shop)
    await shop.work()
    await shop.pool.execute("UPDATE orders_taken SET created_ms = 0")
    check = await ask(shop, RunKind.CHECK)
    await shop.work()
    assert (await report(shop, check)).counts == {}


async def test_what_changed_behind_the_watermark_is_no_difference(shop: House) -> None:
    """It is on its way: the next poll brings it."""
    shop.simulator.book.place(0)
    shop.clock.advance(1000)
    check = await ask(shop, RunKind.CHECK)
    await shop.work()
    assert (await report(shop, check)).counts == {}


async def test_a_store_that_fails_in_a_check_counts_nothing_twice(shop: House) -> None:
    shop.simulator.book.place_many(30, RANGE_MS - HOUR_MS, HOUR_MS)
    await ask(shop)
    await shop.work()
    check = await ask(shop, RunKind.CHECK)
    reach, calls = shop.run_book.reach, 0

    async def breaks(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls % 5 == 0:
            raise NotReady("Postgres: gone")
        await reach(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop.run_book, "reach", breaks)
        while await shop.run_book.due("tees", shop.clock.now_ms()) is not None:
            try:
                await shop.work()
            except NotReady:
                continue
    assert (await report(shop, check)).run.counted["theirs_orders"] == 30


async def test_an_order_that_was_shown_by_the_poll_meanwhile_is_not_the_backfills(shop: House) -> None:
    order = shop.simulator.book.place(3 * HOUR_MS)
    arrive = shop.orders.arrive

    async def overtaken(channel: str, name: str, arrived: Arrived) -> Took:
        await arrive(channel, name, arrived)
        return await arrive(channel, name, arrived)

    run = await ask(shop)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shop.orders, "arrive", overtaken)
        await shop.work()
    assert (await report(shop, run)).counts == {"unchanged": 1}
    assert order.order_id in await shop.orders.all()


async def test_a_check_that_differs_is_told_also_who_has_acknowledged_the_one_before(shop: House) -> None:
    shop.simulator.book.place(3 * HOUR_MS)
    for _ in range(2):
        await ask(shop, RunKind.CHECK)
        await shop.work()
        states = await shop.pool.fetch("SELECT state FROM alerts WHERE rule = 'channel_differs'")
        assert [row["state"] for row in states] == ["open"]
        await shop.pool.execute("UPDATE alerts SET state = 'acknowledged'")
