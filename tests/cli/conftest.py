"""One running service for the commands beside it, with a shop of its own per test."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses
from tests.cli.terminal import Commands


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    with RunningService() as running:
        asyncio.run(open_warehouses(running.url))
        yield running
        running.stop()


@pytest.fixture
async def shop(service: RunningService) -> AsyncIterator[Shop]:
    async with Api(service.url, BOOTSTRAP_KEY) as api:
        yield Shop(api)


@pytest.fixture
def commands(service: RunningService) -> Commands:
    return Commands(service)
