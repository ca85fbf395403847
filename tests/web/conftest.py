"""A running server for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.web.fakes import UseCases
from tests.web.running import Web, serving


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with serving() as running:
        yield running


@pytest.fixture
def cases(web: Web) -> UseCases:
    return web.cases
