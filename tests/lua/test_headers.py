"""Each script says at its top what it takes and gives, and that is what it takes and gives."""

import re
from pathlib import Path

import pytest

from tests.lua.sources import PIECES, SCRIPTS, name_of

SECTIONS = ("KEYS", "ARGV", "Returns", "Errors", "Emits", "Cost")
FIRST_LINE = re.compile(r"#!lua( flags=[a-z,-]+)?")
INCLUDE = re.compile(r'--- @include "[\w/]+"')


def header_of(source: str) -> str:
    match = re.match(r"#!lua[^\n]*\n--\[\[\n(.*?)\n\]\]\n", source, re.DOTALL)
    assert match, "a script starts with #!lua and a comment block"
    return match[1]


def section(source: str, name: str) -> str:
    match = re.search(rf"^{name}:(.*?)(?=^[A-Z]\w*:|\Z)", header_of(source), re.DOTALL | re.MULTILINE)
    assert match, f"the header has no {name}"
    return match[1]


def body_of(source: str) -> str:
    """The script's own lines, without comments."""
    body = source.partition("\n]]\n")[2]
    return re.sub(r"--[^\n]*", "", body)


def declared(source: str, name: str) -> set[int]:
    """`[1] meta  [6..9] ring` → 1, 6, 7, 8, 9"""
    numbers: set[int] = set()
    for first, last in re.findall(r"\[(\d+)(?:\.\.(\d+))?\]", section(source, name)):
        numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_has_every_section(path: Path) -> None:
    source = path.read_text()
    assert FIRST_LINE.fullmatch(source.splitlines()[0])
    assert [name for name in SECTIONS if not section(source, name).strip()] == []
    order = [match[1] for match in re.finditer(r"^([A-Z]\w*):", header_of(source), re.MULTILINE)]
    assert [name for name in order if name in SECTIONS] == list(SECTIONS)


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_says_first_what_it_is_for(path: Path) -> None:
    purpose = header_of(path.read_text()).split("KEYS:")[0].strip()
    assert purpose.endswith(".")
    assert len(purpose) > 40


@pytest.mark.parametrize("name", ["KEYS", "ARGV"])
@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_what_is_declared_is_used_and_what_is_used_is_declared(path: Path, name: str) -> None:
    source = path.read_text()
    used = {int(number) for number in re.findall(rf"\b{name}\[(\d+)\]", body_of(source))}
    assert declared(source, name) == used == set(range(1, len(used) + 1))


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_keys_and_arguments_get_their_names_first(path: Path) -> None:
    """Behind the includes come the lines that name them; nothing below mentions a number again."""
    statements = [line for line in body_of(path.read_text()).splitlines() if line.strip()]
    naming = [bool(re.search(r"\b(KEYS|ARGV)\b", line)) for line in statements]
    assert any(naming)
    assert naming == sorted(naming, reverse=True)
    assert all(line.startswith("local ") for line, names in zip(statements, naming, strict=True) if names)


@pytest.mark.parametrize("path", PIECES, ids=name_of)
def test_a_piece_says_first_what_it_is_for(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    assert re.match(r"-- \w.{20,}", first)


@pytest.mark.parametrize("path", [*SCRIPTS, *PIECES], ids=name_of)
def test_an_include_is_spelled_right_and_once(path: Path) -> None:
    """A misspelled one would be a comment."""
    lines = [line for line in path.read_text().splitlines() if "@include" in line]
    assert [line for line in lines if not INCLUDE.fullmatch(line)] == []
    assert len(lines) == len(set(lines))
