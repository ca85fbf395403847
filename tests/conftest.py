"""Fixtures for every folder: real stores, fresh for each test, parallel-safe.

redis_url, redis           a Redis of this test process, emptied before each test
database_url, database     a migrated Postgres database of this test's own
empty_database_url         the same without any migration
"""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from inventory_service.embedded.postgres import PostgresServer
from tests import servers

# Nothing that the developer has set may steer a test.
for name in list(os.environ):
    if name.startswith(("INVENTORY_", "PG")):
        del os.environ[name]

# Started in the background of a script, this process and with it every child would be deaf to Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A shared machine is slow at times, so no deadline per example; CI must not fail by chance on an unrelated change.
hypothesis.settings.register_profile("project", deadline=None, print_blob=True, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("project")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long ones stand in front of each process's share: begun last, one kept everybody waiting for four minutes."""
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.get_closest_marker("long")]
    rest = iter([item for item in items if not item.get_closest_marker("long")])
    left, ordered = len(items), list[pytest.Item]()
    for process in range(processes):
        own = long[process::processes]
        share = left // (processes - process)
        ordered += own + list(islice(rest, max(0, share - len(own))))
        left -= share
    items[:] = [*ordered, *rest]


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    with servers.server_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def redis_url(server_folder: Path) -> Iterator[str]:
    with servers.redis_server(server_folder) as server:
        yield server.url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An empty Redis. Replies are bytes; a lost connection is an error at once."""
    client = Redis.from_url(redis_url, decode_responses=False, retry=Retry(NoBackoff(), 0))
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def postgres_server(server_folder: Path) -> Iterator[PostgresServer]:
    with servers.postgres_server(server_folder) as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres_server: PostgresServer) -> str:
    servers.run_apart(lambda: servers.make_template(postgres_server))
    return servers.TEMPLATE


@pytest.fixture
async def database_url(postgres_server: PostgresServer, template_database: str) -> AsyncIterator[str]:
    async with servers.database(postgres_server, template_database) as url:
        yield url


@pytest.fixture
async def empty_database_url(postgres_server: PostgresServer) -> AsyncIterator[str]:
    async with servers.database(postgres_server, "template0") as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    async with asyncpg.create_pool(database_url, min_size=1, max_size=4) as pool:
        yield pool
