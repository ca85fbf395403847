from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.channels.conftest import PLATFORMS
from tests.sync.house import House, house


@pytest.fixture(params=PLATFORMS)
async def each_shop(request: pytest.FixtureRequest, database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[House]:
    """Once per platform."""
    async with house(request.param, database) as made:
        yield made


@pytest.fixture
async def shop(database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[House]:
    """Where the platform does not matter."""
    async with house("generic", database) as made:
        yield made


@pytest.fixture
async def taobao(database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[House]:
    async with house("taobao", database) as made:
        yield made


@pytest.fixture(params=["douyin", "generic"])
async def pushing(request: pytest.FixtureRequest, database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[House]:
    """Its platform calls us."""
    async with house(request.param, database) as made:
        yield made
