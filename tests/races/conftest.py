"""A service with two API processes, so that callers meet in the kernel and not in one event loop."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    with RunningService(workers=2) as running:
        asyncio.run(open_warehouses(running.url))
        yield running
        running.verify()
        running.stop()
        assert "Traceback" not in running.log_text(), running.log_text()[-6000:]


@pytest.fixture
async def shop(service: RunningService) -> AsyncIterator[Shop]:
    async with Api(service.url, BOOTSTRAP_KEY) as api:
        yield Shop(api)
