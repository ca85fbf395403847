"""A service to write to for one command's time, on real stores: beside a worker, and alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest
from redis.asyncio import Redis

from inventory_service.bootstrap import commands, opened
from inventory_service.bootstrap.limits import DAY_MS
from inventory_service.bootstrap.opened import opened_service
from inventory_service.domain.errors import NotReady
from inventory_service.domain.warehouse import Warehouse
from inventory_service.engine.redis_state import RedisState
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.turn import WORKER, Turn
from inventory_service.settings import Settings
from inventory_service.usecases.requests import MovementRequest
from inventory_service.workers.shutdown import Shutdown
from tests.bootstrap.running import Start

Limits = Callable[[], Awaitable[tuple[int, int] | None]]


@pytest.fixture
def settings(redis: Redis, redis_url: str, database_url: str) -> Settings:
    return Settings(redis_url=redis_url, database_url=database_url)


async def receive(settings: Settings, movement_id: str, quantity: int) -> str:
    async with opened_service(settings) as process:
        await process.services.warehouses.put(Warehouse("SHA", "Shanghai"))
        movement = MovementRequest(movement_id, "receive", "TEE", "SHA", quantity)
        (result,) = await process.services.movements("hand", [movement])
    return result.result


async def on_hand(database: Pool) -> int | None:
    value: int | None = await database.fetchval("SELECT on_hand FROM stock_levels WHERE sku = 'TEE'")
    return value


async def test_alone_it_opens_the_gate_and_leaves_everything_in_the_ledger(
    settings: Settings, database: Pool, database_url: str
) -> None:
    assert await receive(settings, "m1", 5) == "applied"
    assert await on_hand(database) == 5
    assert await receive(settings, "m1", 5) == "duplicate"
    assert await receive(settings, "m2", 2) == "applied"
    assert await on_hand(database) == 7
    turn = Turn(database_url, WORKER)
    await turn.take()  # it was given back
    await turn.give_back()
    assert all(finding.ok for finding in await commands.verify(settings))


async def test_what_the_writer_has_not_taken_at_the_end_is_drained(
    settings: Settings, database: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = asyncio.Event()

    class Told(Shutdown):
        def request(self) -> None:
            super().request()
            ending.set()

    monkeypatch.setattr(opened, "Shutdown", Told)

    async def receive_twice() -> None:
        async with opened_service(settings) as process:
            await process.services.warehouses.put(Warehouse("SHA", "Shanghai"))
            opened_up.set()
            await holding.wait()
            for movement_id in ("m1", "m2"):
                await process.services.movements("hand", [MovementRequest(movement_id, "receive", "TEE", "SHA", 5)])

    opened_up, holding = asyncio.Event(), asyncio.Event()
    command = asyncio.create_task(receive_twice())
    await opened_up.wait()
    async with database.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM ledger_offsets FOR UPDATE")  # the writer gets stuck with the first
        holding.set()
        await ending.wait()
    await command
    assert await on_hand(database) == 10


async def test_what_was_written_before_an_error_is_in_the_ledger_too(settings: Settings, database: Pool) -> None:
    async def fail_behind_a_write() -> None:
        async with opened_service(settings) as process:
            await process.services.warehouses.put(Warehouse("SHA", "Shanghai"))
            await process.services.movements("hand", [MovementRequest("m1", "receive", "TEE", "SHA", 5)])
            raise KeyError("the command's own")

    with pytest.raises(KeyError, match="the command's own"):
        await fail_behind_a_write()
    assert await on_hand(database) == 5


async def test_beside_a_worker_it_leaves_the_ledger_to_it(start: Start, settings: Settings, database: Pool) -> None:
    worker = start("worker")
    await worker.says("gate.open")
    owner = await database.fetchval("SELECT owner_epoch FROM ledger_offsets")
    assert await receive(settings, "m1", 5) == "applied"
    assert await database.fetchval("SELECT owner_epoch FROM ledger_offsets") == owner
    assert worker.end() == 0
    assert await on_hand(database) == 5


async def test_a_worker_that_starts_meanwhile_stands_by_and_goes_on(start: Start, settings: Settings) -> None:
    async with opened_service(settings) as process:
        worker = start("worker")
        await worker.says("this one stands by")
        assert not await process.services.readiness.reasons()
    await worker.says("gate.open")
    assert worker.end() == 0


@pytest.fixture
async def limits(start: Start, redis_url: str) -> AsyncIterator[Limits]:
    """What the gate was opened with, behind a worker that had limits of its own and ended."""
    worker = start("worker", "--retention-days", "30", "--backlog-limit", "5000")
    await worker.says("gate.open")
    assert worker.end() == 0
    hot = RedisState(redis_url, 1, 1)
    yield hot.limits
    await hot.close()


async def test_ids_are_remembered_as_long_as_the_service_said(settings: Settings, limits: Limits) -> None:
    async with opened_service(settings):
        assert await limits() == (30 * DAY_MS, 5000)


@pytest.mark.parametrize(("days", "kept_days"), [(7, 30), (60, 60)])
async def test_a_rebuild_brings_back_the_ids_of_the_longest_retention(
    settings: Settings, limits: Limits, days: int, kept_days: int
) -> None:
    await commands.rebuild(msgspec.structs.replace(settings, retention_days=days))
    assert await limits() == (kept_days * DAY_MS, 5000)


async def test_a_gate_that_stays_closed_says_why(
    settings: Settings, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await receive(settings, "m1", 5)
    await redis.flushall()
    monkeypatch.setattr(opened, "OPEN_MAX_S", 0.0)
    with pytest.raises(NotReady, match="Redis is empty, but this deployment has been in use"):
        await receive(settings, "m2", 5)


async def test_a_database_without_a_schema_is_told(
    redis: Redis, redis_url: str, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "OPEN_MAX_S", 0.0)
    with pytest.raises(NotReady, match="has not been migrated: run `migrate up`"):
        await receive(Settings(redis_url=redis_url, database_url=empty_database_url), "m1", 5)
