"""The demo as a user starts it: a real service, a small sale, the proof, the exit code."""

import json
import re
import signal
import socket
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.demo.started import demo, output_of, processes_of, read_until

UNITS = 25
SMALL = ("--shoppers", "80", "--units", str(UNITS), "--seconds", "1")


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
