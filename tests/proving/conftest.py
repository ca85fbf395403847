"""One real service per test file."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.proving.goods import open_warehouses


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    """Afterwards the books must balance and nothing may have raised, whatever was sent."""
    with RunningService() as running:
        asyncio.run(_open(running.url))
        yield running
        running.verify()
        running.stop()
        assert "Traceback" not in running.log_text(), running.log_text()[-6000:]


async def _open(url: str) -> None:
    async with Api(url, BOOTSTRAP_KEY) as api:
        await open_warehouses(api)


@pytest.fixture
async def api(service: RunningService) -> AsyncIterator[Api]:
    """A caller with every scope."""
    async with Api(service.url, BOOTSTRAP_KEY) as caller:
        yield caller
