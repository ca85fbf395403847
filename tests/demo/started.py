"""The demo as a user starts it, and what it leaves."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

TIMEOUT_S = 200


def demo(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "inventory_service", "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> str:
    """What it printed until it ended; SIGTERM first if it does not, so that it takes its servers with it."""
    try:
        return process.communicate(timeout=TIMEOUT_S)[0]
    except subprocess.TimeoutExpired:
        process.terminate()
        return process.communicate(timeout=TIMEOUT_S)[0]


def processes_of(name: object) -> list[str]:
    """Command lines of living processes that name it, such as its folder or its address."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(name) in command:
                found.append(command)
    return found


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    read = ""
    for line in process.stdout:
        read += line
        if words in line:
            return read
    raise AssertionError(f"it never said {words!r}:\n{read}")
