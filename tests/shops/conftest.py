from collections.abc import AsyncIterator

import pytest

from tests.shops.house import SHOP, House, Process, house


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[House]:
    async with house(database_url) as made:
        yield made


@pytest.fixture
async def here(empty: House) -> Process:
    """A process that knows one shop, without a credential."""
    process = empty.process()
    await process.manage.put(SHOP, "desk")
    return process
