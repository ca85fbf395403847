"""One command of ours as a process of its own, watched by what it says."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
KEY = "key-of-the-tests-of-separate-processes"

Start = Callable[..., "Running"]


@contextmanager
def starting(environment: dict[str, str], folder: Path) -> Iterator[Start]:
    """Start commands in this environment, their logs in `folder`; all are ended afterwards."""
    started: list[Running] = []

    def make(*arguments: str, **more: str) -> Running:
        started.append(Running(folder / f"{len(started)}.log", environment | more, *arguments))
        return started[-1]

    try:
        yield make
    finally:
        for running in started:
            running.process.send_signal(signal.SIGCONT)
            running.process.kill()
            running.process.wait(10)


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
