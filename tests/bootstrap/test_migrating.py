"""A worker that migrates first waits for what passes, as for any store that is away."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import asyncpg
import pytest
from redis.asyncio import Redis

from inventory_service.ledger.migrator import migrate
from inventory_service.resources import resource_folder
from tests.bootstrap.running import Start, starting

BEHIND = "0004_warehouse_rules.sql"  # changes the table of warehouses


@pytest.fixture
def start(redis: Redis, redis_url: str, empty_database_url: str, tmp_path: Path) -> Iterator[Start]:
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": empty_database_url}
    with starting(urls, tmp_path) as make:
        yield make


async def test_it_waits_for_a_table_that_somebody_holds(start: Start, empty_database_url: str, tmp_path: Path) -> None:
    older = tmp_path / "older"
    older.mkdir()
    for file in sorted(resource_folder("migrations").glob("*.sql")):
        if file.name < BEHIND:
            copy(file, older)
    connection = await asyncpg.connect(empty_database_url)
    try:
        await migrate(connection, older)
        async with connection.transaction():
            await connection.execute("LOCK TABLE warehouses IN ACCESS SHARE MODE")
            worker = start("worker", "--migrate")
            await worker.says("canceling statement due to lock timeout")
        await worker.says("gate.opened")
        applied = [event["name"] for event in worker.events() if event["event"] == "migration.applied"]
        assert BEHIND in applied
        assert worker.end() == 0
        assert "Traceback" not in worker.said()
    finally:
        await connection.close()
