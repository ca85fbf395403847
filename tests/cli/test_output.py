"""Text as it reaches a terminal or a pipe."""

import json
import os
import pty
import subprocess
import sys

import pytest

from inventory_service.cli.output import print_table, printable
from tests.cli.test_screens import REPOSITORY


def test_columns_stand_under_each_other_in_every_script(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "units"), [("上海仓", 5), ("SHA", 1234)])
    assert capsys.readouterr().out == "name    units\n上海仓      5\nSHA      1234\n"


def test_what_a_caller_wrote_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert printable("a\x1b[2Jb\nc\u202ed") == "a\\x1b[2Jb\\nc\\u202ed"
    print_table(("reason",), [("\x1b]0;title\x07",)])
    assert "\x1b" not in capsys.readouterr().out


def test_a_table_as_json_is_a_list_of_objects(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "units"), [("上海仓", 5)], as_json=True)
    assert json.loads(capsys.readouterr().out) == [{"name": "上海仓", "units": 5}]


def test_a_terminal_gets_colours_and_brackets_stay_what_they_are() -> None:
    """On a real terminal, since everything decides by asking for one."""
    leader, follower = pty.openpty()
    code = "from inventory_service.cli.output import print_table; print_table(('', 'sku'), [('wrong', '[red]A')])"
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
    try:
        subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, env=environment, stdout=follower, check=True)
        said = os.read(leader, 65_536).decode()
    finally:
        os.close(leader)
        os.close(follower)
    assert "\x1b[1;31mwrong" in said
    assert "[red]A" in said
