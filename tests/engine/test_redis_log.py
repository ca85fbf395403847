"""What the writer sees of the stream, and what leaves Redis once the ledger has it."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from redis.asyncio import Redis

from inventory_service.domain.commands import ReadReservation
from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Position
from inventory_service.engine.keys import META, Keys
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_log import RedisLog
from inventory_service.engine.redis_state import RedisState
from tests.engine.commands import confirm, receive, release, reserve
from tests.engine.conftest import BACKLOG_LIMIT

DAY_MS = 24 * 3600 * 1000
KEYS = Keys(1)
START = Position(0, 0)


@pytest.fixture
async def log(state: RedisState, redis_url: str) -> AsyncIterator[RedisLog]:
    log = RedisLog(redis_url, keep_ms=0, linger_ms=0)
    yield log
    await log.close()


async def tick(redis: Redis, engine: RedisEngine, ms: int) -> None:
    """Let the kernel's clock go on by `ms`."""
    clock_ms = int(await redis.hget(META, "clock_ms") or 0)
    await redis.hset(META, "clock_ms", str(clock_ms + ms))
    await engine.movement(receive(1, sku="CLOCK"))


async def test_entries_chain_without_gaps(engine: RedisEngine, log: RedisLog) -> None:
    await engine.movement(receive(100))
    await asyncio.gather(*(engine.reservation(reserve(f"r{n}")) for n in range(50)))
    before, seq = START, 0
    for entry in await log.read_after(START, 1000, 10):
        assert entry.before == before
        for event in msgspec.msgpack.decode(entry.events):
            seq += 1
            assert event[0] == seq
        before = entry.position
    assert before == Position(1, 51)


async def test_reading_waits_for_the_first_entry(engine: RedisEngine, log: RedisLog) -> None:
    reading = asyncio.create_task(log.read_after(START, 10, 5000))
    await engine.movement(receive(1))
    assert len(await reading) == 1


async def test_what_is_committed_leaves_and_stays_remembered(engine: RedisEngine, log: RedisLog, redis: Redis) -> None:
    await engine.movement(receive(10))
    ended, open_one = reserve("ended"), reserve("open")
    await engine.reservation(ended)
    await engine.reservation(open_one)
    await engine.reservation(release("ended"))
    await tick(redis, engine, 5)
    last = (await log.read_after(START, 1000, 10))[-1].position
    await log.flushed(last)
    await log.flushed(last)
    assert await redis.hkeys(KEYS.holds) == [b"open"]
    assert (await engine.reservation(ReadReservation("ended"))).code == "absent"
    assert (await engine.reservation(ended)).code == "remembered"
    assert (await engine.reservation(reserve("ended", quantity=7))).code == "idempotency_mismatch"
    assert int(await redis.hget(META, "flushed") or 0) == last.seq


async def test_what_the_ledger_does_not_have_yet_stays(engine: RedisEngine, log: RedisLog, redis: Redis) -> None:
    await engine.movement(receive(10))
    await engine.reservation(reserve("ended"))
    behind = (await log.read_after(START, 1000, 10))[-1].position
    await engine.reservation(release("ended"))
    await tick(redis, engine, 5)
    await log.flushed(behind)
    assert await redis.hkeys(KEYS.holds) == [b"ended"]


async def test_committed_entries_are_trimmed_and_the_stream_remembers_its_last_id(
    engine: RedisEngine, log: RedisLog, redis: Redis
) -> None:
    for _ in range(300):
        await engine.movement(receive(1))
    last = (await log.read_after(START, 1000, 10))[-1].position
    await tick(redis, engine, 2000)
    await log.flushed(last)
    await tick(redis, engine, 2000)
    await log.flushed(last)
    assert await redis.xlen(KEYS.events) < 300
    assert (await log.read_after(last, 10, 10))[0].before == last


async def test_ids_are_remembered_for_the_retention_and_then_forgotten(
    state: RedisState, redis_url: str, redis: Redis, engine: RedisEngine
) -> None:
    """The ring: an id is known for one retention at least, and gone after two."""
    retention_ms = int(await redis.hget(META, "retention_ms") or 0)
    log = RedisLog(redis_url, keep_ms=0, linger_ms=0)
    first = receive(5)
    await engine.movement(first)
    for step in range(1, 5):
        await tick(redis, engine, retention_ms // 2 - 1000)
        await log.flushed(Position(1, 1))
        expected = "duplicate" if step <= 2 else None
        if expected:
            assert (await engine.movement(first)).code == expected
    assert (await engine.movement(first)).code == "applied"
    await log.close()


@pytest.fixture
async def other(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[RedisState]:
    """A service with another retention, in days."""
    other = RedisState(redis_url, request.param * DAY_MS, BACKLOG_LIMIT)
    yield other
    await other.close()


@pytest.mark.parametrize("other", [1, 3, 8, 14, 30, 365], indirect=True)
async def test_another_retention_forgets_nothing(
    log: RedisLog, other: RedisState, redis: Redis, engine: RedisEngine
) -> None:
    """The slots go on from where they are: an id is known for the shorter of the two retentions at least."""
    earlier, later = receive(5), receive(7)
    retention_ms = int(await redis.hget(META, "retention_ms") or 0)
    await engine.movement(earlier)
    await tick(redis, engine, retention_ms // 2 - 1000)
    await engine.movement(later)
    await other.open_gate((await other.inspect()).identity, 2, built=1, after_outage=False)
    for _ in range(2):
        await log.flushed(Position(2, 1))
        assert [(await engine.movement(each)).code for each in (earlier, later)] == ["duplicate", "duplicate"]
        shorter_ms = min(retention_ms, int(await redis.hget(META, "retention_ms") or 0))
        await tick(redis, engine, shorter_ms // 4)


async def test_a_closed_gate_stops_the_writer(log: RedisLog, engine: RedisEngine, redis: Redis) -> None:
    await engine.movement(receive(1))
    await redis.hset(META, "gate", "")
    with pytest.raises(NotReady):
        await log.read_after(START, 10, 10)
    with pytest.raises(NotReady):
        await log.flushed(Position(1, 1))


async def test_a_confirm_behind_the_flush_keeps_the_record(engine: RedisEngine, log: RedisLog, redis: Redis) -> None:
    await engine.movement(receive(10))
    await engine.reservation(reserve("order"))
    await engine.reservation(confirm("order"))
    await tick(redis, engine, 5)
    await log.flushed((await log.read_after(START, 1000, 10))[-1].position)
    outcome = await engine.reservation(ReadReservation("order"))
    assert outcome.reservation is not None
    assert outcome.reservation.status == "confirmed"
