from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.ledger.house import House, house


@pytest.fixture
async def shut_house(redis: Redis, redis_url: str, database_url: str) -> AsyncIterator[House]:
    """Empty servers of our own, the gate still closed. `redis` empties the server."""
    async with house(redis_url, database_url) as made:
        yield made


@pytest.fixture
async def open_house(shut_house: House) -> House:
    await shut_house.open()
    return shut_house
