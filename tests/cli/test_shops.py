"""`channels shops`, `channels credentials` and `channels test`: beside a running service, and never a secret shown."""

import itertools
import json
import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.service import REPOSITORY, RunningService
from tests.cli.terminal import Commands, Said

ADD = ("--channel", "taobao", "--title", "T恤店", "--responsible", "Li Lei", "--address", "http://127.0.0.1:1")
SECONDS_MAX, LOOKS_MAX = 60.0, 6_000
SECRET, TOKEN = "canary-app-secret", "canary-access-token"


class Shops:
    """Commands about one shop, whose every answer must not hold a secret."""

    def __init__(self, commands: Commands, name: str) -> None:
        self._commands = commands
        self.name = name

    def __call__(self, *arguments: str, group: str = "shops") -> Said:
        said = self._commands("channels", group, arguments[0], self.name, *arguments[1:])
        assert "canary" not in said.out + said.err
        return said

    def credentials(self, *arguments: str) -> Said:
        return self(*arguments, group="credentials")


_numbers = itertools.count(1)


@pytest.fixture
def tees(commands: Commands) -> Shops:
    made = Shops(commands, f"tees-{next(_numbers)}")
    made("add", *ADD).done()
    return made


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    return file


def test_a_shop_is_added_changed_and_listed(tees: Shops, commands: Commands) -> None:
    again = tees("add", *ADD).refused()
    assert "already" in again
    changed = tees(
        *("change", "--title", "T", "--hold-seconds", "60", "--disable", "--set", "calls_per_second=2.5"),
        *("--set", "options.sign_method=md5", "--json"),
    ).json()
    settings = {"calls_per_second": 2.5, "options": {"sign_method": "md5"}}
    assert (changed["title"], changed["hold_seconds"], changed["settings"]) == ("T", 60, settings)
    assert (changed["responsible"], changed["enabled"]) == ("Li Lei", False)
    table = tees("change", "--set", "options.sign_method=", "--enable").table()
    assert (table["settings"], table["state"]) == ('{"calls_per_second": 2.5}', "ok")
    listed: list[dict[str, Any]] = commands("channels", "shops", "list", "--json").json()
    assert [each["title"] for each in listed if each["shop"] == tees.name] == ["T"]
    (line,) = [line for line in commands("channels", "shops", "list").done().splitlines() if line.startswith(tees.name)]
    assert line.split()[1:] == ["taobao", "T", "Li", "Lei", "ok", "http://127.0.0.1:1"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--address", "http://gateway.example"), "/base_url"),
        (("--set", "answer_ms_max=1"), "/settings/answer_ms_max"),
        (("--set", "app_secret=canary-app-secret"), "/settings/app_secret"),
        (("--title", ""), "/title"),
    ],
)
def test_a_wrong_description_is_refused(tees: Shops, wrong: tuple[str, ...], told: str) -> None:
    assert f"({told}) [validation_failed]" in tees("change", *wrong).refused()


def test_an_unknown_shop_and_a_wrong_channel_are_told(commands: Commands) -> None:
    assert "There is no shop nobody" in commands("channels", "shops", "change", "nobody", "--title", "x").refused()
    assert (
        "There is no channel ebay"
        in commands("channels", "shops", "add", "bay", "--channel", "ebay", *ADD[2:]).refused()
    )
    assert "name has 1 to 64" in commands("channels", "shops", "add", "a/b", *ADD).refused()
    for group in (("credentials", "list"), ("credentials", "history"), ("test",)):
        assert "There is no shop nobody" in commands("channels", *group, "nobody").refused()


def test_a_credential_is_set_from_a_file_and_the_environment(
    tees: Shops, service: RunningService, secret_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(service.environment, "TOKEN_OF_THE_SHOP", TOKEN)
    first = tees.credentials(
        *("set", "--app-key", "key-1", "--secret-from", f"file:{secret_file}", "--expires", "2030-01-01"),
        *("--access-token-from", "env:TOKEN_OF_THE_SHOP"),
    )
    assert first.done() == f"version 1 of {tees.name} is current\n"
    secret_file.write_text("canary-second", encoding="utf-8")
    second = tees.credentials("set", "--app-key", "key-1", "--secret-from", f"file:{secret_file}", "--json").json()
    assert (second["version"], second["state"], second["set_by"]) == (2, "current", "cli")
    rows = [line.split() for line in tees.credentials("list").done().splitlines()]
    assert [row[:3] for row in rows[1:]] == [["2", "current", "key-1"], ["1", "previous", "key-1"]]
    assert tees.credentials("retire", "2").done() == f"retired version 2 of {tees.name}\n"
    assert [each["state"] for each in tees.credentials("list", "--json").json()] == ["retired", "current"]
    assert "has no credential of version 7" in tees.credentials("retire", "7").refused()
    history = tees.credentials("history", "--json").json()
    assert [(each["action"], each["version"], each["by"]) for each in history] == [
        ("retired", 2, "cli"), ("set", 2, "cli"), ("set", 1, "cli"), ("added", 0, "cli"),
    ]  # fmt: skip
    assert "app_key key-1" in tees.credentials("history").done()
    assert "canary" not in service.log_text()


@pytest.mark.parametrize(
    "source", ["canary-app-secret", "env:NOT_THERE_canary", "file:", "file:/nowhere/at/all", "prompt", "env:EMPTY"]
)
def test_a_secret_is_no_argument(
    tees: Shops, source: str, service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(service.environment, "EMPTY", "")
    said = tees.credentials("set", "--app-key", "key-1", "--secret-from", source)
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert tees.credentials("list", "--json").json() == []


def test_a_wrong_secret_is_refused_without_a_word_of_it(tees: Shops, secret_file: Path) -> None:
    secret_file.write_text("canary app secret", encoding="utf-8")
    refused = tees.credentials("set", "--app-key", "key-1", "--secret-from", f"file:{secret_file}").refused()
    assert "visible ASCII characters without spaces (/app_secret)" in refused


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def _read_until(terminal: int, words: bytes) -> bytes:
    seen = b""
    while words not in seen:
        assert select.select([terminal], [], [], SECONDS_MAX)[0], seen
        seen += os.read(terminal, 1024)
    return seen


def _wait_for_silence(terminal: int) -> None:
    """The prompt is out before its echo is off, and what is typed in between is thrown away."""
    for _ in range(LOOKS_MAX):
        if not termios.tcgetattr(terminal)[3] & termios.ECHO:
            return
        select.select([], [], [], SECONDS_MAX / LOOKS_MAX)
    raise AssertionError("the terminal went on to echo")


def test_a_prompt_does_not_echo(tees: Shops, service: RunningService, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    data_dir = ("--data-dir", str(service.data_dir))
    command = ("channels", "credentials", "set", tees.name, "--app-key", "key-1", *data_dir)
    with subprocess.Popen(
        [sys.executable, "-m", "inventory_service", *command],
        cwd=REPOSITORY, env=service.environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        seen = _read_until(ours, b"app secret")
        _wait_for_silence(ours)
        os.write(ours, f"{SECRET}\n".encode())
        seen += _read_until(ours, b"is current")
        assert process.wait(60) == 0
    assert b"canary" not in seen
    assert [each["version"] for each in tees.credentials("list", "--json").json()] == [1]


def test_a_test_tells_what_was_refused(tees: Shops, secret_file: Path) -> None:
    untold = tees._commands("channels", "test", tees.name)
    assert (untold.code, "credential_refused" in untold.out, "it has no credential" in untold.out) == (1, True, True)
    tees.credentials("set", "--app-key", "key-1", "--secret-from", f"file:{secret_file}").done()
    told = tees._commands("channels", "test", tees.name, "--json").json(1)
    assert (told["outcome"], told["app_key"], told["version"], told["which"]) == ("unreachable", "key-1", 1, "")


def test_everything_is_sealed_anew_with_a_newer_key(
    tees: Shops, commands: Commands, service: RunningService, secret_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tees.credentials("set", "--app-key", "key-1", "--secret-from", f"file:{secret_file}").done()
    keys = service.environment["INVENTORY_SEALING_KEYS"]
    newer = keys.replace("1:A", "2:B")
    monkeypatch.setitem(service.environment, "INVENTORY_SEALING_KEYS", newer)
    missing = commands("reseal")
    assert (missing.code, "need key 1, which is not at hand" in missing.err) == (1, True)
    line = _sealing_keys(commands)
    assert (line["verdict"], "need key 1" in line["detail"]) == ("wrong", True)
    monkeypatch.setitem(service.environment, "INVENTORY_SEALING_KEYS", f"{keys},{newer}")
    line = _sealing_keys(commands)
    assert (line["verdict"], "still need key 1" in line["detail"]) == ("warning", True)
    done = commands("reseal", "--json")
    assert (done.json()["needed"], "credentials: " in done.err) == ({}, True)
    assert [each["sealed_with"] for each in tees.credentials("list", "--json").json()] == [2]
    monkeypatch.setitem(service.environment, "INVENTORY_SEALING_KEYS", newer)
    assert commands("reseal").done().startswith("sealed anew: 0 digest keys, 0 credentials, 0 orders")
    monkeypatch.setitem(service.environment, "INVENTORY_SEALING_KEYS", "")
    assert "INVENTORY_SEALING_KEYS is not set" in commands("reseal").refused()


def _sealing_keys(commands: Commands) -> dict[str, str]:
    """What `doctor` says of them, whatever else it finds."""
    (line,) = [line for line in json.loads(commands("doctor", "--json").out) if line["name"] == "sealing keys"]
    return dict(line)


@pytest.mark.parametrize("arguments", [("check",), ("backfill", "--from", "2026-01-01")])
def test_nobody_waits_for_a_shop_that_cannot_be_called(
    tees: Shops, commands: Commands, arguments: tuple[str, ...]
) -> None:
    said = commands("channels", arguments[0], tees.name, *arguments[1:])
    assert said.code == 1, said
    assert f"{tees.name} has no credential" in said.err
    assert "No order differs" not in said.out
