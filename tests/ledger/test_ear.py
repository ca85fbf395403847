"""What is announced in Postgres is heard, or it is known that it is not."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest

from inventory_service.domain.errors import NotReady
from inventory_service.ledger import pool as pool_module
from inventory_service.ledger.ear import Ear
from inventory_service.ledger.pool import Pool, make_pool
from tests.faults.proxy import FaultProxy

IMPOSSIBLE = ""  # Postgres refuses a channel without a name


@pytest.fixture
async def proxy(database_url: str) -> AsyncIterator[FaultProxy]:
    where = parse_qs(urlsplit(database_url).query)
    proxy = FaultProxy(f"{where['host'][0]}/.s.PGSQL.{where['port'][0]}", Counter())
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def far(database_url: str, proxy: FaultProxy) -> AsyncIterator[Pool]:
    """Connections that pass the proxy."""
    url = urlsplit(database_url)
    through = url._replace(netloc=f"{url.netloc}127.0.0.1:{proxy.port}", query="").geturl()
    async with make_pool(through, size_max=2) as pool:
        yield pool


async def test_a_connection_that_died_without_a_word_is_missed(
    database: Pool, far: Pool, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with ending(Ear(far, {"news": heard.put_nowait})) as ear:
        await ear.listen()
        monkeypatch.setattr(pool_module, "READ_TIMEOUT_S", 0.5)
        proxy.to_server.swallow = proxy.to_client.swallow = True
        with pytest.raises(NotReady):
            await ear.listen()
        monkeypatch.undo()
        proxy.to_server.heal()
        proxy.to_client.heal()
        await ear.listen()
        await database.execute("SELECT pg_notify('news', 'there is some')")
        async with asyncio.timeout(60):
            assert await heard.get() == "there is some"


async def test_one_that_hears_only_a_part_does_not_pass_for_one_that_hears(database: Pool) -> None:
    async with ending(Ear(database, {"news": print, IMPOSSIBLE: print})) as ear:
        for _ in range(3):
            with pytest.raises(NotReady, match="zero-length"):
                await ear.listen()


@asynccontextmanager
async def ending(ear: Ear) -> AsyncIterator[Ear]:
    try:
        yield ear
    finally:
        await ear.stop()
