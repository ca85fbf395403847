"""The supervisor with real child processes that keep a journal."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from inventory_service.workers import supervisor as module
from inventory_service.workers.shutdown import Shutdown
from inventory_service.workers.supervisor import Child, GaveUp, Supervisor
from tests.acceptance.processes import alive
from tests.acceptance.waiting import eventually

CHILD = Path(__file__).with_name("child.py")
REPOSITORY = CHILD.parents[2]


class Journal:
    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def words(self) -> list[str]:
        return [f"{what} {name}" for what, name, _ in self.lines()]

    def pids(self, name: str) -> list[int]:
        return [int(pid) for what, whose, pid in self.lines() if what == "start" and whose == name]

    async def has(self, count: int, word: str) -> None:
        async def probe() -> bool:
            return self.words().count(word) >= count

        await eventually(probe, f"{count} times {word!r} in {self.words()}")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def child(name: str, journal: Journal, behaviour: str = "obeys", grace_s: float = 20.0) -> Child:
    return Child(name, [sys.executable, str(CHILD), name, str(journal.path), behaviour], grace_s)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY)}


@asynccontextmanager
async def running(*stages: list[Child]) -> AsyncIterator[tuple[Supervisor, Shutdown]]:
    supervisor, shutdown = Supervisor(stages, environment()), Shutdown()
    try:
        assert await supervisor.start(shutdown)
        yield supervisor, shutdown
    finally:
        shutdown.request()
        shutdown.request()
        await supervisor.stop(shutdown)


async def test_starts_all_and_ends_the_last_stage_first(journal: Journal) -> None:
    stages = [child("worker", journal)], [child("api-0", journal), child("api-1", journal)]
    async with running(*stages) as (supervisor, shutdown):
        assert sorted(journal.words()) == ["start api-0", "start api-1", "start worker"]
        shutdown.request()
        assert await supervisor.stop(shutdown)
    assert sorted(journal.words()[3:5]) == ["end api-0", "end api-1"]
    assert journal.words()[5:] == ["end worker"]


async def test_a_killed_child_is_started_again(journal: Journal) -> None:
    async with running([child("worker", journal)]):
        os.kill(journal.pids("worker")[0], signal.SIGKILL)
        await journal.has(2, "start worker")
        first, second = journal.pids("worker")
        assert not alive(first)
        assert alive(second)


async def test_a_child_that_cannot_be_started_for_a_while_is_tried_again(journal: Journal, tmp_path: Path) -> None:
    program, away = tmp_path / "program", tmp_path / "away"  # as in an upgrade that replaces the programs
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o700)
    worker, other = child("worker", journal), child("api-0", journal)
    worker.command = [str(program), *worker.command[1:]]
    async with running([worker], [other]):
        program.rename(away)
        os.kill(journal.pids("worker")[0], signal.SIGKILL)

        async def tried_in_vain() -> bool:
            return worker.attempts >= 3

        await eventually(tried_in_vain, "it was tried twice more")
        away.rename(program)
        await journal.has(2, "start worker")
        assert alive(journal.pids("api-0")[0])


async def test_a_child_that_never_gets_ready_ends_the_start(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACK_OFF_FIRST_S", 0.001)
    supervisor, shutdown = Supervisor([[child("api-0", journal, "dies")]], environment()), Shutdown()
    with pytest.raises(GaveUp, match=r"api-0 ended 5 times before it was ready \(exit status 7\)"):
        await supervisor.start(shutdown)
    await supervisor.stop(shutdown)
    assert journal.words() == ["start api-0"] * 5


async def test_a_child_that_ignores_the_request_is_killed_after_its_grace(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KILL_AFTER_HURRY_S", 0.05)
    async with running([child("api-0", journal, "ignores", grace_s=0.05)]) as (supervisor, shutdown):
        shutdown.request()
        assert not await supervisor.stop(shutdown)
    assert not alive(journal.pids("api-0")[0])


async def test_a_second_request_does_not_wait_for_the_grace(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KILL_AFTER_HURRY_S", 0.05)
    async with running([child("api-0", journal, "ignores", grace_s=600)]) as (supervisor, shutdown):
        shutdown.request()
        shutdown.request()
        async with asyncio.timeout(10):
            assert not await supervisor.stop(shutdown)


async def test_the_end_may_be_requested_before_everything_is_ready(journal: Journal) -> None:
    supervisor, shutdown = Supervisor([[child("api-0", journal)]], environment()), Shutdown()
    shutdown.request()
    assert not await supervisor.start(shutdown)
    await supervisor.stop(shutdown)
    assert not [pid for pid in journal.pids("api-0") if alive(pid)]


SUPERVISE = """
import asyncio, os, sys
from inventory_service.workers.shutdown import Shutdown
from inventory_service.workers.supervisor import Child, Supervisor
async def main():
    shutdown = Shutdown()
    children = [Child(name, [sys.executable, sys.argv[1], name, sys.argv[2], "obeys"], 5.0) for name in ("a", "b")]
    supervisor = Supervisor([children], os.environ)
    await supervisor.start(shutdown)
    print("ready", file=sys.stderr, flush=True)
    await supervisor.run(shutdown)
asyncio.run(main())
"""


async def test_children_end_when_the_supervisor_is_killed(journal: Journal) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(CHILD), str(journal.path)],
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        try:
            assert process.stderr is not None
            assert await asyncio.to_thread(process.stderr.readline) == b"ready\n"
        finally:
            process.kill()
    await journal.has(1, "end a")
    await journal.has(1, "end b")
