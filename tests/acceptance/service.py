"""The product started as a user starts it: `python -m inventory_service serve`, in a process session of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.acceptance.ports import free_port
from tests.acceptance.processes import alive, children, command_line, family, kill_all, recorded_pids

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
STOP_SECONDS = 30.0
CLI_SECONDS = 90.0
POLL_SECONDS = 0.05
LOOKS = 16  # each may be answered by another process; of two, one in 30,000 starts is believed too early
BOOTSTRAP_KEY = "bootstrap-key-of-the-acceptance-suite-0123456789"
SEALING_KEYS = f"1:{'A' * 43}="


class RunningService:
    """One `serve` and everything below it. Whatever it started ends with `close()`.

    `data_dir` lives as long as the object: `kill()` or `stop()`, then `start()` again, keeps it.
    """

    def __init__(self, workers: int = 1, environment: Mapping[str, str] | None = None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="inv"))
        self.home.chmod(0o711)  # a database server that refuses to be root must reach its folder below
        self.data_dir = self.home / "d"
        self.log_path = self.home / "log"
        self.workers = workers
        temporary = self.home / "t"  # goes with the rest, whoever is killed before cleaning up
        temporary.mkdir()
        temporary.chmod(0o1777)
        own = {
            "INVENTORY_BOOTSTRAP_KEY": BOOTSTRAP_KEY,
            "INVENTORY_SEALING_KEYS": SEALING_KEYS,
            "TMPDIR": str(temporary),
        }
        self.environment = {**_clean_environment(), **own, **(environment or {})}
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: set[int] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def supervisor(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it and wait until it is ready. AssertionError with its log when it is not in time."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*_PROGRAM, "serve", "--port", str(self.port), "--data-dir", str(self.data_dir),
                 "--workers", str(self.workers)],
                cwd=REPOSITORY, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.wait_ready()

    def wait_ready(self, within_seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + within_seconds
        while not all(self.ready() for _ in range(LOOKS)):
            assert self._running(), f"ended with {self._exit_code()} before it was ready:\n{self.log_text()[-6000:]}"
            assert time.monotonic() < deadline, f"not ready in {within_seconds:g} s:\n{self.log_text()[-6000:]}"
            self._pause()
        self._seen |= self.processes()

    def ready(self) -> bool:
        with suppress(HTTPException, OSError), closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        return False

    def processes(self) -> set[int]:
        """Supervisor, API processes, worker, embedded servers: all that live now."""
        roots = recorded_pids(self.data_dir) | {pid for pid in self._seen if alive(pid)}
        if self._process is not None:
            roots.add(self._process.pid)
        return family(roots)

    def processes_running(self, word: str) -> set[int]:
        """Children of the supervisor that have `word` among their arguments."""
        return {pid for pid in children(self.supervisor) if word in command_line(pid)}

    def terminate(self) -> None:
        """SIGTERM to the supervisor, as an operator's `kill` does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def wait_stopped(self, within_seconds: float = STOP_SECONDS) -> int:
        """Its exit code; AssertionError when it is still there, or left something running."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within_seconds)
        assert not self._running(), f"still running {within_seconds:g} s after SIGTERM:\n{self.log_text()[-6000:]}"
        left = {pid: command_line(pid) for pid in self.processes() - {self._process.pid}}
        assert not left, f"left behind: {left}"
        self._seen.clear()
        return self._process.returncode

    def stop(self) -> None:
        """SIGTERM; it must end by itself with exit code 0."""
        self.terminate()
        code = self.wait_stopped()
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.log_text()[-6000:]}"

    def kill(self) -> None:
        """SIGKILL to every process at once, as a power cut would end them; returns when all are gone."""
        deadline = time.monotonic() + STOP_SECONDS
        while left := self.processes():
            kill_all(left)
            assert time.monotonic() < deadline, f"cannot be killed: {left}"
            self._pause()
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
        self._seen.clear()

    def close(self) -> None:
        """End what is left and remove its folder."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def cli(self, *arguments: str, within_seconds: float = CLI_SECONDS) -> subprocess.CompletedProcess[str]:
        """One command beside the service (or without it), on the same data."""
        return self.program(*arguments, "--data-dir", str(self.data_dir), within_seconds=within_seconds)

    def program(self, *arguments: str, within_seconds: float = CLI_SECONDS) -> subprocess.CompletedProcess[str]:
        """`python -m inventory_service …` with nothing added."""
        return subprocess.run(
            [*_PROGRAM, *arguments],
            cwd=REPOSITORY, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=within_seconds, check=False,
        )  # fmt: skip

    def verify(self) -> None:
        """Every invariant, Redis against the ledger; AssertionError with what it printed."""
        done = self.cli("verify")
        assert done.returncode == 0, f"verify: exit {done.returncode}\n{done.stdout}\n{done.stderr}"

    def log_text(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def _running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _exit_code(self) -> int | None:
        return None if self._process is None else self._process.returncode

    def _pause(self) -> None:
        """One polling interval, cut short by the end of the process; a dead process is reaped here too."""
        assert self._process is not None
        if self._process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(POLL_SECONDS)


_PROGRAM = [sys.executable, "-m", "inventory_service"]


def _clean_environment() -> dict[str, str]:
    """Without settings of whoever runs the tests, which would point at other servers."""
    return {name: value for name, value in os.environ.items() if not name.startswith("INVENTORY_")}
