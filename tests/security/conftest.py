"""One service of two API processes, with limits on new holds."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses

CUSTOMER_HOLDS = 3


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    environment = {"INVENTORY_CUSTOMER_HOLDS_PER_MINUTE": str(CUSTOMER_HOLDS)}
    with RunningService(workers=2, environment=environment) as running:
        asyncio.run(open_warehouses(running.url))
        yield running
        running.verify()
        running.stop()
        assert "Traceback" not in running.log_text(), running.log_text()[-6000:]


@pytest.fixture
async def api(service: RunningService) -> AsyncIterator[Api]:
    async with Api(service.url, BOOTSTRAP_KEY) as caller:
        yield caller


@pytest.fixture
def shop(api: Api) -> Shop:
    return Shop(api)
