"""`worker` and `api` apart, against given URLs, as production runs them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.acceptance.client import Api
from tests.acceptance.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[2]
KEY = "key-of-the-tests-of-separate-processes"
START_SECONDS = 60.0

Start = Callable[..., "Running"]


class Running:
    """One command of ours as a process of its own; its log tells what it does."""

    def __init__(self, log_path: Path, environment: dict[str, str], *arguments: str) -> None:
        self._log_path = log_path
        with log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "inventory_service", *arguments],
                cwd=REPOSITORY, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def said(self) -> str:
        return self._log_path.read_text()

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]

    async def says(self, text: str) -> None:
        async def probe() -> bool:
            return text in self.said()

        await eventually(probe, f"{text!r} in:\n{self.said()}", START_SECONDS)

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(60)


@pytest.fixture
def start(redis: Redis, redis_url: str, database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Start a command against an empty Redis and a migrated Postgres; all are ended afterwards."""
    urls = {"INVENTORY_REDIS_URL": redis_url, "INVENTORY_DATABASE_URL": database_url, "INVENTORY_BOOTSTRAP_KEY": KEY}
    started: list[Running] = []

    def make(*arguments: str) -> Running:
        started.append(Running(tmp_path / f"{len(started)}.log", urls, *arguments))
        return started[-1]

    yield make
    for running in started:
        running.process.send_signal(signal.SIGCONT)
        running.process.kill()
        running.process.wait(10)


async def test_api_and_worker_find_each_other_and_end_with_0(start: Start) -> None:
    api = start("api", "--port", "0", "--workers", "2")
    await api.says('"event":"api.listening"')
    (port,) = {event["port"] for event in api.events() if event["event"] == "api.listening"}
    async with Api(f"http://127.0.0.1:{port}", KEY) as caller:
        assert "gate is closed" in str((await caller.get("/readyz")).problem(503, "not_ready")["detail"])
        worker = start("worker")
        await api.says(f"Ready: http://127.0.0.1:{port} ")
        (await caller.put("/v1/warehouses/SHA", {"name": "Shanghai", "kind": "warehouse", "country": "CN"})).ok()
        movement = {"movement_id": "m1", "type": "receive", "sku": "TEE", "warehouse": "SHA", "quantity": 5}
        (await caller.post("/v1/stock/movements", {"movements": [movement]})).ok()
    assert api.end() == 0
    assert worker.end() == 0
    assert '"seq":1,"event":"drain.finished"' in worker.said()


async def test_a_second_worker_stands_by_and_takes_over(start: Start) -> None:
    first = start("worker")
    await first.says("gate.open")
    second = start("worker")
    await second.says("this one stands by")
    assert "gate.open" not in second.said()
    first.process.kill()
    await second.says("gate.open")
    assert second.end() == 0


async def test_a_worker_that_stands_by_ends_without_touching_anything(start: Start) -> None:
    first = start("worker")
    await first.says("gate.open")
    second = start("worker")
    await second.says("this one stands by")
    assert second.end() == 0
    assert "drain" not in second.said()
    assert first.process.poll() is None


async def test_a_redis_that_may_forget_is_warned_of(start: Start, redis: Redis) -> None:
    await redis.config_set("appendfsync", "everysec")
    try:
        worker = start("worker")
        await worker.says("gate.open")
    finally:
        await redis.config_set("appendfsync", "always")
    assert "Redis may forget what it has answered: set appendfsync always in its configuration." in worker.said()
    assert worker.end() == 0
    quiet = start("worker")
    await quiet.says("gate.open")
    assert "may forget" not in quiet.said()
