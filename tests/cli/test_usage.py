"""How the program is talked to: typing errors, completion, settings; without any store."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_screens import REPOSITORY, run

SECRET = "hunter2-hunter2-hunter2"
URLS = {
    "INVENTORY_REDIS_URL": f"redis://:{SECRET}@cache:6379/0",
    "INVENTORY_DATABASE_URL": f"postgresql://inventory:{SECRET}@db/inventory?sslpassword={SECRET}",
    "INVENTORY_BOOTSTRAP_KEY": SECRET,
}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("reserv", "TEE=1"), "Did you mean 'reserve'"),
        (("keys", "crate"), "Did you mean 'create'?"),
        (("serve", "--prot", "80"), "--port"),
        (("reserve", "TEE"), "should be SKU=QUANTITY, such as TEE-RED-M=2."),
        (
            ("reserve", "TEE=1", "--ship-to", "land=CN"),
            "one of country, region, province, city, postcode, lat, lon, datum.",
        ),
        (("reserve", f"TEE={'9' * 5_000}"), "should be SKU=QUANTITY, such as TEE-RED-M=2."),
        (("reserve", "TEE=1", "--ship-to", "lat=nan"), "lat should be degrees, such as 31.23, not 'nan'."),
        (("reserve", "TEE=1", "--ttl", "0"), "--ttl"),
        (("reservations", "list", "--status", "gone"), "'part_shipped'"),
        (("scan", "order", "TEE", "1"), "--warehouse"),
        (("stock", "import", "delivery.csv"), "Choose from: receive, adjust, count,"),
        (("lua", "show", "aply"), "only apply, close, flushed, open, rebuild."),
    ],
)
def test_wrong_usage_is_one_line_with_the_help_to_turn_to(arguments: tuple[str, ...], told: str) -> None:
    said = run(*arguments)
    assert (said.returncode, said.stdout) == (2, "")
    [line] = said.stderr.splitlines()
    assert line.startswith("error: ")
    assert told in line
    assert line.endswith("--help`.")


def test_an_argument_in_another_encoding_is_refused_before_anything_is_done() -> None:
    gbk = os.fsdecode("库存.csv".encode("gb18030"))
    said = run("stock", "import", gbk, "--type", "receive")
    assert (said.returncode, said.stdout) == (2, "")
    [line] = said.stderr.splitlines()
    assert line.startswith("error: Argument 3 is not UTF-8: ")


def test_settings_are_shown_with_their_origin_and_without_secrets() -> None:
    said = run("config", "show", "--port", "9000", "--json", INVENTORY_WORKERS="3", **URLS)
    assert SECRET not in said.stdout + said.stderr
    shown = {each["setting"]: (each["value"], each["origin"]) for each in json.loads(said.stdout)}
    assert shown["port"] == ("9000", "option")
    assert shown["workers"] == ("3", "variable")
    assert shown["host"] == ("127.0.0.1", "default")
    assert shown["bootstrap_key"] == ("***", "variable")
    assert shown["redis_url"] == ("redis://***@cache:6379/0", "variable")
    table = run("config", "show", **URLS)
    assert SECRET not in table.stdout + table.stderr
    assert table.stdout.splitlines()[0].split() == ["setting", "value", "origin", "variable"]
    assert run("config", "show", "--port", "many").returncode == 2


def test_the_notices_file_is_shown_with_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "notices.toml"
    path.write_text(f'[sinks.office]\ntype = "wecom"\nkey = "{SECRET}"\n', encoding="utf-8")
    said = run("config", "show", "--json", INVENTORY_NOTICES=str(path))
    assert SECRET not in said.stdout + said.stderr
    shown = {each["setting"]: (each["value"], each["origin"]) for each in json.loads(said.stdout)}
    assert shown["notices"] == (str(path), "variable")
    assert shown["notices.sinks.office.key"] == ("***", "file")
    absent = run("config", "show", INVENTORY_NOTICES=str(tmp_path / "none.toml"))
    assert (absent.returncode, absent.stdout) == (2, "")
    assert "none.toml cannot be read" in absent.stderr


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("inventory-service re", {"reserve", "release", "rebuild", "reservations"}),
        ("inventory-service reservations list --status ", {"held", "part_shipped"}),
        ("inventory-service keys create shop --scope ", {"reserve", "stock:read"}),
        ("inventory-service serve --log-level ", {"debug", "warning"}),
        ("inventory-service lua show ", {"apply", "open", "flushed"}),
    ],
)
def test_the_shell_completes(line: str, offered: set[str]) -> None:
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - (not line.endswith(" ")))}
    said = run(_INVENTORY_SERVICE_COMPLETE="complete_bash", **words)
    assert (said.returncode, offered - set(said.stdout.splitlines())) == (0, set()), said


def test_the_completion_can_be_put_into_a_shell() -> None:
    said = run(_INVENTORY_SERVICE_COMPLETE="source_bash")  # as --show-completion, whatever shell runs this
    assert "complete -o default -F _inventory_service_completion inventory-service" in said.stdout, said


def test_what_the_program_carries_is_json_too() -> None:
    assert set(json.loads(run("version", "--json").stdout)) == {"version"}
    shown = json.loads(run("lua", "show", "open", "--json").stdout)
    assert (shown["script"], len(shown["sha"]), shown["text"][:5]) == ("open", 40, "#!lua")


def test_every_command_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"(?:inventory-service|inventory_service) ([a-z]+)", (REPOSITORY / "README.md").read_text()))
    assert {"doctor", "reserve"} <= named
    known = run(_INVENTORY_SERVICE_COMPLETE="complete_bash", COMP_WORDS="inventory-service ", COMP_CWORD="1")
    assert named - set(known.stdout.split()) == set()


def test_a_file_that_is_not_there_is_told_without_the_number_of_the_error(tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    said = run("channels", "map", "test", str(file), "--channel", "generic")
    assert (said.returncode, said.stdout, said.stderr) == (1, "", f"error: {file}: No such file or directory\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_without_standard_streams_a_command_ends_as_with_them(closed: str) -> None:
    """As some schedulers start programs. Only the exit is left to tell."""
    away = {
        "INVENTORY_REDIS_URL": "redis://127.0.0.1:1/0",
        "INVENTORY_DATABASE_URL": "postgresql://127.0.0.1:1/inventory",
    }
    said = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", "inventory_service", "status"],
        cwd=REPOSITORY, env={**os.environ, **away}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (said.returncode, "Traceback" in said.stderr) == (1, False), said


def test_a_closed_standard_input_is_an_empty_one() -> None:
    command = [sys.executable, "-m", "inventory_service", "stock", "import", "-", "--format", "csv", "--type", "count"]
    said = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&-', "sh", *command],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (said.returncode, said.stderr) == (1, "error: the standard input is empty. [validation_failed]\n")
