from collections.abc import AsyncIterator

import pytest

from inventory_service.ledger.pool import Pool
from tests.alerts.office import Clock, Office
from tests.alerts.robots import Robots, robots_running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(database: Pool, clock: Clock) -> Office:
    return Office(database, clock)


@pytest.fixture
async def robots() -> AsyncIterator[Robots]:
    async with robots_running() as running:
        yield running
