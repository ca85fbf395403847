"""A store whose gate is open, and an engine on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_state import RedisState
from loadtests.bench.empty_ledger import EmptyLedger
from tests.engine.proxy import FaultyProxy, faulty_proxy

RETENTION_MS = 7 * 24 * 3600 * 1000
BACKLOG_LIMIT = 1_000_000


@pytest.fixture
async def state(redis: Redis, redis_url: str) -> AsyncIterator[RedisState]:
    """An empty store with its gate open in epoch 1."""
    state = RedisState(redis_url, RETENTION_MS, BACKLOG_LIMIT)
    await state.rebuild(EmptyLedger(), "deployment-1", 1)
    await state.open_gate((await state.inspect()).identity, 1, built=1, after_outage=False)
    yield state
    await state.close()


@pytest.fixture
async def engine(state: RedisState, redis_url: str) -> AsyncIterator[RedisEngine]:
    engine = RedisEngine(redis_url)
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def proxy(state: RedisState, redis_url: str, tmp_path: Path) -> AsyncIterator[FaultyProxy]:
    async with faulty_proxy(redis_url, tmp_path) as proxy:
        yield proxy


@pytest.fixture
async def proxied_engine(proxy: FaultyProxy) -> AsyncIterator[RedisEngine]:
    engine = RedisEngine(proxy.url)
    await engine.start()
    yield engine
    await engine.stop()
