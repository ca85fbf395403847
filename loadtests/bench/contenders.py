"""What is timed: each contender takes reservations and returns how many per second it did."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha1
from pathlib import Path

import msgspec
from redis.asyncio import Redis

from inventory_service.domain.commands import Reserve, Route
from inventory_service.engine.kernel import Kernel, Reply
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_state import RedisState
from inventory_service.usecases.ports import LedgerSnapshot
from loadtests.bench.empty_ledger import EmptyLedger
from loadtests.bench.reservations import ROUTE, policy, reservations, stocking

BATCH = 256
_RIVAL = (Path(__file__).parent / "one_by_one.lua").read_text()
_RIVAL_SHA = sha1(_RIVAL.encode(), usedforsecurity=False).hexdigest()
_RIVAL_KEYS = ("{bench}stock", "{bench}holds", "{bench}deadlines")


async def build(redis_url: str, ledger: LedgerSnapshot) -> None:
    """A store with what the ledger has and nothing else, its gate open."""
    async with Redis.from_url(redis_url) as client:
        await client.flushall()
    state = RedisState(redis_url, retention_ms=7 * 86_400_000, backlog_limit=10**9)
    await state.rebuild(ledger, "bench", 1)
    await state.open_gate((await state.inspect()).identity, 1, built=1, after_outage=False)
    await state.close()


@asynccontextmanager
async def opened(redis_url: str, skus: int) -> AsyncIterator[RedisEngine]:
    """An empty store, its gate open, stocked."""
    await build(redis_url, EmptyLedger())
    engine = RedisEngine(redis_url)
    await engine.start()
    await asyncio.gather(*(engine.movement(movement) for movement in stocking(skus)))
    yield engine
    await engine.stop()


async def kernel(redis_url: str, number: int, skus: int, route: Route = ROUTE) -> float:
    """Batches of 256 straight into the kernel, one after the other."""
    async with opened(redis_url, skus) as engine:
        if route is not ROUTE:
            await engine.stock(policy())
        return await per_second(redis_url, [reservations(BATCH, skus, route) for _ in range(number // BATCH)])


async def per_second(redis_url: str, batches: Sequence[list[Reserve]]) -> float:
    """What `kernel` times, on the store as it is. Raises RuntimeError when a reservation is refused."""
    runner = Kernel(redis_url)
    not_after_ms = await runner.now_ms() + 3_600_000
    began = time.perf_counter()
    replies = [await runner.run(batch, not_after_ms, 10.0) for batch in batches]
    seconds = time.perf_counter() - began
    await runner.close()
    check_held(replies)
    return sum(map(len, batches)) / seconds


def check_held(replies: Sequence[Reply]) -> None:
    """Raises RuntimeError when anything else was answered."""
    codes = {msgspec.msgpack.decode(outcome)[0] for reply in replies for outcome in reply.outcomes}
    if codes != {"held"}:
        raise RuntimeError(f"the kernel answered {codes}")


async def callers(redis_url: str, number: int, skus: int) -> float:
    """200 callers, each awaiting its own reservation before the next: batcher, codec and kernel together."""
    async with opened(redis_url, skus) as engine:
        lots = [reservations(number // 200, skus) for _ in range(200)]

        async def call(lot: list[Reserve]) -> None:
            for command in lot:
                await engine.reservation(command)

        began = time.perf_counter()
        await asyncio.gather(*(call(lot) for lot in lots))
        return sum(map(len, lots)) / (time.perf_counter() - began)


async def one_by_one(redis_url: str, number: int, pipelined: int) -> float:
    """One EVALSHA per reservation, `pipelined` at a time: no ledger event, no warehouse, no repeat's answer."""
    async with Redis.from_url(redis_url) as client:
        await client.flushall()
        await client.script_load(_RIVAL)
        await client.hset(_RIVAL_KEYS[0], "SKU-0", str(10**9))
        began = time.perf_counter()
        for first in range(0, number, pipelined):
            async with client.pipeline(transaction=False) as pipe:
                for one in range(first, first + pipelined):
                    pipe.evalsha(_RIVAL_SHA, 3, *_RIVAL_KEYS, "SKU-0", f"order-{one}", "1", "900000")
                await pipe.execute()
        return number / (time.perf_counter() - began)
