"""A Postgres that does not answer is not waited for by everybody, and is asked again by one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Position
from inventory_service.ledger import circuit, pool
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.pool import make_pool
from inventory_service.ledger.reader import PostgresReader


@asynccontextmanager
async def reading(database_url: str) -> AsyncIterator[PostgresReader]:
    async def acknowledged() -> Position:
        return Position(0, 0)

    async with make_pool(database_url, size_max=2) as connections:
        yield PostgresReader(connections, Arrival(connections, acknowledged))


@asynccontextmanager
async def stuck(database_url: str) -> AsyncIterator[None]:
    """Nobody can read a reservation meanwhile."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE reservations IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def failures(reader: PostgresReader, times: int) -> list[str]:
    reasons = []
    for _ in range(times):
        with pytest.raises(NotReady) as refused:
            await reader.reservation("r")
        reasons.append(str(refused.value))
    return reasons


async def test_after_a_few_failures_nobody_waits_until_one_that_tries_gets_through(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr(circuit, "OPEN_SECONDS", 1000.0)
    at_once = "Postgres does not answer."
    async with reading(database_url) as reader:
        assert await reader.reservation("r") is None
        async with stuck(database_url):
            reasons = await failures(reader, circuit.FAILURES_MAX + 2)
        assert reasons.index(at_once) == circuit.FAILURES_MAX
        assert await failures(reader, 1) == [at_once]  # it would answer now, but nobody asks yet
        reader._circuit._open_until = 0.0
        assert await reader.reservation("r") is None
        assert await reader.reservation("r") is None


async def test_while_one_tries_the_others_are_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr(circuit, "OPEN_SECONDS", 0.0)
    async with reading(database_url) as reader, stuck(database_url):
        await failures(reader, circuit.FAILURES_MAX)
        reader._circuit._check()  # the one
        with pytest.raises(NotReady, match="does not answer"):
            reader._circuit._check()


async def test_one_slow_question_is_no_outage(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "READ_TIMEOUT_S", 0.2)
    async with reading(database_url) as reader:
        for _ in range(circuit.FAILURES_MAX):
            async with stuck(database_url):
                await failures(reader, circuit.FAILURES_MAX - 1)
            assert await reader.reservation("r") is None
