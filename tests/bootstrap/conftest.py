"""Commands as processes of their own, on given URLs."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.bootstrap.running import KEY, Running, Start


@pytest.fixture
def start(redis: Redis, redis_url: str, database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Start a command against an empty Redis and a migrated Postgres; all are ended afterwards."""
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": database_url, "INVENTORY_BOOTSTRAP_KEY": KEY}
    started: list[Running] = []

    def make(*arguments: str, **environment: str) -> Running:
        started.append(Running(tmp_path / f"{len(started)}.log", urls | environment, *arguments))
        return started[-1]

    yield make
    for running in started:
        running.process.send_signal(signal.SIGCONT)
        running.process.kill()
        running.process.wait(10)
