"""Redis and Postgres of our own, durable as in production."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.postgres import PostgresServer
from inventory_service.embedded.redis import RedisServer


@dataclass(frozen=True, slots=True)
class Stores:
    logs: Path
    redis: RedisServer
    postgres: PostgresServer


@contextmanager
def _folder() -> Iterator[Path]:
    """One that another user may pass: as root, Postgres runs as somebody else."""
    with tempfile.TemporaryDirectory(prefix="inventory-loss-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        (folder / "logs").mkdir()
        yield folder


@asynccontextmanager
async def open_stores() -> AsyncIterator[Stores]:
    """Empty ones; stopped and gone at the end."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(_folder())
        binaries = find_binaries()
        redis, postgres = RedisServer(binaries.redis, folder, "loss"), PostgresServer(binaries, folder, "loss")
        for server in (redis, postgres):
            stack.push_async_callback(server.stop)
            await server.start()
        yield Stores(folder / "logs", redis, postgres)
