"""What the README names exists: settings with their defaults, folders, tests, commands, links."""

import re
from pathlib import Path
from typing import Any

import pytest

from inventory_service import settings

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def readme() -> str:
    return (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_every_setting_stands_in_the_table_with_its_default(readme: str) -> None:
    rows = dict(re.findall(r"^\| `(INVENTORY_\w+)` \| [^|]*\| ([^|]*) \|", readme, re.MULTILINE))
    names = {settings.variable_name(name): name for name in settings.Settings.__struct_fields__}
    assert rows.keys() == names.keys()
    defaults = settings.Settings()
    for variable, shown in rows.items():
        value = getattr(defaults, names[variable])
        if value is not None and variable != "INVENTORY_WORKERS":
            assert shown.strip("`") == (f"{value:g}" if isinstance(value, float) else str(value)), variable


def test_every_folder_has_its_line(readme: str) -> None:
    package = REPOSITORY / "inventory_service"
    folders = {f"inventory_service/{path.parent.name}/" for path in package.glob("*/__init__.py")}
    listed = set(re.findall(r"^\| `([\w/.]+/)` \|", readme, re.MULTILINE))
    assert folders <= listed
    assert all((REPOSITORY / folder).is_dir() for folder in listed)


def test_every_named_test_exists(readme: str) -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", readme))
    assert named
    assert [path for path in named if not (REPOSITORY / path).exists()] == []


def test_every_make_target_exists(readme: str) -> None:
    targets = set(re.findall(r"^(\w+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake (\w+)(?= |`|$)", readme, re.MULTILINE)) <= targets


def test_every_link_within_the_page_leads_somewhere(readme: str) -> None:
    titles = re.findall(r"^##+ (.+)$", readme, re.MULTILINE)
    headings = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert {link for link in re.findall(r"\]\(#([\w-]+)\)", readme) if link not in headings} == set()


# As in `inventory-service verify` and `python -m inventory_service keys create \| list`.
COMMAND = re.compile(r"(?:python -m inventory_service|inventory-service) +([^`\n]+)")
PATH = re.compile(r"`(?!\.venv/|data/)((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:json|lock|md|py|toml|yml))`")
VARIABLE = re.compile(r"\bINVENTORY_[A-Z_]+\b")


def test_every_command_and_option_exists(readme: str) -> None:
    from typer.main import get_command

    from inventory_service.cli.program import app

    written = COMMAND.findall(readme)
    assert written
    assert {text: wrong for text in written if (wrong := _unknown_words(get_command(app), text))} == {}


def _unknown_words(program: Any, text: str) -> list[str]:
    r"""What `a b --option \| c` names that is not there; c stands beside b. Arguments are whatever they are."""
    unknown, group, command = [], program, program
    for word in re.split(r"[\s\[\])]+", text.replace("\\|", "|")):
        if word.startswith("#"):
            break
        if word == "|":
            command = group
        elif word.startswith("--"):
            name = word.partition("=")[0].rstrip(",.;:")
            options = {option for parameter in command.params for option in parameter.opts}
            unknown += [] if name in options | {"--help"} else [word]
        elif word in (subcommands := getattr(command, "commands", {})):
            group, command = command, subcommands[word]
        elif subcommands and re.fullmatch(r"[a-z-]+", word):
            unknown.append(word)
    return unknown


def test_every_path_exists(readme: str) -> None:
    """A bare file name may be one of any folder. `.venv` and `data` come to be when they are needed."""
    names = {path.name for folder in ("inventory_service", "lua", "tests") for path in (REPOSITORY / folder).rglob("*")}
    assert {path for path in PATH.findall(readme) if not (REPOSITORY / path).exists() and path not in names} == set()


def test_every_variable_is_a_setting(readme: str) -> None:
    known = {settings.variable_name(name) for name in settings.Settings.__struct_fields__}
    assert set(VARIABLE.findall(readme)) <= known
