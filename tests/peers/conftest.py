"""Every peer as a process of its own, on the stores of this test process."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import uuid4

import asyncpg
import pytest

from inventory_service.embedded.postgres import PostgresServer
from inventory_service.outside.service import HOST, free_port
from loadtests.peers.__main__ import Name
from tests import servers
from tests.acceptance.service import REPOSITORY
from tests.peers.buyer import Buyer

END_SECONDS = 40.0


class Running(NamedTuple):
    url: str
    process: subprocess.Popen[str]


@contextmanager
def running(name: Name, database_url: str, redis_url: str) -> Iterator[Running]:
    """Ready. It has ended by itself, and well, at the end."""
    port = free_port(0)
    stores = ("--database-url", database_url, "--redis-url", redis_url)
    process = subprocess.Popen(
        [sys.executable, "-m", "loadtests.peers", name, "--port", str(port), *stores],
        cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Running(f"http://{HOST}:{port}", process)
            process.terminate()
            assert process.wait(END_SECONDS) == 0
        finally:
            process.kill()


@pytest.fixture(scope="module")
def peers_database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """One database for all of them: each has a schema of its own."""
    name = f"test_{uuid4().hex}"
    servers.run_apart(lambda: servers.administer(postgres_server, f"CREATE DATABASE {name}"))
    yield postgres_server.url_of(name)
    servers.run_apart(lambda: servers.administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module", params=[name for name in Name if name is not Name.ECHO])
def peer_url(request: pytest.FixtureRequest, peers_database_url: str, redis_url: str) -> Iterator[str]:
    """Each peer that keeps stock, in turn."""
    with running(request.param, peers_database_url, redis_url) as peer:
        yield peer.url


@pytest.fixture
async def other(peers_database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of somebody who comes in between."""
    connection = await asyncpg.connect(peers_database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def buyer(peer_url: str) -> AsyncIterator[Buyer]:
    async with Buyer(peer_url) as buyer:
        yield buyer
