"""One service for the crash tests of this test process: each breaks it, and leaves it running for the next.

Tests have goods and orders of their own, so what an earlier one left behind only makes the next crash harder.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop, open_warehouses
from tests.crash.load import Load

LOG_TAIL = 10_000  # characters


@pytest.fixture(scope="session")
def survivor() -> Iterator[RunningService]:
    with RunningService(workers=2) as running:
        asyncio.run(open_warehouses(running.url))
        yield running
        running.verify()
        running.stop()


@pytest.fixture
def service(survivor: RunningService) -> Iterator[RunningService]:
    yield survivor
    sys.stdout.write(survivor.log_text()[-LOG_TAIL:])  # shown when the test has failed
    if not survivor.ready():
        survivor.kill()
        survivor.start()


@pytest.fixture
async def shop(service: RunningService) -> AsyncIterator[Shop]:
    async with Api(service.url, BOOTSTRAP_KEY) as api:
        yield Shop(api)


@pytest.fixture
async def load(shop: Shop) -> Load:
    """Callers that are ready to start."""
    made = Load(shop)
    await made.prepare()
    return made
