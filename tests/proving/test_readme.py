"""Every block of the README is run as it stands, twice, in a fresh folder, against the service that it starts itself.

A new block fails here until it runs or stands in one of the tables below, which say what is done instead and why.
"""

import json
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.service import REPOSITORY
from tests.proving.readme import Block, Result, Terminal, blocks

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = list(blocks(README))

# A command that goes on until it is stopped: what is put into the block instead. One that runs already is stopped
# first, as a reader would before starting it with another setting; its data stay.
IN_BACKGROUND = {
    "make serve": (
        '[ -z "$serve" ] || { kill "$serve"; wait "$serve"; }; '
        ".venv/bin/python -m inventory_service serve >>serve.log 2>&1 & serve=$!"
    ),
}
# On a machine that is short of processors an answer may be "once more": so does a reader, with the block as it stands.
PASTES_MAX = 5
# Commands that are not run here, since a test or the run of the suite itself does it.
RUN_ELSEWHERE = {
    "make demo": "tests/demo/test_smoke.py",
    "make load": "tests/loadtest",
    "make test": "tests",
    "make check": "tests/architecture",
    "make faults": "tests/faults",
    "docker compose --profile observability up --build": "tests/architecture/test_compose.py",  # no docker in a test
}
# Blocks without commands, by a piece of their first line: what proves them.
SHOWN = {
    "storefront ─┐": "a drawing",
    "stateDiagram-v2": "tests/kernel/model_reservations.py",
    "✓ ": "tests/demo/test_proof.py",  # what a proof prints
}


def _receives_100(answers: list[Any]) -> None:
    (result,) = answers[1]["results"]
    assert result["result"] in {"applied", "duplicate"}
    # Pasted again it shows the stock of today, which is less.
    assert result["result"] == "duplicate" or result["stock"]["on_hand"] == 100


def _leaves_98(answers: list[Any]) -> None:
    stock, order, events = answers[-3:]
    assert [stock[counter] for counter in ("on_hand", "held", "committed")] == [98, 0, 0]
    assert order["status"] == "shipped"
    assert [event["type"] for event in events["data"]][-1] == "receive"
    assert len(events["data"]) >= 3


# What a comment with a number in it says, checked in the JSON that its block printed.
PROMISES: dict[str, Callable[[list[Any]], None]] = {
    "a warehouse, and 100 shirts in it": _receives_100,
    "98 on hand, nothing held, nothing committed; the order is shipped; and the history says why": _leaves_98,
}
READY_TRIES = 600


def _shown(block: Block) -> bool:
    return any(piece in block.text.splitlines()[0] for piece in SHOWN)


RUN = [block for block in BLOCKS if not _shown(block) and not set(block.commands) <= RUN_ELSEWHERE.keys()]


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    # Short, since sockets have their path in it; open, since a database server that refuses to be root passes through.
    with tempfile.TemporaryDirectory(prefix="inv") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        with Terminal(folder, port) as opened:
            yield opened


def test_there_are_blocks_to_run() -> None:
    assert "sh" in {block.language for block in RUN}
    assert any("make serve" in block.commands for block in RUN)


def test_a_reader_may_paste_every_block_and_paste_it_again(terminal: Terminal) -> None:
    """One test, since what one block starts, defines and sells, the next one needs."""
    for block in RUN:
        for _ in range(2):
            _paste(terminal, block)
    books = terminal.paste(".venv/bin/python -m inventory_service verify")
    assert not books.failed, books.output
    ended = terminal.paste('kill "$serve"; wait "$serve"')
    assert not ended.failed, _log(terminal)
    assert "Traceback" not in _log(terminal)


def _paste(terminal: Terminal, block: Block) -> None:
    assert block.language in {"", "sh", "bash", "python"}, f"{block}: how is a block of {block.language} run?"
    result = terminal.paste(_mapped(block), block.language or "sh")
    for _ in range(PASTES_MAX):
        if not any(answer.get("retryable") for answer in _answers(result)):
            break
        result = terminal.paste(_mapped(block), block.language or "sh")
    if IN_BACKGROUND.keys() & set(block.commands):
        _wait_until_ready(terminal)
    assert not result.failed, f"{block}:\n{result.output}"
    answers = _answers(result)
    assert [answer for answer in answers if _is_refusal(answer)] == [], f"{block}:\n{result.output}"
    for promise in block.promises:
        assert promise in PROMISES, f"{block} promises {promise!r}: say in PROMISES how that is checked"
        PROMISES[promise](answers)


def test_every_table_is_about_something_that_is_there() -> None:
    text = "\n".join(block.text for block in BLOCKS)
    commands = {command for block in BLOCKS for command in block.commands}
    assert IN_BACKGROUND.keys() <= commands
    assert {piece for piece in SHOWN if piece not in text} == set()
    assert {promise for promise in PROMISES if promise not in text} == set()
    proven = [place for command, place in RUN_ELSEWHERE.items() if command in commands]
    for place in [*proven, *SHOWN.values()]:
        assert not place.startswith("tests") or (REPOSITORY / place).exists(), place


def _mapped(block: Block) -> str:
    """The block with its endless commands in the background. Of a plain fence every line has to be a known command."""
    if not block.language:
        unknown = [each for each in block.commands if each not in IN_BACKGROUND and each not in RUN_ELSEWHERE]
        assert not unknown, f"{block} has no language: name it, or put {unknown} into a table of this file"
    lines = []
    for line in block.text.splitlines():
        command = re.sub(r"\s+# .*$", "", line).strip()
        lines.append("" if command in RUN_ELSEWHERE else IN_BACKGROUND.get(command, line))
    return "\n".join(lines) + "\n"


def _wait_until_ready(terminal: Terminal) -> None:
    for _ in range(READY_TRIES):
        done = terminal.paste('kill -0 "$serve" && curl -sS --retry 0 -f http://127.0.0.1:8080/readyz')
        if not done.failed:
            return
        terminal.paste('timeout 0.2 tail --pid="$serve" -f /dev/null || true')
    raise AssertionError(_log(terminal))


def _log(terminal: Terminal) -> str:
    return (terminal.folder / "serve.log").read_text(encoding="utf-8")


def _answers(result: Result) -> list[Any]:
    """The JSON objects that were printed, one a line."""
    return [json.loads(line) for line in result.output.splitlines() if line.startswith("{")]


def _is_refusal(answer: Any) -> bool:
    """A problem, or a list with a refused entry."""
    refused = [each for each in answer.get("results", []) if each.get("result") in {"rejected", "parked"}]
    return bool(refused) or str(answer.get("type", "")).startswith("/problems/")
