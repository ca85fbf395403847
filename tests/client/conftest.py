"""One running service per test process; each test gets a SKU of its own and a client straight or through trouble."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from inventory_service.client import InventoryClient, Movement, Retry, Warehouse
from tests.acceptance.keys import create_webhook_secret
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.client.trouble import Trouble, in_between

UNITS = 10
WAREHOUSE = "SHA"
ELSEWHERE = "CAN"  # with nothing in it

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def service() -> Iterator[RunningService]:
    with RunningService() as running:
        asyncio.run(_open_warehouse(running.url))
        yield running
        running.verify()
        assert "Traceback" not in running.log_text(), running.log_text()[-6000:]


async def _open_warehouse(url: str) -> None:
    async with InventoryClient(url, BOOTSTRAP_KEY) as client:
        await client.put_warehouse(Warehouse(code=WAREHOUSE, name="上海 Shanghai", region="310000"))
        await client.put_warehouse(Warehouse(code=ELSEWHERE, name="广州 Guangzhou", region="440100", priority=200))


@pytest.fixture(scope="session")
def webhook_secret(service: RunningService) -> str:
    return create_webhook_secret(service, "parcel-wms")


@pytest.fixture
async def client(service: RunningService) -> AsyncIterator[InventoryClient]:
    async with InventoryClient(service.url, BOOTSTRAP_KEY) as client:
        yield client


@pytest.fixture
async def sku(client: InventoryClient) -> str:
    """A SKU with 10 units in one warehouse."""
    sku = f"TEE-{next(_numbers)}"
    (moved,) = await client.move_stock([Movement(type="receive", sku=sku, warehouse=WAREHOUSE, quantity=UNITS)])
    assert moved.result == "applied"
    return sku


@pytest.fixture
async def trouble(service: RunningService) -> AsyncIterator[Trouble]:
    async with in_between(service.url) as trouble:
        yield trouble


class Pauses(list[float]):
    """What a client waited between attempts, in seconds; the waits themselves are left out."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def troubled(trouble: Trouble, pauses: Pauses) -> AsyncIterator[InventoryClient]:
    """A client whose calls pass through `trouble`, and whose pauses are written down instead of waited."""
    retry = Retry(attempts=5, total_seconds=60.0)
    async with InventoryClient(trouble.url, BOOTSTRAP_KEY, retry=retry) as client:
        client._caller.pause = pauses
        yield client
