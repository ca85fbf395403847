"""Every case of an order's stock on every platform: simulator, adapter, mapping, merge, stock, feed, on real stores."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from inventory_service.embedded.postgres import PostgresServer
from tests import servers
from tests.channels.cases import CASES, Case
from tests.channels.conftest import PLATFORMS
from tests.channels.sale import opened_sale
from tests.usecases.real import Service, running_service

TOLD = [
    pytest.param(case, each, id=f"{case.name} {each}")
    for case in CASES
    for each in PLATFORMS
    if each not in case.cannot
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(redis_url: str, postgres_server: PostgresServer, template_database: str) -> AsyncIterator[Service]:
    """One for all cases: each has a shop and a SKU of its own."""
    async with Redis.from_url(redis_url) as client:
        await client.flushall()
    async with servers.database(postgres_server, template_database) as url, running_service(redis_url, url) as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("case", "platform"), TOLD)
async def test_case(service: Service, case: Case, platform: str) -> None:
    async with opened_sale(platform, case.name, service) as sale:
        await case.run(sale)
        await sale.settled()
        before = await sale.standing()
        await sale.repeated_and_reordered(len(case.name))
        assert await sale.standing() == before
        assert len(await sale.open_reservations()) <= 1
        assert (await sale.orders.failures.failures("open", 10, "")).data == []


def test_what_a_platform_cannot_tell_is_named_with_its_reason() -> None:
    for case in CASES:
        assert case.cannot.keys() <= set(PLATFORMS)
        assert all(case.cannot.values())
