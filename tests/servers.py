"""Real servers for tests: one Redis and one Postgres per test process, in a temporary folder of their own."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import asyncpg

from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.postgres import PostgresServer
from inventory_service.embedded.redis import RedisServer

PASSWORD = "only-for-tests"
TEMPLATE = "template_inventory"

# What a test writes need not outlive a power cut; it need only be quick.
FORGETFUL_POSTGRES = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
}

T = TypeVar("T")


def run_apart(work: Callable[[], Coroutine[object, object, T]]) -> T:
    """Run a coroutine to its end from synchronous code, leaving this thread's event loop alone."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work())).result()


@contextmanager
def server_folder() -> Iterator[Path]:
    """A fresh data folder that another user may pass: as root, Postgres runs as somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="inventory-tests-")).resolve()
    folder.chmod(0o711)
    (folder / "logs").mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis_server(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[RedisServer]:
    """A durable Redis, as the service wants it, but for `settings`."""
    server = RedisServer(find_binaries().redis, folder, PASSWORD, settings)
    try:
        run_apart(server.start)
        yield server
    finally:
        run_apart(server.stop)


@contextmanager
def postgres_server(folder: Path) -> Iterator[PostgresServer]:
    """A Postgres that forgets on a power cut."""
    server = PostgresServer(find_binaries(), folder, PASSWORD, FORGETFUL_POSTGRES)
    try:
        run_apart(server.start)
        yield server
    finally:
        run_apart(server.stop)


async def make_template(server: PostgresServer) -> None:
    """A database with every migration applied, to be copied for each test."""
    from inventory_service.ledger.migrator import migrate

    await administer(server, f"CREATE DATABASE {TEMPLATE}")
    connection = await asyncpg.connect(server.url_of(TEMPLATE))
    try:
        await migrate(connection)
    finally:
        await connection.close()


async def administer(server: PostgresServer, statement: str) -> None:
    """Run a statement that makes or drops a database."""
    connection = await asyncpg.connect(server.url_of("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def database(server: PostgresServer, template: str) -> AsyncIterator[str]:
    """The address of a fresh copy of `template`."""
    name = f"test_{uuid4().hex}"
    await administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url_of(name)
    finally:
        await administer(server, f"DROP DATABASE {name} WITH (FORCE)")
