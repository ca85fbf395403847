"""Clocks that jump, stand or disagree: nothing expires by a time that nobody saw pass."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from inventory_service.bootstrap.api import api_process
from inventory_service.domain.errors import NotReady
from inventory_service.engine.keys import META
from inventory_service.settings import Settings
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.judge_state import Cause
from inventory_service.usecases.standing import Closed
from tests.kernel import make
from tests.ledger.house import House, house

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


async def redis_ms(redis: Redis) -> int:
    seconds, microseconds = await redis.time()
    return int(seconds) * 1000 + int(microseconds) // 1000


async def set_clock(redis: Redis, ahead_ms: int) -> None:
    """As if the kernel had stored its clock when the server's own showed so much more than it shows now."""
    await redis.hset(META, "clock_ms", str(await redis_ms(redis) + ahead_ms))


async def status(at: House, reservation_id: str) -> str:
    return (await at.hot.records_of([reservation_id]))[reservation_id].status


async def test_a_clock_that_jumped_shuts_the_gate_and_nothing_expires(open_house: House, redis: Redis) -> None:
    worker = open_house.write_behind()
    await worker.run_once()
    await open_house.do(make.receive("A", 5), make.reserve("r", "A", ttl_ms=1))
    await set_clock(redis, -MINUTE_MS - 1)
    with pytest.raises(NotReady):
        await open_house.do(make.confirm("r"))
    assert (await open_house.hot.inspect()).closed == Closed.CLOCK
    await open_house.log.flushed(open_house.persist.position)

    worker._checked_s = 0.0
    await worker.run_once()
    assert (await open_house.hot.inspect()).closed == Closed.NO
    assert await open_house.do(make.confirm("r")) == ["confirmed"], "due by the clock, but nobody could have paid"
    await open_house.flush()
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def test_what_lets_go_of_remembered_ids_looks_at_the_clock_too(open_house: House, redis: Redis) -> None:
    await open_house.do(moved := make.move("m", "receive", "A", 5))
    position = await open_house.flush()
    await set_clock(redis, -4 * DAY_MS)
    await open_house.log.flushed(position)
    assert (await open_house.hot.inspect()).closed == Closed.CLOCK
    await open_house.open()
    assert await open_house.do(moved) == ["duplicate"]


@pytest.fixture
async def hurried(open_house: House, redis_url: str, database_url: str) -> AsyncIterator[House]:
    """The same house, with a worker whose own clock is 6 s ahead."""
    async with house(redis_url, database_url, now_ms=lambda: wall_ms() + 6_000) as made:
        yield made


async def test_the_gate_stays_shut_until_three_clocks_agree(open_house: House, hurried: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 5))
    await redis.hset(META, "closed", Closed.CLOCK)
    for _ in range(2):
        with pytest.raises(NotReady, match=r"this machine is \d\.\d s ahead of"):
            await hurried.open()
    (alarm,) = (await open_house.reader.alerts("open", 9, "")).data
    assert (alarm.rule, alarm.cause, alarm.count) == ("gate_closed", Cause.CLOCKS, 1)
    assert "The clocks disagree" in str(alarm.detail["reason"])
    await open_house.open()
    assert (await open_house.reader.alerts("open", 9, "")).data == []


async def test_clocks_are_not_asked_where_no_time_is_missing(open_house: House, hurried: House) -> None:
    await hurried.open()
    assert await hurried.do(make.receive("A", 5)) == ["applied"]


async def test_a_clock_stuck_ahead_is_set_back_and_holds_get_what_was_left(open_house: House, redis: Redis) -> None:
    worker = open_house.write_behind()
    await worker.run_once()
    await open_house.do(moved := make.move("m", "receive", "A", 9), make.reserve("older", "A", ttl_ms=15 * MINUTE_MS))
    await set_clock(redis, 4 * DAY_MS)
    later = make.move("later", "receive", "A", 9)
    await open_house.do(make.reserve("r", "A*2", ttl_ms=15 * MINUTE_MS), make.reserve("due", "A", ttl_ms=2), later)
    await open_house.do(make.reserve("gone", "A"), make.release("gone"))
    assert await status(open_house, "older") == "expired", "by the wrong time, which was believed"

    worker._checked_s = 0.0
    await worker.run_once()
    now_ms = await redis_ms(redis)
    assert (await open_house.hot.inspect()).clock_ms <= now_ms
    deadlines = {name: at_ms async for name, at_ms in open_house.hot.deadlines()}
    assert 14 * MINUTE_MS < deadlines["r"] - now_ms <= 15 * MINUTE_MS
    assert 0 < deadlines["due"] - now_ms <= MINUTE_MS
    assert await open_house.do(moved, later, make.release("r")) == ["duplicate", "duplicate", "released"]
    await open_house.flush()
    assert [finding for finding in (await open_house.findings()).values() if not finding.ok] == []


async def test_a_clock_stuck_ahead_stays_while_clocks_disagree_and_sales_go_on(
    open_house: House, hurried: House, redis: Redis
) -> None:
    """It may be Redis's own that is wrong: then nothing expires, which is late and not early."""
    worker = hurried.write_behind()
    await worker.run_once()
    await hurried.do(make.receive("A", 5))
    await set_clock(redis, DAY_MS)
    worker._checked_s = 0.0
    await worker.run_once()
    assert await hurried.do(make.reserve("r", "A")) == ["held"]
    assert (await hurried.hot.inspect()).clock_ms > await redis_ms(redis) + DAY_MS // 2
    assert (await hurried.flush()).seq == 2


async def test_holds_made_before_a_rebuild_have_a_minute_from_its_opening(open_house: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 5), make.reserve("r", "A", ttl_ms=1))
    await open_house.flush()
    await redis.flushall()
    await open_house.open()
    opened_ms = (await open_house.hot.inspect()).opened_ms
    await redis.hset(META, "clock_ms", opened_ms + MINUTE_MS - 1)
    await open_house.do(make.receive("A", 1))
    assert await status(open_house, "r") == "held"
    await redis.hset(META, "clock_ms", opened_ms + MINUTE_MS)
    await open_house.do(make.receive("A", 1))
    assert await status(open_house, "r") == "expired"


async def test_an_api_process_sees_time_pass_while_there_is_no_worker(
    open_house: House, redis: Redis, redis_url: str, database_url: str
) -> None:
    await set_clock(redis, -MINUTE_MS // 2)
    before_ms = await redis_ms(redis)
    async with api_process(Settings(redis_url=redis_url, database_url=database_url)) as process:
        await process.tick()
    assert (await open_house.hot.inspect()).clock_ms >= before_ms
