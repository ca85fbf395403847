"""Servers of a measurement's own, durable as in production; they are stopped, and their folder gone, at its end."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.postgres import PostgresServer
from inventory_service.embedded.redis import RedisServer


class Servers(NamedTuple):
    folder: Path
    redis: RedisServer
    postgres: PostgresServer


@contextmanager
def server_folder() -> Iterator[Path]:
    """One that another user may pass: as root, Postgres runs as somebody else."""
    with tempfile.TemporaryDirectory(prefix="inventory-bench-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        (folder / "logs").mkdir()
        yield folder


@asynccontextmanager
async def running_servers(name: str) -> AsyncIterator[Servers]:
    """Both, empty. `name`: what their processes are recorded as."""
    with server_folder() as folder:
        binaries = find_binaries()
        redis, postgres = RedisServer(binaries.redis, folder, name), PostgresServer(binaries, folder, name)
        try:
            await redis.start()
            await postgres.start()
            yield Servers(folder, redis, postgres)
        finally:
            await postgres.stop()
            await redis.stop()
