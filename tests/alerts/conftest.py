import pytest

from inventory_service.ledger.pool import Pool
from tests.alerts.office import Clock, Office


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(database: Pool, clock: Clock) -> Office:
    return Office(database, clock)
