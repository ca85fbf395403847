"""What the command line says, without any server."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from inventory_service.engine.script import assemble

REPOSITORY = Path(__file__).resolve().parents[2]
HEAVY = {"aiohttp", "asyncpg", "msgspec", "prometheus_client", "redis", "rich", "structlog", "uvloop"}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "inventory_service", *arguments],
        cwd=REPOSITORY, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_help_is_quick_because_the_commands_import_what_they_need() -> None:
    code = "import sys, inventory_service.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_wrong_settings_are_one_screen_without_secrets() -> None:
    done = run(
        "serve", "--port", "http", "--workers", "0",
        INVENTORY_BOOTSTRAP_KEY="hunter2", INVENTORY_REDIS_URL="redis://:hunter2@cache/0", INVENTORY_WORKRES="1",
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "The settings are wrong:",
        "  INVENTORY_WORKRES: no such setting, did you mean INVENTORY_WORKERS?",
        (
            "  INVENTORY_BOOTSTRAP_KEY: should be 16 to 256 visible ASCII characters without spaces, "
            "not the 7 characters given"
        ),
        '  --port: should be a port number, 0 to 65535 (0: any free one), not "http"',
        '  --workers: should be a number of API processes, 1 to 64, not "0"',
        (
            "  INVENTORY_DATABASE_URL: is missing while INVENTORY_REDIS_URL is set; set both, or neither to use the "
            "embedded servers"
        ),
    ]


@pytest.mark.parametrize("command", ["api", "worker"])
def test_production_processes_never_start_servers(command: str) -> None:
    done = run(command)
    assert done.returncode == 2
    assert "INVENTORY_REDIS_URL and INVENTORY_DATABASE_URL: are needed here" in done.stderr
    assert "Traceback" not in done.stderr


def test_rebuilding_needs_a_persons_word() -> None:
    done = run("rebuild")
    assert done.returncode == 1
    assert "--old-primary-is-dead" in done.stderr


def test_version() -> None:
    assert run("version").stdout.strip() == version("inventory-service")


def test_openapi_prints_the_document_and_checks_the_committed_one(tmp_path: Path) -> None:
    printed = run("openapi")
    assert json.loads(printed.stdout)["openapi"].startswith("3.1")
    (tmp_path / "openapi.json").write_text(printed.stdout)
    command = [sys.executable, "-m", "inventory_service", "openapi", "--check"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    same = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert same.returncode == 0
    (tmp_path / "openapi.json").write_text(printed.stdout.replace("3.1", "3.0"))
    other = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (other.returncode, "out of date" in other.stderr) == (1, True)


def test_lua_show_prints_what_redis_gets_with_its_line_numbers() -> None:
    lines = run("lua", "show", "apply").stdout.splitlines()
    assert lines[0].split() == ["1", *assemble("apply").text.splitlines()[0].split()]
    plain = run("lua", "show", "apply", "--no-numbers").stdout
    assert plain == assemble("apply").text
