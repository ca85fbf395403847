from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from inventory_service.usecases.ports import StockFilter
from tests.orders.house import Orders
from tests.usecases.real import running_service


@pytest.fixture
async def orders(redis: Redis, redis_url: str, database_url: str) -> AsyncIterator[Orders]:
    """10 units of A and of B in SHA. `redis` empties the server."""
    async with running_service(redis_url, database_url) as service:
        await service.stock_up("A", "SHA", 10)
        await service.stock_up("B", "SHA", 10)
        await service.ledger.stock(StockFilter(), 1, "")  # the ledger knows both by now
        yield Orders(service)
