"""One server process under the data folder.

The server inherits a locked file and never closes it, so the lock says for certain whether a server of ours still
uses the folder, whoever was killed in between: pid files alone cannot.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from inventory_service.embedded.accounts import Account
from inventory_service.embedded.errors import ServerFailed
from inventory_service.embedded.places import ProcessId, lock_file

PAUSE_SECONDS = 0.02  # between two looks at a server that starts or stops
READY_SECONDS = 300.0  # a large log is replayed before the first answer; a dead process is noticed at once
ADOPT_SECONDS = 10.0  # how long a server that was left behind may take to answer or to go
KILL_SECONDS = 10.0
LOG_TAIL_BYTES = 2_000

# Asks the server for its pid; None while it does not answer. Raises ServerFailed when it never will.
Question = Callable[[], Awaitable[int | None]]


def start_of(pid: int) -> str | None:
    """When the process with this pid started, in a form to compare only; None when there is none or a zombie."""
    if sys.platform != "linux":
        shown = subprocess.run(
            ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.split(maxsplit=1)
        return None if not shown or shown[0].startswith("Z") else shown[1].strip()
    try:
        # The name in parentheses may hold anything, so count from the last one: state is field 3, start time field 22.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return None if fields[0] == "Z" else f"{boot} {fields[19]}"


# The Redis of the wheel allocates with glibc, which by itself keeps 7 freed pieces of each size; a batch of the kernel
# makes and frees thousands. With this many it takes 5 % fewer instructions.
_ALLOCATION = "glibc.malloc.tcache_count=1000"


def is_alive(process: ProcessId) -> bool:
    return start_of(process.pid) == process.started


def program_environment() -> dict[str, str]:
    """Ours without settings and secrets of the service, and without what redirects Postgres."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PG", "INVENTORY_"))}
    return {"GLIBC_TUNABLES": _ALLOCATION} | kept | {"LC_ALL": "C", "TZ": "UTC"}


async def moments(seconds: float) -> AsyncIterator[None]:
    """Now, and again every few milliseconds until the time is over."""
    deadline = time.monotonic() + seconds
    yield
    while time.monotonic() < deadline:
        await asyncio.sleep(PAUSE_SECONDS)
        yield


class ServerProcess:
    """A server with its home folder, its lock and its log. Started by us, or adopted from a service that died."""

    def __init__(self, name: str, home: Path, log: Path) -> None:
        self.name = name
        self._home = home
        self._log = log
        self._log_start = 0
        self._lock_path = home / "server.lock"
        self._lock: int | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._identity: ProcessId | None = None

    @property
    def identity(self) -> ProcessId:
        if self._identity is None:
            raise RuntimeError(f"{self.name} is not running")
        return self._identity

    @property
    def held_files(self) -> tuple[int, ...]:
        """Our copy of the lock, for a program that prepares the folder: killed with us still running, it keeps the
        next start waiting.
        """
        return () if self._lock is None else (self._lock,)

    async def adopt_or_lock(self, question: Question) -> bool:
        """True: a server that was left behind answers and is ours now. False: there is none, and nobody else can
        start one before `spawn`.

        Raises ServerFailed when something holds the folder, does not answer and cannot be ended.
        """
        async for _ in moments(ADOPT_SECONDS):
            self._lock = lock_file(self._lock_path)
            if self._lock is not None:
                return False
            pid = await question()
            if pid is not None and (started := start_of(pid)):
                self._identity = ProcessId(pid, started)
                return True
        await self._end_recorded()
        async for _ in moments(KILL_SECONDS):
            self._lock = lock_file(self._lock_path)
            if self._lock is not None:
                return False
        raise ServerFailed(f"{self.name}: a process that does not answer still uses {self._home}; end it")

    def spawn(self, command: Sequence[str], account: Account) -> None:
        """Start it in a session of its own, so that a Ctrl-C reaches us first and the stop has an order."""
        if self._lock is None:
            raise RuntimeError(f"{self.name}: spawn comes after adopt_or_lock")
        with self._log.open("ab") as log:
            self._log_start = log.tell()
            self._child = subprocess.Popen(
                [*account.prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
                env=program_environment(),
                start_new_session=True,
                pass_fds=(self._lock,),
                **account.switch,
            )
        self._identity = ProcessId(self._child.pid, start_of(self._child.pid) or "")
        os.ftruncate(self._lock, 0)
        os.write(self._lock, f"{self._identity.pid} {self._identity.started}".encode())
        self.unlock()

    def unlock(self) -> None:
        """Let go of our copy of the lock; a server that was started keeps its own."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def wait_until_ready(self, question: Question) -> None:
        """Raises ServerFailed with the end of the log."""
        async for _ in moments(READY_SECONDS):
            if self.has_ended():
                raise ServerFailed(f"{self.name} did not start:\n{self.log_tail()}")
            if await question() is not None:
                return
        raise ServerFailed(f"{self.name} does not answer after {READY_SECONDS:.0f} s:\n{self.log_tail()}")

    def has_ended(self) -> bool:
        if self._child is not None:
            return self._child.poll() is not None
        return self._identity is None or not is_alive(self._identity)

    async def stop(self, *steps: tuple[signal.Signals, float]) -> None:
        """Send each signal and wait for its seconds, at last SIGKILL. Does nothing when it has ended."""
        for number, seconds in (*steps, (signal.SIGKILL, KILL_SECONDS)):
            if await self._signal(number, seconds):
                break
        self._child = self._identity = None

    def log_tail(self) -> str:
        """The last lines since this start."""
        with self._log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - LOG_TAIL_BYTES))
            return log.read().decode(errors="replace").strip() or f"(nothing in {self._log})"

    async def _signal(self, number: signal.Signals, seconds: float) -> bool:
        """Whether it has ended."""
        if self.has_ended():
            return True
        with suppress(ProcessLookupError):
            os.kill(self.identity.pid, number)
        async for _ in moments(seconds):
            if self.has_ended():
                return True
        return False

    async def _end_recorded(self) -> None:
        """End the server that the lock file names, if that very process still lives."""
        pid, _, started = self._lock_path.read_text(errors="replace").partition(" ")
        if pid.isdecimal() and started and is_alive(ProcessId(int(pid), started)):
            self._identity = ProcessId(int(pid), started)
            await self.stop((signal.SIGTERM, KILL_SECONDS))
