"""Every crash test breaks a service of its own."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses
from tests.crash.load import Load


@pytest.fixture
def service() -> Iterator[RunningService]:
    with RunningService(workers=2) as running:
        yield running


@pytest.fixture
async def shop(service: RunningService) -> AsyncIterator[Shop]:
    await open_warehouses(service.url)
    async with Api(service.url, BOOTSTRAP_KEY) as api:
        yield Shop(api)


@pytest.fixture
async def load(shop: Shop) -> Load:
    """Callers that are ready to start."""
    made = Load(shop)
    await made.prepare()
    return made
