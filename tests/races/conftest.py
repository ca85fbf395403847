"""A service with two API processes, so that callers meet in the kernel and not in one event loop."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.serving import serving
from tests.acceptance.shop import Shop


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    with serving(workers=2) as running:
        yield running


@pytest.fixture
async def shop(service: RunningService) -> AsyncIterator[Shop]:
    async with Api(service.url, BOOTSTRAP_KEY) as api:
        yield Shop(api)
