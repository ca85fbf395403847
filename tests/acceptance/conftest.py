"""One running service per test process, shared by the ordinary acceptance tests."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.keys import MakeKey, key_maker
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.serving import serving
from tests.acceptance.shop import Shop


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    with serving() as running:
        yield running


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
