"""Two workers that both believe to own the ledger: one of them stops, and nothing is written twice."""

import signal

from redis.asyncio import Redis

from inventory_service.bootstrap.worker import EXIT_FENCED
from tests.bootstrap.running import Start
from tests.kernel import make
from tests.ledger.house import house


async def test_a_worker_that_slept_past_its_turn_wakes_up_and_stops(
    start: Start, redis: Redis, redis_url: str, database_url: str
) -> None:
    first = start("worker")
    await first.says("gate.open")
    async with house(redis_url, database_url) as caller:
        await caller.do(make.receive("A", 5))
        first.process.send_signal(signal.SIGSTOP)
        lost = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = $1"
        here = await caller.pool.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
        await caller.pool.execute(lost, here)
        second = start("worker")
        await second.says("gate.open")
        assert await caller.do(make.receive("A", 7), make.receive("B", 1)) == ["applied", "applied"]

        first.process.send_signal(signal.SIGCONT)
        await first.says("worker.stopped")
        assert first.process.wait(20) == EXIT_FENCED
        assert '"kind":"Fenced"' in first.said()
        assert second.end() == 0
        assert await caller.pool.fetchval("SELECT count(*) FROM ledger_events") == 3
        assert all(finding.ok for finding in (await caller.findings()).values())
