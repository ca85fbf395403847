"""Commands as processes of their own, on given URLs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.bootstrap.running import KEY, Start, starting


@pytest.fixture
def start(redis: Redis, redis_url: str, database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Start a command against an empty Redis and a migrated Postgres; all are ended afterwards."""
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": database_url, "INVENTORY_BOOTSTRAP_KEY": KEY}
    with starting(urls, tmp_path) as make:
        yield make
