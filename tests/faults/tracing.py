"""A disk that is slow or fails: strace on a living process changes what its system calls do, until it is taken off."""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path

from tests.acceptance.waiting import eventually

ATTACH_SECONDS = 10.0
LET_GO_SECONDS = 2.0
POLL_SECONDS = 0.02
SYNC = "fdatasync,fsync"


class Injection:
    """The tracer's record of what it did."""

    def __init__(self, record: Path) -> None:
        self._record = record

    def struck(self) -> int:
        """How many system calls were delayed or failed so far."""
        return len(re.findall(r"\((?:DELAYED|INJECTED)\)", self._record.read_text(errors="replace")))

    async def until_struck(self, times: int = 1, within_seconds: float = 20.0) -> None:
        async def enough() -> bool:
            return self.struck() >= times

        await eventually(enough, f"{times} system calls were hit", within_seconds)


def why_not() -> str | None:
    """Why this machine cannot trace; None: it can."""
    program = shutil.which("strace")
    if program is None:
        return "strace is not installed"
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as patient:
        command = [program, "-qq", "-e", "trace=none", "-p", str(patient.pid)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as tracer:
            while tracer.poll() is None and not _traces(tracer.pid, patient.pid):
                with suppress(subprocess.TimeoutExpired):
                    tracer.wait(POLL_SECONDS)
            refused = tracer.poll() is not None
            tracer.terminate()
            said = tracer.communicate()[1].decode(errors="replace").strip()
        patient.kill()
    return f"strace may not attach: {said}" if refused else None


@cache
def needs() -> Sequence[str]:
    """What a kind of fault that traces needs and this machine lacks."""
    return ("strace that may attach",) if why_not() else ()


@asynccontextmanager
async def slow_sync(pid: int, record: Path, delay_ms: int) -> AsyncIterator[Injection]:
    """Each fsync of the process takes so much longer."""
    async with _tracing(pid, record, f"inject={SYNC}:delay_enter={delay_ms * 1000}") as injection:
        yield injection


@asynccontextmanager
async def failing_sync(pid: int, record: Path, first: int = 1) -> AsyncIterator[Injection]:
    """From the `first` one on each fsync of the process fails with EIO."""
    async with _tracing(pid, record, f"inject={SYNC}:error=EIO:when={first}+") as injection:
        yield injection


@asynccontextmanager
async def full_disk(pid: int, record: Path, path: Path) -> AsyncIterator[Injection]:
    """Each write of the process to this file fails with ENOSPC."""
    async with _tracing(pid, record, "inject=write:error=ENOSPC", "-P", str(path), calls="write") as injection:
        yield injection


@asynccontextmanager
async def _tracing(pid: int, record: Path, *words: str, calls: str = SYNC) -> AsyncIterator[Injection]:
    record.write_bytes(b"")
    rule, *filters = words
    command = ["strace", "-f", "-qq", "-o", str(record), "-e", f"trace={calls}", "-e", rule, *filters, "-p", str(pid)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as tracer:
        try:
            injection = Injection(record)
            await eventually(lambda: _traced(pid, tracer, injection), f"strace has process {pid}", ATTACH_SECONDS)
            yield injection
        finally:
            await _take_off(tracer)


async def _take_off(tracer: "subprocess.Popen[bytes]") -> None:
    """The process goes on unhurt. A tracer that is asked to go while the process ends may wait for it for ever."""
    tracer.terminate()
    try:
        await eventually(lambda: _ended(tracer), "strace ends", LET_GO_SECONDS)
    except AssertionError:
        tracer.kill()


async def _ended(tracer: "subprocess.Popen[bytes]") -> bool:
    return tracer.poll() is not None


async def _traced(pid: int, tracer: "subprocess.Popen[bytes]", injection: Injection) -> bool:
    if tracer.poll() is not None:
        if injection.struck():  # the process has already ended of what was done to it
            return True
        raise AssertionError(tracer.communicate()[1].decode(errors="replace"))
    return _traces(tracer.pid, pid)


def _traces(tracer: int, pid: int) -> bool:
    return f"TracerPid:\t{tracer}\n" in Path(f"/proc/{pid}/status").read_text()
