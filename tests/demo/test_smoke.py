"""The demo as a user starts it: a real service, a small sale, the proof, the exit code."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

TIMEOUT_S = 200
UNITS = 25
SMALL = ("--shoppers", "80", "--units", str(UNITS), "--seconds", "1")


@pytest.fixture
def data_dir() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="demo-"))
    home.chmod(0o711)  # a database server that refuses to be root must reach its folder below
    yield home / "data"
    shutil.rmtree(home)


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


def processes_of(folder: Path) -> list[str]:
    """Command lines of living processes that name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(folder) in command:
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


def pasted_answer(output: str) -> Any:
    """The answer to the command that the demo offers for pasting."""
    key = re.findall(r"^export KEY=(\S+)$", output, re.MULTILINE)[0]
    url = re.findall(r'^curl -s -H "Authorization: Bearer \$KEY" (\S+)$', output, re.MULTILINE)[0]
    with urlopen(Request(url, headers={"Authorization": f"Bearer {key}"}), timeout=10) as answer:  # noqa: S310 - http
        return json.load(answer)


def test_it_is_proven_and_stays_up_and_again_in_the_same_folder(data_dir: Path) -> None:
    first = demo("--port", "0", "--data-dir", str(data_dir), *SMALL)
    try:
        output = read_until(first, "Ctrl-C stops everything")
        assert "Proven." in output
        assert 0 <= pasted_answer(output)["on_hand"] <= UNITS
    finally:
        first.send_signal(signal.SIGINT)
        rest = output_of(first)
    assert first.returncode == 0, rest
    assert processes_of(data_dir) == []

    second = demo("--port", "0", "--data-dir", str(data_dir), "--exit", *SMALL)
    output = output_of(second)
    assert second.returncode == 0, output
    assert "Proven." in output
    assert "service stopped, exit code 0" in output
    assert processes_of(data_dir) == []


def test_ctrl_c_in_the_middle_leaves_nothing_running(data_dir: Path) -> None:
    process = demo("--port", "0", "--data-dir", str(data_dir), *SMALL)
    try:
        read_until(process, "deliveries")
    finally:
        process.send_signal(signal.SIGINT)
        rest = output_of(process)
    assert process.returncode == 130, rest
    assert "service stopped, exit code 0" in rest
    assert processes_of(data_dir) == []


def test_a_taken_port_is_refused_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = demo("--port", str(taken.getsockname()[1]), "--exit", *SMALL)
        output = output_of(process)
    assert process.returncode == 1
    assert "cannot listen on 127.0.0.1" in output
    assert "Starting" not in output
