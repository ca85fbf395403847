"""The runner's side of `house.py`: one child process per rig."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress

import orjson

from tests.faults.plan import Case, Form
from tests.faults.scenario import SCENARIO_SECONDS, Result

# One that hangs is asked where: first what its tasks wait for, then, where it does not wait at all, its line.
TELL_TASKS, TELL_LINE = signal.SIGUSR2, signal.SIGUSR1
START_SECONDS = 60.0
END_SECONDS = 60.0
LINE_MAX = 1 << 24
TAIL = 3000  # characters of what a rig said before it broke


class HouseProcess:
    """Started when it is first asked for results."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._process: asyncio.subprocess.Process | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`

    async def results(self, group: list[Case]) -> AsyncIterator[Result]:
        """One per case, as they come; fewer when the rig broke or hangs."""
        process = self._process = self._process or await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(ConnectionError):
            process.stdin.write(orjson.dumps(group) + b"\n")
        for _ in group:
            try:
                async with asyncio.timeout(START_SECONDS + 2 * SCENARIO_SECONDS):
                    line = await process.stdout.readline()
            except TimeoutError:
                process.send_signal(TELL_TASKS)
                process.send_signal(TELL_LINE)
                return
            if not line:
                return
            yield Result(**orjson.loads(line))

    async def end(self) -> str:
        """End it, its servers included; the end of what it complained about."""
        if self._process is not None:
            await self._interrupt(self._process)
            self._process = None
        self._errors.seek(0)
        text = self._errors.read().decode(errors="replace")
        self._errors.close()
        return text[-TAIL:]

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.house", self._form.name,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=self._errors, limit=LINE_MAX,
        )  # fmt: skip

    async def _interrupt(self, process: asyncio.subprocess.Process) -> None:
        """It ends by itself when nobody has more for it; one that hangs is interrupted, so that it still cleans up."""
        assert process.stdin is not None
        process.stdin.close()
        for hurry in (signal.SIGINT, signal.SIGKILL):
            with suppress(TimeoutError):
                async with asyncio.timeout(END_SECONDS):
                    await process.wait()
                return
            process.send_signal(hurry)
        await process.wait()
