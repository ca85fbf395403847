"""What keeps the tree plain, checked instead of remembered."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON_LINES_MAX = 400
LUA_LINES_MAX = 200
FUNCTION_LINES_MAX = 60
FILE_BYTES_MAX = 512 * 1024  # nothing written by hand is larger; the lock is the largest file there is

TOP_LEVEL = {
    "Dockerfile",
    "Makefile",
    "README.md",
    "deploy",
    "docker-compose.yml",
    "inventory_service",
    "loadtests",
    "lua",
    "migrations",
    "openapi.json",
    "pyproject.toml",
    "requirements.lock",
    "tests",
}
WRITTEN_HERE = {"", ".json", ".lock", ".lua", ".md", ".py", ".sql", ".toml", ".typed", ".yml", ".css", ".html", ".js"}

# Spelled in two halves, since this file is read as well.
LEFTOVERS = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
PACKAGE_SOURCES = re.compile(
    r"--(?:extra-)?index-" + r"url\b|--find-" + r"links[ =]\S|files\.pythonhosted|/simple" + r"/"
)
WAITING_BLINDLY = re.compile(
    r"(?:asyncio|time)\.sleep\((?!0\))|pytest\.mark\.(?:sk" + r"ip|xf" + r"ail)|fake" + r"redis"
)


def tracked() -> list[Path]:
    """Files in version control, and those about to be: everything that is not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    return sorted(path for name in listed.split("\0") if name and (path := REPOSITORY / name).is_file())


FILES = tracked()
PYTHON = [path for path in FILES if path.suffix == ".py"]
TESTS = [path for path in PYTHON if path.is_relative_to(REPOSITORY / "tests")]


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_there_is_something_to_check() -> None:
    assert {"pyproject.toml", "inventory_service/domain/stock.py", "lua/apply.lua"} <= {name_of(path) for path in FILES}


@pytest.mark.parametrize(("suffix", "lines_max"), [(".py", PYTHON_LINES_MAX), (".lua", LUA_LINES_MAX)])
def test_files_are_short(suffix: str, lines_max: int) -> None:
    lengths = {name_of(path): len(path.read_bytes().splitlines()) for path in FILES if path.suffix == suffix}
    assert {name: length for name, length in lengths.items() if length > lines_max} == {}


def test_functions_are_short() -> None:
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}: {length} lines"
        for path in PYTHON
        for node in functions(path)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert long == []


def test_nothing_is_left_for_later() -> None:
    assert lines_with(LEFTOVERS, FILES) == []


def test_no_file_says_where_packages_come_from() -> None:
    assert lines_with(PACKAGE_SOURCES, FILES) == []


def test_tests_wait_for_signals_and_run_every_time() -> None:
    assert lines_with(WAITING_BLINDLY, TESTS) == []


def test_the_top_level_is_the_agreed_one() -> None:
    tops = {path.relative_to(REPOSITORY).parts[0] for path in FILES}
    assert {top for top in tops if not top.startswith(".")} - TOP_LEVEL == set()


def test_every_folder_tells_what_it_is_for() -> None:
    silent = []
    for folder in sorted({path.parent for path in FILES} - {REPOSITORY}):
        if any(part.startswith(".") for part in folder.relative_to(REPOSITORY).parts):
            continue
        package = folder / "__init__.py"
        told = (folder / "README.md").is_file() or (
            package.is_file() and ast.get_docstring(ast.parse(package.read_text(encoding="utf-8")))
        )
        # Folders of plain data or parts are told about by the one above.
        if not told and any(path.suffix == ".py" for path in folder.iterdir()):
            silent.append(name_of(folder))
    assert silent == []


def test_no_file_of_a_third_party_is_in_the_tree() -> None:
    """Such files come out of packages; here they would be large, minified or of a kind that nobody writes."""
    strange = [name_of(path) for path in FILES if path.suffix not in WRITTEN_HERE or ".min." in path.name]
    large = [name_of(path) for path in FILES if path.stat().st_size > FILE_BYTES_MAX]
    assert (strange, large) == ([], [])
