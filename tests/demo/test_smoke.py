"""The demo as a user starts it: a real service, a small sale, the proof, the exit code."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

TIMEOUT_S = 150


def demo(data_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "inventory_service", "demo", "--port", "0", "--data-dir", str(data_dir), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> str:
    try:
        return process.communicate(timeout=TIMEOUT_S)[0]
    finally:
        process.kill()


def still_listens(data_dir: Path) -> list[str]:
    """Command lines of living processes that name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(data_dir) in command:
            found.append(command)
    return found


SMALL = ("--shoppers", "80", "--units", "25", "--seconds", "2")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "demo"


def test_a_small_sale_is_proven_twice_in_the_same_folder(data_dir: Path) -> None:
    for _ in range(2):
        process = demo(data_dir, "--exit", *SMALL)
        output = output_of(process)
        assert process.returncode == 0, output
        assert "Proven." in output
        assert "service stopped, exit code 0" in output
        assert still_listens(data_dir) == []


@pytest.mark.parametrize("moment", ["up at", "Ctrl-C stops everything"])
def test_ctrl_c_leaves_nothing_running(data_dir: Path, moment: str) -> None:
    process = demo(data_dir, *SMALL)
    assert process.stdout is not None
    seen = next((line for line in process.stdout if moment in line), "")
    process.send_signal(signal.SIGINT)
    output = output_of(process)
    assert moment in seen
    assert process.returncode == (130 if moment == "up at" else 0), output
    assert "service stopped, exit code 0" in output
    assert still_listens(data_dir) == []
