"""Nobody reads what a service says: its disk is full, or whoever started it has closed the streams."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
import structlog

from inventory_service.telemetry import configure_logs
from tests.acceptance.ports import free_port
from tests.acceptance.waiting import eventually
from tests.bootstrap.running import KEY, REPOSITORY, Start


@pytest.fixture
def full_disk() -> Iterator[None]:
    with Path("/dev/full").open("w", encoding="utf-8", buffering=1) as stream:
        configure_logs("info", stream)
        yield
        structlog.reset_defaults()
        logging.basicConfig(force=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # else its close fails


@pytest.mark.usefixtures("full_disk")
def test_a_line_that_cannot_be_written_fails_nobody() -> None:
    for _ in range(1000):
        structlog.get_logger().warning("test.told")
        logging.getLogger("library").warning("told")


@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", "2>&-", ">/dev/full 2>/dev/full"])
async def test_it_serves_and_ends_with_0(streams: str, start: Start, redis_url: str, database_url: str) -> None:
    await start("worker").says("gate.open")
    port = free_port()
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": database_url, "INVENTORY_BOOTSTRAP_KEY": KEY}
    with started(f"api --workers 2 --port {port} {streams}", urls) as api:

        async def is_ready() -> bool:
            assert api.poll() is None
            try:
                async with aiohttp.request("GET", f"http://127.0.0.1:{port}/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientConnectionError:
                return False

        await eventually(is_ready, "it serves", within_seconds=60)
        api.terminate()
        assert api.wait(60) == 0


async def test_its_one_line_may_be_lost(start: Start, redis_url: str, database_url: str, tmp_path: Path) -> None:
    await start("worker").says("gate.open")
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": database_url, "INVENTORY_BOOTSTRAP_KEY": KEY}
    log = tmp_path / "api.log"
    with started(f'api --workers 2 --port 0 >/dev/full 2>"{log}"', urls) as api:

        async def is_ready() -> bool:
            return log.exists() and log.read_text().count("child.ready") == 2

        await eventually(is_ready, "both are ready", within_seconds=60)
        api.terminate()
        assert api.wait(60) == 0


@contextmanager
def started(words: str, environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A command of ours in a shell's words, which can close streams."""
    command = ["/bin/sh", "-c", f'exec "$0" -m inventory_service {words}', sys.executable]
    with subprocess.Popen(command, cwd=REPOSITORY, env=os.environ | environment) as process:
        try:
            yield process
        finally:
            process.kill()
