"""What the server-level faults rest on: each does to a real Redis what it says, and only that."""

import random
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from inventory_service.embedded.append_only_file import last_file
from tests.faults import clock, tracing
from tests.faults.append_only_file import Tail, tear, transactions
from tests.faults.redis_server import FaultyRedis, faulty_redis

SCRIPT = "redis.call('XADD', 's', '1-' .. ARGV[1], 'f', 'v') redis.call('SET', 'last', ARGV[1])"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[FaultyRedis]:
    async with faulty_redis(tmp_path / "one") as server:
        yield server


async def write(server: FaultyRedis, *numbers: int) -> None:
    """One transaction each, as the kernel's: a log entry first, then the state."""
    async with server.client() as client:
        for number in numbers:
            await client.eval(SCRIPT, 0, number)


async def last(server: FaultyRedis) -> int:
    async with server.client() as client:
        return int(await client.get("last") or 0)


@pytest.mark.parametrize("tail", Tail)
async def test_a_torn_log_loses_what_it_says(server: FaultyRedis, tail: Tail) -> None:
    await write(server, 1, 2, 3)
    mark = server.log_end()
    await write(server, 4, 5, 6, 7)
    await server.kill()
    lost = [name for each in tear(mark, random.Random(6), tail) for name in each.stream_ids]
    assert lost == [f"1-{number}" for number in range(8 - len(lost), 8)]
    repaired = await server.recover()
    assert repaired, "a log that is torn is never loaded as it is"
    assert await last(server) == 7 - len(lost)


async def test_without_its_line_end_a_command_is_whole(server: FaultyRedis) -> None:
    """Redis does not look at the two bytes: whatever stands there, nothing is lost, and `tear` says so."""
    await write(server, 1, 2, 3)
    end = server.log_end()
    await server.kill()
    for seed in range(8):
        assert tear(replace(end, offset=end.offset - 2), random.Random(seed), Tail.ZEROS) == []
    assert not await server.recover()
    assert await last(server) == 3


async def test_a_tear_needs_the_file_of_its_mark(server: FaultyRedis) -> None:
    await write(server, 1)
    mark = server.log_end()
    async with server.client() as client:
        await client.bgrewriteaof()
    await server.stop()
    with pytest.raises(AssertionError, match="rewritten"):
        tear(mark, random.Random(1))


async def test_the_log_is_read_by_transactions(server: FaultyRedis) -> None:
    await write(server, 1, 2)
    async with server.client() as client:
        await client.set("alone", 1)
    await server.stop()
    found = transactions(last_file(server.home))
    assert [each.stream_ids for each in found] == [["1-1"], ["1-2"], []]
    assert found[-1].commands[0].words == (b"SET", b"alone", b"1")


async def test_a_disk_is_slow_until_it_is_not(server: FaultyRedis, tmp_path: Path) -> None:
    if reason := tracing.why_not():
        assert reason.startswith("strace")
        return
    async with tracing.slow_sync(server.pid, tmp_path / "calls", 50) as injection:
        await write(server, 1)
        await injection.until_struck()
    struck = injection.struck()
    await write(server, 2)
    assert injection.struck() == struck
    assert server.pid


async def test_a_disk_that_fails_ends_redis(server: FaultyRedis, tmp_path: Path) -> None:
    """With `appendfsync always` it never answers what is not on disk."""
    if reason := tracing.why_not():
        assert reason.startswith("strace")
        return
    async with tracing.failing_sync(server.pid, tmp_path / "calls", first=2) as injection:
        await write(server, 1)
        with pytest.raises(RedisError):
            await write(server, 2)
    assert await server.ended() == 1
    await server.start()
    async with tracing.full_disk(server.pid, tmp_path / "calls", last_file(server.home)) as injection:
        with pytest.raises(RedisError):
            await write(server, 3)
        await injection.until_struck()
    assert await server.ended() == 1
    await server.start()
    assert await last(server) in {1, 2}, "what was written and not synced may be there"


async def test_the_clock_is_stepped_both_ways(tmp_path: Path) -> None:
    if clock.why_not():
        return
    server = FaultyRedis(tmp_path / "one")
    wall = clock.WallClock(server.home)
    server.environment = wall.environment
    await server.start()
    try:
        async with server.client() as client:
            for step, ahead in ((0, 0), (3600, 3600), (-7200, -3600)):
                wall.step(step)
                assert (await client.time())[0] - time.time() == pytest.approx(ahead, abs=60)
    finally:
        await server.kill()


async def test_a_promoted_replica_lacks_what_was_acknowledged(server: FaultyRedis, tmp_path: Path) -> None:
    async with faulty_redis(tmp_path / "two") as replica:
        await replica.follow(server)
        async with server.client() as client:
            await client.eval(SCRIPT, 0, 1)
            assert await client.wait(1, 5000) == 1
        await replica.lose_primary()
        await write(server, 2, 3)
        await replica.promote()
        assert (await last(server), await last(replica)) == (3, 1)


async def test_a_server_comes_back_with_other_data_and_the_same_run_id(server: FaultyRedis, tmp_path: Path) -> None:
    """Demoted, resynchronised, promoted again: connections and run id stay, the replication id tells."""
    async with faulty_redis(tmp_path / "two") as replica:
        await replica.follow(server)
        await replica.lose_primary()
        await replica.promote()
        async with server.client() as living:
            await living.eval(SCRIPT, 0, 1)
            number = await living.client_id()
            before = await living.info("server") | await living.info("replication")
            await server.follow(replica)
            await server.promote()
            after = await living.info("server") | await living.info("replication")
            assert await living.client_id() == number
            assert await living.get("last") is None
        assert before["run_id"] == after["run_id"]
        assert before["master_replid"] != after["master_replid"]


async def test_paused_deleted_and_full(server: FaultyRedis) -> None:
    await write(server, 1)
    server.pause()
    async with server.client() as client:
        client.connection_pool.connection_kwargs["socket_timeout"] = 0.1
        with pytest.raises(RedisError):
            await client.ping()
    server.resume()
    await server.configure("maxmemory", "1")
    with pytest.raises(RedisError, match="maxmemory"):
        await write(server, 2)
    await server.kill()
    server.delete_data()
    await server.start()
    assert await last(server) == 0
