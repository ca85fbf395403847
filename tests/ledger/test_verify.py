"""The checker sees what it is for: each kind of damage is planted and found, and only where it is."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from redis.asyncio import Redis

from tests.kernel import make
from tests.ledger.house import House, busy_morning

LOG = "log has no gap"
ROWS = "rows are what the log says"
IMAGES = "after-images are the sum of the changes"
PHYSICAL = "only movements, scans, short picks and reversals move on_hand"
NEGATIVE = "no promise, no unavailable and no incoming is ever negative"
OVERSOLD = "nothing was ever promised twice"
LEVELS = "stock levels are the sum of the changes"
PROMISES = "held and committed are what orders hold"
RESOLVED = "every hold is resolved once"
HISTORY = "Redis and ledger are one history"
STOCK = "stock in Redis is stock in the ledger"
RESERVATIONS = "reservations in Redis are those in the ledger"
COUNTERS = "held and committed in Redis are what its orders hold"
DEADLINES = "deadlines are those of what is held"


@pytest.fixture
async def kept(open_house: House) -> House:
    await open_house.do(*busy_morning(), make.reserve("held", "A"))
    await open_house.flush()
    return open_house


async def failed(house: House) -> set[str]:
    return {finding.name for finding in (await house.findings()).values() if not finding.ok}


DAMAGE = {
    "an event is gone": ("DELETE FROM ledger_events WHERE seq = 7", {ROWS, RESOLVED}),
    "an entry is gone": ("DELETE FROM ledger_entries WHERE seq = 7", {LOG}),
    "a change is gone": (
        "DELETE FROM stock_changes WHERE sku = 'A' AND warehouse = 'SHA' AND seq = 8 AND type = 'reserve'",
        {ROWS, IMAGES},
    ),
    "the offset is ahead": ("UPDATE ledger_offsets SET seq = seq + 1", {LOG, HISTORY}),
    "a delta is wrong": ("UPDATE stock_changes SET held_delta = held_delta + 1 WHERE seq = 7", {IMAGES}),
    "a reservation moved on_hand": (
        "UPDATE stock_changes SET on_hand_delta = -1, on_hand = on_hand - 1 WHERE type = 'reserve' AND seq = 7",
        {IMAGES, PHYSICAL},
    ),
    "a counter was negative": (
        "UPDATE stock_changes SET incoming = incoming - 1, incoming_delta = incoming_delta - 1 WHERE seq = 1",
        {IMAGES, NEGATIVE},
    ),
    "promised beyond the shelf": (
        "UPDATE stock_changes SET held = held + 999, held_delta = held_delta + 999 WHERE type = 'reserve' AND seq = 7",
        {IMAGES, OVERSOLD},
    ),
    "a level is wrong": ("UPDATE stock_levels SET on_hand = on_hand + 1 WHERE sku = 'B'", {LEVELS, STOCK}),
    "an allocation is wrong": (
        "UPDATE reservation_allocations SET quantity = quantity + 1 WHERE reservation_id = 'held'",
        {PROMISES},
    ),
    "a hold was resolved twice": ("UPDATE ledger_events SET type = 'expire' WHERE type = 'release'", {RESOLVED}),
    "a reservation is gone": ("DELETE FROM reservations WHERE reservation_id = 'held'", {PROMISES, RESERVATIONS}),
}


@pytest.mark.parametrize("name", DAMAGE)
async def test_damage_in_the_ledger(name: str, kept: House) -> None:
    statement, expected = DAMAGE[name]
    assert await failed(kept) == set()
    assert await kept.pool.execute(statement) not in ("UPDATE 0", "DELETE 0")
    assert await failed(kept) == expected


async def lose_a_hold(redis: Redis, built: str) -> None:
    await redis.hdel(f"{built}:holds", "held")


async def lose_a_deadline(redis: Redis, built: str) -> None:
    await redis.zrem(f"{built}:deadlines", "held")


async def leave_a_deadline(redis: Redis, built: str) -> None:
    await redis.zadd(f"{built}:deadlines", {"nobody": 5})


async def miscount(redis: Redis, built: str) -> None:
    packed = await redis.hget(f"{built}:stock", "A")
    assert isinstance(packed, bytes)
    record = msgspec.msgpack.decode(packed)
    record[4][0][2] += 1
    await redis.hset(f"{built}:stock", "A", msgspec.msgpack.encode(record))


async def forget_a_sku(redis: Redis, built: str) -> None:
    await redis.hdel(f"{built}:stock", "B")


async def fall_behind(redis: Redis, built: str) -> None:
    del built
    await redis.hset("{inv:0}:meta", "position", "1-3")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lose_a_hold, {RESERVATIONS, COUNTERS, DEADLINES}),
        (lose_a_deadline, {DEADLINES}),
        (leave_a_deadline, {DEADLINES}),
        (miscount, {STOCK, COUNTERS}),
        (forget_a_sku, {STOCK}),
        (fall_behind, {HISTORY}),
    ],
)
async def test_damage_in_redis(
    damage: Callable[[Redis, str], Awaitable[None]], expected: set[str], kept: House, redis: Redis
) -> None:
    assert await failed(kept) == set()
    built = await redis.hget("{inv:0}:meta", "built")
    assert isinstance(built, bytes)
    await damage(redis, f"{{inv:0}}:{built.decode()}")
    assert await failed(kept) == expected


async def test_what_the_ledger_does_not_have_yet_is_no_difference(kept: House) -> None:
    await kept.do(make.reserve("later", "A"), make.confirm("held"), make.receive("NEW", 1))
    assert await failed(kept) == set()


async def test_a_deficit_is_told_and_does_not_fail(kept: House) -> None:
    await kept.do(make.move("m-9", "count", "A", 0, force=True))
    await kept.flush()
    finding = (await kept.findings())["deficits are told"]
    assert finding.ok
    assert "A in SHA: " in finding.detail


async def test_an_empty_service_is_in_order(open_house: House) -> None:
    assert await failed(open_house) == set()
