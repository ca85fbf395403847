"""Many callers in several processes, let go at the same moment.

Run as `python -m tests.races.callers` this is one such process: it reads its job as a line of JSON, says "ready",
waits for a second line, makes its calls and prints the answers as JSON.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.acceptance.client import Answer, Api
from tests.acceptance.service import BOOTSTRAP_KEY, REPOSITORY

JOB_SECONDS = 120.0
LINE_BYTES_MAX = 64 * 1024 * 1024


@dataclass(frozen=True)
class Call:
    """One POST."""

    path: str
    body: Any


@dataclass(frozen=True)
class Heard:
    """What came back for one call."""

    status: int
    replayed: bool
    body: Any

    @property
    def outcome(self) -> str:
        """The problem code, "replayed", or the status of the reservation."""
        if self.status >= 400:
            return str(self.body["code"])
        return "replayed" if self.replayed else str(self.body.get("status", self.status))


async def call_at_once(api: Api, calls: Sequence[Call], callers: int) -> list[Heard]:
    """All calls by so many callers of this process, answers in the order of the calls."""
    answers: list[Answer | None] = [None] * len(calls)
    numbers = iter(range(len(calls)))

    async def caller() -> None:
        for number in numbers:
            answers[number] = await api.post(calls[number].path, calls[number].body)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(caller())
    return [Heard(answer.status, answer.replayed, answer.body) for answer in answers if answer is not None]


async def call_from_processes(url: str, calls: Sequence[Call], processes: int, callers: int) -> list[Heard]:
    """Deal the calls out to `processes` with `callers` each, let all go together; answers in no order."""
    children = [await _spawn() for _ in range(processes)]
    try:
        async with asyncio.timeout(JOB_SECONDS):
            for number, child in enumerate(children):
                job = {"url": url, "callers": callers, "calls": [[c.path, c.body] for c in calls[number::processes]]}
                await _say(child, json.dumps(job))
            for child in children:
                assert await _hear(child) == "ready"
            for child in children:
                await _say(child, "go")
            lines = await asyncio.gather(*(_hear(child) for child in children))
            return [Heard(*fields) for line in lines for fields in json.loads(line)]
    finally:
        for child in children:
            if child.returncode is None:
                child.kill()
            await child.wait()


async def _spawn() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.races.callers", cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE_BYTES_MAX,
    )  # fmt: skip


async def _say(child: asyncio.subprocess.Process, text: str) -> None:
    assert child.stdin is not None
    child.stdin.write(text.encode() + b"\n")
    await child.stdin.drain()


async def _hear(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    return (await child.stdout.readline()).decode().strip()


async def _child() -> None:
    job = json.loads(sys.stdin.readline())
    async with Api(job["url"], BOOTSTRAP_KEY) as api:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        heard = await call_at_once(api, [Call(*fields) for fields in job["calls"]], job["callers"])
    sys.stdout.write(json.dumps([[h.status, h.replayed, h.body] for h in heard]) + "\n")


if __name__ == "__main__":
    asyncio.run(_child())
