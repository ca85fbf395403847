"""Locust in a process of its own: its command line, and how it is ended."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from inventory_service.loadtest.options import LoadOptions, LoadTestError
from inventory_service.loadtest.target import Target

STOP_TIMEOUT_S = 15  # in which users end what they began
WEB_HOST, WEB_PORT = "127.0.0.1", 8089
LOG_TAIL_LINES = 12


class Generator:
    """One run of Locust; it writes the records of its runs into `options.output`, and its log into `folder`."""

    def __init__(self, options: LoadOptions, locustfile: Path, target: Target, folder: Path, screen: TextIO) -> None:
        self.web_port = _web_port() if options.web else 0
        self._log_path, self._stderr_path = folder / "locust.log", folder / "locust.stderr"
        self._screen = screen
        self._environment = {**os.environ, "LOADTEST_API_KEY": target.api_key}
        self._command = [
            *(sys.executable, "-m", "locust", "--locustfile", str(locustfile), "--host", target.url),
            *("--users", str(options.users), "--spawn-rate", f"{options.spawn_rate or options.users:g}"),
            *("--run-time", str(options.seconds), "--stop-timeout", str(STOP_TIMEOUT_S)),
            *("--report", str(options.output), "--logfile", str(self._log_path), "--only-summary"),
            *("--json-file", str(folder / "locust")),  # instead of its tables on the screen
        ]
        self._command += ["--units", str(options.units)] if options.units else []
        self._command += ["--processes", str(options.processes)] if options.processes > 1 else []
        self._command += _web(self.web_port) if options.web else ["--headless"]
        self._child: asyncio.subprocess.Process | None = None

    async def run(self) -> int:
        """Until it ends: its exit code."""
        with self._stderr_path.open("wb") as stderr:  # where gevent reports the Ctrl-C that Locust then handles
            self._child = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._screen,
                stderr=stderr,
                start_new_session=True,  # a Ctrl-C is ours first, and reaches its workers by their master alone
            )
        try:
            return await self._child.wait()
        finally:
            self.kill()

    def finish(self) -> None:
        """Let the users end what they began, and prove what was done so far."""
        if self._child is not None and self._child.returncode is None:
            self._child.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End what is left of it, workers included."""
        if self._child is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)

    def failed(self, exit_code: int) -> LoadTestError:
        """Why there is no record: the errors in its log, or its last lines."""
        logged, spoken = (_lines(path) for path in (self._log_path, self._stderr_path))
        told = [line.partition(": ")[2] for line in logged if "/ERROR/" in line]
        if not told:
            told = [f"Locust ended with exit code {exit_code}", *logged[-LOG_TAIL_LINES:], *spoken[-LOG_TAIL_LINES:]]
        return LoadTestError("\n".join(told))


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _web(port: int) -> list[str]:
    return ["--web-host", WEB_HOST, "--web-port", str(port)]


def _web_port() -> int:
    """Locust's own port, or any where somebody listens there."""
    for port in (WEB_PORT, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((WEB_HOST, port))
            return int(probe.getsockname()[1])
    raise LoadTestError(f"cannot listen on {WEB_HOST}")
