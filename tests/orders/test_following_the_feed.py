"""Whoever follows the feed is told of an entry when it is there: by the announcement of Postgres, on real stores."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from inventory_service.ledger.ear import Ear
from inventory_service.ledger.orders.news import CHANNEL
from tests.acceptance.waiting import eventually
from tests.orders.house import BOB, Orders, document, line


@pytest.fixture
async def hearing(orders: Orders) -> AsyncIterator[Orders]:
    ear = Ear(orders.service.pool, {CHANNEL: orders.news.hear})
    await ear.listen()
    yield orders
    await ear.stop()


class Follower:
    """Waits as long as it takes; `looks`: how often there was nothing yet."""

    def __init__(self, orders: Orders, after: int = 0, warehouse: str = "") -> None:
        self.looks = 0
        self.task = asyncio.create_task(self._follow(orders, after, warehouse))

    async def _follow(self, orders: Orders, after: int, warehouse: str) -> list[tuple[str, str]]:
        entries = await orders.feed.following(after, warehouse, 10, BOB, self._wait)
        return [(entry.warehouse, entry.stored.order.channel_order_id) for entry in entries]

    async def _wait(self, came: asyncio.Event) -> bool:
        self.looks += 1
        await came.wait()
        return True

    async def waits(self, looks: int = 1) -> None:
        async def probe() -> bool:
            return self.looks == looks

        await eventually(probe, "it has looked, and waits")


async def test_what_is_there_is_answered_at_once(hearing: Orders) -> None:
    await hearing.takes(document())
    follower = Follower(hearing)
    assert await follower.task == [("SHA", "1")]
    assert follower.looks == 0


async def test_an_entry_wakes_whoever_waits_for_it(hearing: Orders) -> None:
    followers = [Follower(hearing), Follower(hearing, warehouse="SHA")]
    for follower in followers:
        await follower.waits()
    await hearing.takes(document())
    async with asyncio.timeout(20):
        assert [await follower.task for follower in followers] == [[("SHA", "1")]] * 2


async def test_another_warehouse_does_not_wake_it(hearing: Orders) -> None:
    await hearing.service.stock_up("C", "PEK", 10)
    other, own = Follower(hearing, warehouse="PEK"), Follower(hearing, warehouse="SHA")
    await other.waits()
    await own.waits()
    await hearing.takes(document())
    async with asyncio.timeout(20):
        await own.task
    assert (other.looks, other.task.done()) == (1, False)
    await hearing.takes(document(order_id="2", lines=[line(sku="C")]))
    async with asyncio.timeout(20):
        assert await other.task == [("PEK", "2")]


async def test_a_cursor_ahead_waits_on(hearing: Orders) -> None:
    ahead = Follower(hearing, after=1_000_000)
    await ahead.waits()
    await hearing.takes(document())
    await ahead.waits(2)  # it was woken, and there was nothing behind its cursor
    assert not ahead.task.done()
    ahead.task.cancel()
    await asyncio.wait([ahead.task])
    assert hearing.news._listening == {}


async def test_what_comes_between_looking_and_waiting_is_not_missed(hearing: Orders) -> None:
    """The entry is committed, and announced, behind the reading that found nothing."""

    async def wait(came: asyncio.Event) -> bool:
        await hearing.takes(document())
        async with asyncio.timeout(20):
            await came.wait()
        return True

    (entry,) = await hearing.feed.following(0, "SHA", 10, BOB, wait)
    assert entry.stored.order.channel_order_id == "1"
