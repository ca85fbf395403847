"""Redis and Postgres of our own, durable as in production."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from inventory_service.embedded.postgres import PostgresServer
from inventory_service.embedded.redis import RedisServer
from loadtests.bench.servers import running_servers


@dataclass(frozen=True, slots=True)
class Stores:
    logs: Path
    redis: RedisServer
    postgres: PostgresServer


@asynccontextmanager
async def open_stores() -> AsyncIterator[Stores]:
    """Empty ones; stopped and gone at the end."""
    async with running_servers("loss") as (folder, redis, postgres):
        yield Stores(folder / "logs", redis, postgres)
