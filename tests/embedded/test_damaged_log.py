"""Power was cut: whatever stands behind the last whole command of Redis's log, the next start has what was answered."""

import os
import random
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from inventory_service.embedded.append_only_file import FOLDER
from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.errors import ServerFailed
from inventory_service.embedded.redis import RedisServer
from tests import servers

SCRIPT = """
for _, name in ipairs({ 'only ' .. ARGV[1], 'one', 'two' }) do redis.call('SET', name, ARGV[1]) end
"""
END = b"*1\r\n$4\r\nEXEC\r\n"


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with servers.server_folder() as folder:
        (folder / "logs").mkdir(exist_ok=True)
        server = RedisServer(find_binaries().redis, folder, "secret")
        yield server
        with suppress(RuntimeError, ProcessLookupError):
            os.kill(server.identity.pid, signal.SIGKILL)


async def killed(server: RedisServer) -> Path:
    """The log of one that was killed behind two transactions: the first was answered, the second may be torn."""
    await server.start()
    async with Redis.from_url(server.url) as client:
        home = Path(str((await client.config_get("dir"))["dir"]))
        for number in (1, 2):
            await client.eval(SCRIPT, 0, number)
    os.kill(server.identity.pid, signal.SIGKILL)
    await server.stop()
    (log,) = (home / FOLDER).glob("*.incr.aof")
    return log


async def found(server: RedisServer) -> tuple[int, int]:
    """What it has once it is started again."""
    await server.start()
    async with Redis.from_url(server.url) as client:
        values = await client.mget("one", "two")
    await server.stop()
    return int(values[0] or 0), int(values[1] or 0)


@pytest.mark.parametrize(
    ("kept", "behind", "has"),
    [
        (None, bytes(4096), (2, 2)),
        (None, random.Random(1).randbytes(4096), (2, 2)),
        (-len(END) - 2, bytes(4096), (1, 1)),
        (-len(END) - 2, random.Random(2).randbytes(4096), (1, 1)),
        (-4, bytes(4096), (1, 1)),  # within the last word: Redis asks what "EX" is
    ],
    ids=["zeros", "noise", "zeros in a transaction", "noise in a transaction", "zeros in a word"],
)
async def test_a_damaged_end_is_cut_and_kept(
    server: RedisServer, kept: int | None, behind: bytes, has: tuple[int, int]
) -> None:
    log = await killed(server)
    damaged = log.read_bytes()[:kept] + behind
    log.write_bytes(damaged)
    with capture_logs() as said:
        assert await found(server) == has
    (copy,) = damaged_files(log)
    assert copy.read_bytes() == damaged
    (event,) = said
    assert (event["event"], event["log_level"]) == ("redis.log_repaired", "warning")
    assert event["damaged_file"] == str(copy)
    assert event["bytes_cut"] >= len(behind)


async def test_half_a_transaction_never_comes_alive(server: RedisServer) -> None:
    """Cut by Redis itself it would stay in the log, open, and be carried out with the next one at the second start."""
    log = await killed(server)
    log.write_bytes(log.read_bytes()[: -len(END) - 10])
    await server.start()
    async with Redis.from_url(server.url) as client:
        await client.eval(SCRIPT, 0, 3)
    os.kill(server.identity.pid, signal.SIGKILL)
    await server.stop()
    await server.start()
    async with Redis.from_url(server.url) as client:
        assert await client.mget("one", "two", "only 1", "only 2", "only 3") == [b"3", b"3", b"1", None, b"3"]
    await server.stop()
    assert len(damaged_files(log)) == 1


async def test_a_whole_log_is_left_alone(server: RedisServer) -> None:
    log = await killed(server)
    with capture_logs() as said:
        assert await found(server) == (2, 2)
    assert (said, damaged_files(log)) == ([], [])


def damaged_files(log: Path) -> list[Path]:
    """What was kept."""
    return list(log.parent.glob("*.damaged-*"))


async def test_what_its_tool_cannot_mend_is_told(server: RedisServer) -> None:
    """A file in front of the last one is no tail: nothing is cut there."""
    log = await killed(server)
    manifest = log.parent / "appendonly.aof.manifest"
    second = log.with_name("appendonly.aof.2.incr.aof")
    second.write_bytes(log.read_bytes())
    manifest.write_text(manifest.read_text() + f"file {second.name} seq 2 type i\n")
    log.write_bytes(bytes(4096) + log.read_bytes())
    with pytest.raises(ServerFailed, match="damaged and could not be repaired"):
        await server.start()
    assert second.exists()
