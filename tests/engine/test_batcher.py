import asyncio
import random

import pytest
from redis.asyncio import Redis

from inventory_service.domain.commands import ReadReservation, ReadStock
from inventory_service.domain.errors import NotReady, OutcomeUnknown, Overloaded
from inventory_service.domain.events import Position
from inventory_service.engine import batcher
from inventory_service.engine.keys import META, Keys
from inventory_service.engine.link import ScriptFailed
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_state import RedisState
from tests.engine.commands import confirm, receive, release, reserve
from tests.engine.proxy import FaultyProxy

KEYS = Keys(1)


async def held_and_committed(engine: RedisEngine, sku: str = "TEE") -> tuple[int, int]:
    stock = (await engine.stock(ReadStock(sku))).stock
    assert stock is not None
    return sum(level.held for level in stock.levels), sum(level.committed for level in stock.levels)


async def test_each_caller_gets_the_outcome_of_its_own_command(engine: RedisEngine) -> None:
    await engine.movement(receive(50))
    outcomes = await asyncio.gather(*(engine.reservation(reserve(f"r{n}", attributes=f'"{n}"')) for n in range(600)))
    for number, outcome in enumerate(outcomes):
        if outcome.reservation:
            assert outcome.reservation.attributes == f'"{number}"'
    assert [outcome.code for outcome in outcomes] == ["held"] * 50 + ["insufficient_stock"] * 550


async def test_commands_are_applied_in_the_order_in_which_they_were_queued(engine: RedisEngine) -> None:
    await engine.movement(receive(300))
    waiting = []
    for number in range(300):
        waiting += [engine.reservation(reserve(f"r{number}")), engine.reservation(confirm(f"r{number}"))]
    codes = [outcome.code for outcome in await asyncio.gather(*waiting)]
    assert codes == ["held", "confirmed"] * 300


async def test_what_queues_while_a_batch_is_in_flight_travels_together(
    proxied_engine: RedisEngine, proxy: FaultyProxy
) -> None:
    await proxied_engine.movement(receive(100))
    before = proxy.requests
    proxy.request_seen.clear()
    proxy.hold_requests.clear()
    first = asyncio.ensure_future(proxied_engine.reservation(reserve("first")))
    await proxy.request_seen.wait()
    rest = [asyncio.ensure_future(proxied_engine.reservation(reserve(f"r{n}"))) for n in range(99)]
    proxy.hold_requests.set()
    await asyncio.gather(first, *rest)
    assert proxy.requests == before + 2


async def test_a_long_batch_is_continued_in_the_next_one_in_order(engine: RedisEngine) -> None:
    """Confirms carry no lines themselves: the kernel defers those beyond its line budget."""
    skus = [f"S{n:02}" for n in range(50)]
    await asyncio.gather(*(engine.movement(receive(100, sku=sku)) for sku in skus))
    lines = [(sku, 1) for sku in skus]
    await asyncio.gather(*(engine.reservation(reserve(f"r{n}", lines=lines)) for n in range(20)))
    waiting = []
    for number in range(20):
        waiting += [engine.reservation(confirm(f"r{number}")), engine.reservation(release(f"r{number}"))]
    codes = [outcome.code for outcome in await asyncio.gather(*waiting)]
    assert codes == ["confirmed", "released"] * 20
    assert await held_and_committed(engine, "S00") == (0, 0)


async def test_a_lost_reply_is_repeated_without_a_second_effect(
    proxied_engine: RedisEngine, proxy: FaultyProxy
) -> None:
    await proxied_engine.movement(receive(10))
    await proxied_engine.reservation(reserve("order"))
    proxy.lose_replies = 2
    outcome = await proxied_engine.reservation(confirm("order"))
    assert outcome.code == "confirmed"
    assert await held_and_committed(proxied_engine) == (0, 1)


async def test_a_reserve_whose_reply_was_lost_is_still_its_callers_own(
    proxied_engine: RedisEngine, proxy: FaultyProxy
) -> None:
    await proxied_engine.movement(receive(1))
    proxy.lose_replies = 1
    assert (await proxied_engine.reservation(reserve("order"))).code == "held"
    assert (await proxied_engine.reservation(reserve("order"))).code == "replayed"


async def test_the_reply_to_another_batch_is_never_taken_for_ones_own(
    proxied_engine: RedisEngine, proxy: FaultyProxy
) -> None:
    """One reply too many on the connection would give every later caller the outcome of the one before."""
    await proxied_engine.movement(receive(10))
    proxy.double_replies = 3
    for number in range(6):
        outcome = await proxied_engine.reservation(reserve(f"r{number}", attributes=f'"{number}"'))
        assert outcome.reservation is not None
        assert (outcome.code, outcome.reservation.attributes) == ("held", f'"{number}"')
    assert proxy.double_replies == 0
    assert await held_and_committed(proxied_engine) == (6, 0)


async def test_callers_who_leave_at_any_moment_take_nobodys_outcome_along(
    proxied_engine: RedisEngine, proxy: FaultyProxy
) -> None:
    await proxied_engine.movement(receive(2000))
    chance = random.Random(11)
    stayed = 0
    for start in range(0, 600, 60):
        calls = {
            f"r{number}": asyncio.ensure_future(
                proxied_engine.reservation(reserve(f"r{number}", attributes=f'"r{number}"'))
            )
            for number in range(start, start + 60)
        }
        for call in calls.values():
            if chance.random() < 0.1:
                await asyncio.sleep(0)
            if chance.random() < 0.6:
                call.cancel()
        outcomes = await asyncio.gather(*calls.values(), return_exceptions=True)
        for name, outcome in zip(calls, outcomes, strict=True):
            if not isinstance(outcome, BaseException):
                assert outcome.reservation is not None
                assert outcome.reservation.attributes == f'"{name}"'
                stayed += 1
    assert 100 < stayed < 500


async def test_a_repeat_that_fails_says_nothing_of_the_original(
    proxied_engine: RedisEngine, proxy: FaultyProxy, redis: Redis
) -> None:
    await proxied_engine.movement(receive(1))
    await proxied_engine.reservation(reserve("order"))

    async def break_the_record() -> None:
        await redis.hset(KEYS.holds, "order", b"\xc1 not msgpack")

    proxy.on_loss, proxy.lose_replies = break_the_record, 1
    with pytest.raises(OutcomeUnknown):
        await proxied_engine.reservation(confirm("order"))


async def test_without_any_reply_the_outcome_is_unknown_and_nothing_runs_afterwards(
    proxied_engine: RedisEngine, proxy: FaultyProxy, redis: Redis
) -> None:
    await proxied_engine.movement(receive(10))
    proxy.hold_requests.clear()
    with pytest.raises(OutcomeUnknown):
        await proxied_engine.reservation(reserve("order"))
    proxy.hold_requests.set()
    # The originals reach Redis now, and are refused there: they are past their `not_after`.
    assert (await proxied_engine.reservation(ReadReservation("order"))).code == "absent"
    assert (await proxied_engine.reservation(reserve("another"))).code == "held"
    assert await redis.hkeys(KEYS.holds) == [b"another"]


async def test_a_command_that_breaks_the_kernel_fails_alone(engine: RedisEngine, redis: Redis) -> None:
    await engine.movement(receive(10))
    await engine.movement(receive(10, sku="BROKEN"))
    await redis.hset(KEYS.stock, "BROKEN", b"\xc1 not msgpack")
    commands = [reserve(f"r{n}", sku="BROKEN" if n == 5 else "TEE") for n in range(9)]
    outcomes = await asyncio.gather(*(engine.reservation(command) for command in commands), return_exceptions=True)
    assert isinstance(outcomes[5], Exception)
    assert [getattr(outcome, "code", "") for outcome in outcomes if outcome is not outcomes[5]] == ["held"] * 8


async def test_a_flushed_script_cache_is_no_error(engine: RedisEngine, redis: Redis) -> None:
    await engine.movement(receive(1))
    await redis.script_flush()
    assert (await engine.reservation(reserve("order"))).code == "held"


async def test_a_closed_gate_refuses_and_an_opened_one_serves_in_the_new_epoch(
    engine: RedisEngine, state: RedisState, redis: Redis
) -> None:
    await engine.movement(receive(2))
    await redis.hset(META, "gate", "another server")
    with pytest.raises(NotReady):
        await engine.reservation(reserve("order"))
    await state.open_gate((await state.inspect()).identity, 2, built=1, after_outage=False)
    assert (await engine.reservation(reserve("order"))).code == "held"
    assert (await state.inspect()).position == Position(2, 2)


async def test_a_full_queue_answers_overloaded_at_once(engine: RedisEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batcher, "QUEUE_MAX", 10)
    outcomes = await asyncio.gather(
        *(engine.reservation(ReadReservation("x")) for _ in range(30)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Overloaded) for outcome in outcomes) == 20


async def test_full_memory_refuses_new_holds_and_nothing_else(engine: RedisEngine, redis: Redis) -> None:
    await engine.movement(receive(10))
    await engine.reservation(reserve("before"))
    await redis.config_set("maxmemory", 1)
    try:
        assert (await engine.reservation(reserve("during"))).code == "overloaded"
        assert (await engine.reservation(confirm("before"))).code == "confirmed"
    finally:
        await redis.config_set("maxmemory", 0)
    assert (await engine.reservation(reserve("during"))).code == "held"


async def test_sold_out_is_only_said_when_nothing_is_left_to_sweep(engine: RedisEngine, redis: Redis) -> None:
    """500 holds are due, a batch expires at most 64 of them: the shortage must wait for the others."""
    await engine.movement(receive(500))
    await asyncio.gather(*(engine.reservation(reserve(f"r{n}", ttl_ms=60_000)) for n in range(500)))
    clock_ms = int(await redis.hget(META, "clock_ms") or 0)
    await redis.hset(META, "clock_ms", clock_ms + 60_001)
    outcome = await engine.reservation(reserve("all", quantity=500))
    assert outcome.code == "held"


async def test_what_is_queued_when_the_engine_stops_is_answered(state: RedisState, redis_url: str) -> None:
    engine = RedisEngine(redis_url)
    await engine.start()
    waiting = [asyncio.ensure_future(engine.movement(receive(1))) for _ in range(300)]
    await engine.stop()
    assert {outcome.code for outcome in await asyncio.gather(*waiting)} == {"applied"}
    with pytest.raises(NotReady):
        await engine.movement(receive(1))


async def test_what_was_asked_behind_a_shortage_that_is_asked_again_is_asked_again_too(engine: RedisEngine) -> None:
    """A batch held an order, and answered that there was none to confirm."""
    await engine.movement(receive(200))
    await asyncio.gather(*(engine.reservation(reserve(f"due{n}", ttl_ms=0)) for n in range(200)))
    calls = [
        engine.reservation(reserve("order", 200)),
        engine.reservation(confirm("order")),
        engine.reservation(confirm("other")),
        engine.reservation(release("order", [("TEE", 1)], "part")),
    ]
    codes = [outcome.code for outcome in await asyncio.gather(*calls)]
    assert codes == ["held", "confirmed", "absent", "released"]
    assert await held_and_committed(engine) == (0, 199)


async def test_a_sweep_that_breaks_ends_no_more_than_its_batch(engine: RedisEngine, redis: Redis) -> None:
    """Behind a shortage: the loop that all wait for had ended with it."""
    await engine.movement(receive(100))
    await asyncio.gather(*(engine.reservation(reserve(f"due{n:02}", ttl_ms=0)) for n in range(100)))
    await redis.hset(KEYS.holds, "due99", b"\xc1")  # beyond those that a batch sweeps itself
    async with asyncio.timeout(10):
        with pytest.raises(ScriptFailed):
            await engine.reservation(reserve("order", 100))
        await redis.hdel(KEYS.holds, "due99")
        assert (await engine.reservation(reserve("order"))).code == "held"
