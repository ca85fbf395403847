"""The collaborators that the use cases are built from."""

import pytest

from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.routes import Routes
from tests.usecases.ports import MemoryLedger, MemoryWarehouses, ScriptedEngine, outcome, record

SHANGHAI = Warehouse("SHA", "Shanghai", region="310000", lat=31.23, lon=121.47)
BEIJING = Warehouse("PEK", "Beijing", region="110000", lat=39.9, lon=116.4)


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine(lambda _: outcome("held", record()))


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def warehouses() -> MemoryWarehouses:
    return MemoryWarehouses(SHANGHAI, BEIJING, elsewhere=[Warehouse("NEW", "New")])


@pytest.fixture
def routes(warehouses: MemoryWarehouses) -> Routes:
    return Routes(warehouses)


@pytest.fixture
def desk(engine: ScriptedEngine, ledger: MemoryLedger, routes: Routes) -> ReservationDesk:
    return ReservationDesk(engine, ledger, routes)
