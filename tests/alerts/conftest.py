from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from inventory_service.ledger.pool import Pool
from tests.alerts.office import Clock, Office
from tests.alerts.robots import WECOM_KEY, WHSEC, Robots, robots_running
from tests.bootstrap.running import Start, starting


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(database: Pool, clock: Clock) -> Office:
    return Office(database, clock)


@pytest.fixture
async def robots() -> AsyncIterator[Robots]:
    async with robots_running() as running:
        yield running


@pytest.fixture
def start(redis: Redis, redis_url: str, database_url: str, tmp_path: Path, robots: Robots) -> Iterator[Start]:
    """Commands on given stores, with a notices file that names our robots."""
    path = tmp_path / "notices.toml"
    path.write_text(notices_file(robots), encoding="utf-8")
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": database_url}
    variables = {"INVENTORY_NOTICES": str(path), "HOOK_SECRET": WHSEC, "WECOM_KEY": WECOM_KEY}
    with starting(urls | variables, tmp_path) as make:
        yield make


def notices_file(robots: Robots) -> str:
    return f"""
        [pace]
        gather_seconds = 1
        calm_seconds = 0
        [people.li]
        name = "Li Na"
        [sinks.hook]
        type = "webhook"
        url = "{robots.url}/hook"
        secret_env = "HOOK_SECRET"
        [sinks.chat]
        type = "wecom"
        key_env = "WECOM_KEY"
        base_url = "{robots.url}"
        [[rules]]
        alarms = ["gate_*"]
        sinks = ["chat"]
        responsible = "li"
        [[rules]]
        alarms = ["*"]
        sinks = ["chat", "hook"]
        responsible = "li"
    """
