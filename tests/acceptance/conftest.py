"""One running service per test process, shared by the ordinary acceptance tests."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.keys import MakeKey, key_maker
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    """After the last test the books must balance, nothing may have raised, and SIGTERM must end it with 0."""
    with RunningService() as running:
        asyncio.run(open_warehouses(running.url))
        yield running
        running.verify()
        running.stop()
        assert "Traceback" not in running.log_text(), running.log_text()[-6000:]


@pytest.fixture
async def api(service: RunningService) -> AsyncIterator[Api]:
    """A caller with every scope."""
    async with Api(service.url, BOOTSTRAP_KEY) as caller:
        yield caller


@pytest.fixture
def shop(api: Api) -> Shop:
    return Shop(api)


@pytest.fixture(scope="session")
def make_key(service: RunningService) -> MakeKey:
    return key_maker(service)
