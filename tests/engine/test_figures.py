"""What the batcher tells of itself, and what the worker reads from the stores, on a real Redis."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from inventory_service.domain.commands import Command
from inventory_service.domain.errors import OutcomeUnknown, Overloaded
from inventory_service.domain.events import Position
from inventory_service.domain.outcomes import Code
from inventory_service.engine import batcher, delivery
from inventory_service.engine.codec import _KINDS
from inventory_service.engine.keys import META, Keys
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_figures import RedisFigures
from inventory_service.engine.redis_state import RedisState
from inventory_service.telemetry.batches import EXPECTED, OPERATIONS
from tests.engine.commands import confirm, receive, reserve
from tests.engine.conftest import BACKLOG_LIMIT, RETENTION_MS
from tests.engine.proxy import FaultyProxy


def growth(name: str, **labels: str) -> Callable[[], float]:
    """How much a sample has grown since now."""

    def value() -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    before = value()
    return lambda: value() - before


def test_every_command_is_an_operation_and_every_expectation_a_code() -> None:
    assert set(OPERATIONS) == set(_KINDS)
    assert set(EXPECTED) == set(OPERATIONS.values())
    assert {code for codes in EXPECTED.values() for code in codes} <= set(Code)


async def test_outcomes_and_sizes(engine: RedisEngine) -> None:
    await engine.movement(receive(5))
    held = growth("inventory_command_outcomes_total", operation="reserve", outcome="held")
    short = growth("inventory_command_outcomes_total", operation="reserve", outcome="insufficient_stock")
    batches = growth("inventory_batch_commands_count", lane="changes")
    commands = growth("inventory_batch_commands_sum", lane="changes")
    lines = growth("inventory_batch_lines_sum", lane="changes")
    trips = growth("inventory_batch_seconds_count", lane="changes")
    await asyncio.gather(*(engine.reservation(reserve(f"r{n}")) for n in range(8)))
    assert (held(), short()) == (5, 3)
    assert (batches(), commands(), lines(), trips()) == (1, 8, 8, 1)


async def test_a_lost_reply_is_an_attempt_in_doubt(proxied_engine: RedisEngine, proxy: FaultyProxy) -> None:
    await proxied_engine.movement(receive(5))
    in_doubt = growth("inventory_batch_attempts_failed_total", reason="in_doubt")
    held = growth("inventory_command_outcomes_total", operation="reserve", outcome="held")
    proxy.lose_replies = 2
    await proxied_engine.reservation(reserve("r1"))
    assert (in_doubt(), held()) == (2, 1)


async def test_no_reply_at_all_is_an_unknown_outcome(
    proxied_engine: RedisEngine, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await proxied_engine.movement(receive(5))
    monkeypatch.setattr(delivery, "BATCH_SECONDS", 0.1)
    unknown = growth("inventory_commands_failed_total", reason="outcome_unknown")
    proxy.lose_replies = 1000
    with pytest.raises(OutcomeUnknown):
        await proxied_engine.reservation(reserve("r1"))
    assert unknown() == 1


async def test_who_is_turned_away_is_counted(engine: RedisEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    await engine.movement(receive(5))
    full = growth("inventory_commands_failed_total", reason="queue_full")
    slow = growth("inventory_commands_failed_total", reason="queue_slow")
    monkeypatch.setattr(batcher, "QUEUE_MAX", 1)
    monkeypatch.setattr(batcher, "QUEUE_SECONDS_MAX", -1.0)
    first, second = engine.reservation(reserve("r1")), engine.reservation(reserve("r2"))
    for turned_away in (first, second):
        with pytest.raises(Overloaded):
            await turned_away
    assert (full(), slow()) == (1, 1)


async def test_a_closed_gate_is_named(engine: RedisEngine, redis: Redis) -> None:
    await engine.movement(receive(5))
    closed = growth("inventory_batch_attempts_failed_total", reason="gate_closed")
    failed = growth("inventory_commands_failed_total", reason="not_ready")
    await redis.hset(META, "gate", "")
    answers = await asyncio.gather(engine.reservation(reserve("r1")), return_exceptions=True)
    assert len(answers) == 1
    assert (closed(), failed()) == (1, 1)


async def test_the_figures_of_redis(state: RedisState, engine: RedisEngine, redis: Redis, redis_url: str) -> None:
    looking = RedisFigures(redis_url, RETENTION_MS, BACKLOG_LIMIT)
    try:
        await engine.movement(receive(5))
        empty = await looking.figures(Position(1, 1))
        assert (empty.gate_open, empty.epoch, empty.lag_seconds) == (True, 1, 0.0)
        commands: list[Command] = [reserve("r1"), reserve("r2"), confirm("r2")]
        await asyncio.gather(*(engine.reservation(command) for command in commands))  # type: ignore[arg-type]
        entries: Any = await redis.xrange(Keys(1).events)
        oldest_ms = int(entries[1][1][b"at"])
        await redis.hset(META, "clock_ms", oldest_ms + 90_000)
        full = await looking.figures(Position(1, 1))
        assert full.reservations == {"held": 1, "confirmed": 1, "finished": 0}
        assert full.backlog_events == 4
        assert full.lag_seconds == 90.0
        assert full.script_calls > empty.script_calls
        assert full.memory_used_bytes > full.memory_limit_bytes == 0
        await redis.hset(META, "gate", "another:server")
        assert not (await looking.figures(Position(1, 4))).gate_open
    finally:
        await looking.close()
