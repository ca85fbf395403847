"""One service of two API processes, with limits on new holds."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.serving import serving
from tests.acceptance.shop import Shop

CUSTOMER_HOLDS = 3


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    environment = {"INVENTORY_CUSTOMER_HOLDS_PER_MINUTE": str(CUSTOMER_HOLDS)}
    with serving(workers=2, environment=environment) as running:
        yield running


@pytest.fixture
async def api(service: RunningService) -> AsyncIterator[Api]:
    async with Api(service.url, BOOTSTRAP_KEY) as caller:
        yield caller


@pytest.fixture
def shop(api: Api) -> Shop:
    return Shop(api)
