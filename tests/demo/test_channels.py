"""`demo --channels` as a user starts it: small, proven, disproved, and ended in the middle."""

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from inventory_service.demo.channels import platforms
from inventory_service.demo.channels.run import NO_SIMULATORS, run_channels
from inventory_service.demo.options import DemoOptions
from tests.acceptance.waiting import eventually
from tests.demo.started import demo, output_of, processes_of, read_until

SMALL = ("--channels", "--port", "0", "--shoppers", "60", "--units", "15", "--seconds", "8")
ENDED_SECONDS = 60


def started(data_dir: Path, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """With what it printed until its platforms are up and its shops registered."""
    process = demo(*SMALL, "--data-dir", str(data_dir), *arguments)
    return process, read_until(process, "shops registered")


def service_url(output: str) -> str:
    """As it stands in the command lines of the platforms too, which push there."""
    return str(re.findall(r"up at (\S+) after", output)[0])


def said_by_platform(output: str, shop: str, door: str, given: object) -> Any:
    url = re.findall(rf"{shop}: platform at \S+, its shoppers at (\S+)$", output, re.MULTILINE)[0]
    body = json.dumps(given).encode()
    with urlopen(Request(f"{url}/{door}", body, {"Content-Type": "application/json"}), timeout=10) as answer:  # noqa: S310 - http
        return json.load(answer)


def left_of(data_dir: Path, output: str) -> list[str]:
    return processes_of(data_dir) + processes_of(service_url(output))


@pytest.mark.long
def test_it_is_proven_and_leaves_nothing_running(data_dir: Path) -> None:
    process, output = started(data_dir, "--exit")
    output += output_of(process)
    assert process.returncode == 0, output
    assert "Proven." in output
    for shop in ("Tmall", "Douyin", "own shop"):
        assert re.search(rf"✓ +{shop}: each order here exactly once +(\d+) = \1$", output, re.MULTILINE), output
    assert "alarm credential_invalid: douyin refuses the app_secret" in output
    assert re.search(r"✓ +changed secret: alarm and backfill +\d+ new, \d+ changed, \d+ unchanged", output), output
    assert re.search(r"✓ +oversold, of 15 NOVA X1, alone and in sets +0$", output, re.MULTILINE), output
    assert left_of(data_dir, output) == []


@pytest.mark.long
def test_an_order_that_never_came_is_seen(data_dir: Path) -> None:
    process, output = started(data_dir, "--exit")
    code = next(iter(said_by_platform(output, "own shop", "books", {})["stock"]))
    claimed = said_by_platform(output, "own shop", "claim", {"code": code})["order_id"]
    output += output_of(process)
    assert process.returncode == 1, output
    assert "Not proven: 1 of " in output
    assert f"{claimed}: the platform sold it, it is not here" in " ".join(output.split())


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
async def test_ended_in_the_middle_it_leaves_nothing_running(data_dir: Path, number: int, exit_code: int) -> None:
    process, output = started(data_dir)
    assert left_of(data_dir, output) != []
    process.send_signal(number)
    output += output_of(process)
    assert process.returncode == exit_code, output

    async def ended() -> bool:
        return left_of(data_dir, output) == []

    await eventually(ended, "everything has ended", ENDED_SECONDS)


def test_without_the_source_tree_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platforms, "SOURCE_TREE", tmp_path)
    assert run_channels(DemoOptions()) == NO_SIMULATORS == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "tests/simulators" in said.err
