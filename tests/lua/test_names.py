"""No variable leaks, none is unknown, none is idle: in Redis a global is an error only once that line runs."""

import re
from collections import Counter
from pathlib import Path

import pytest

from inventory_service.engine.script import assemble
from tests.lua.sources import LUA, PIECES, SCRIPTS, name_of, names, tokens

_REDIS_GLOBALS = """
    KEYS ARGV redis cjson cmsgpack bit struct assert error ipairs next pairs pcall select setmetatable tonumber
    tostring type unpack math string table
"""
REDIS_GLOBALS = frozenset(_REDIS_GLOBALS.split())


def unknown_names(source: str) -> list[str]:
    """Names used before any declaration of them: globals, by accident."""
    declared = set(REDIS_GLOBALS)
    found = []
    for name in names(source):
        if name.declared:
            declared.add(name.text)
        elif name.text not in declared:
            found.append(f"{name.line}: {name.text}")
    return found


def idle_names(source: str) -> list[str]:
    """Variables that are declared and never used; `_` and the names of record fields may be."""
    uses = Counter(name.text for name in names(source))
    return [
        f"{name.line}: {name.text}"
        for name in names(source)
        if name.declared and uses[name.text] == 1 and name.text != "_" and not name.text.isupper()
    ]


@pytest.mark.parametrize("script", [path.stem for path in SCRIPTS])
def test_every_name_is_declared_before_it_is_used(script: str) -> None:
    assert unknown_names(assemble(script).text) == []


def test_every_variable_is_used() -> None:
    assembled = assemble("apply").text
    assert idle_names(assembled) == []


@pytest.mark.parametrize("path", PIECES, ids=name_of)
def test_a_piece_adds_few_names_to_the_script(path: Path) -> None:
    """A script may have 200 locals at its top; helper tables keep it far below."""
    functions = re.findall(r"^local function (\w+)", path.read_text(), re.MULTILINE)
    tables = re.findall(r"^local ([a-z]\w*) = \{", path.read_text(), re.MULTILINE)
    assert len(functions) + len(tables) <= 12


def test_no_piece_touches_keys_or_arguments() -> None:
    """They have names on the first lines of a script, and a piece gets them passed."""
    found = [
        f"{name_of(path)}:{token.line}"
        for path in PIECES
        for token in tokens(path.read_text())
        if token.text in {"KEYS", "ARGV"}
    ]
    assert found == []


def test_every_piece_is_part_of_a_script() -> None:
    pattern = re.compile(r'^--- @include "([\w/]+)"', re.MULTILINE)
    included = {name for path in [*SCRIPTS, *PIECES] for name in pattern.findall(path.read_text())}
    assert included == {str(path.relative_to(LUA).with_suffix("")) for path in PIECES}


# The checks themselves see what they are for.


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("local a = 1\nreturn a", []),
        ("local function f(x, y) return x + y end\nreturn f(1, 2)", []),
        ("local t = {}\nfunction t.f(x) t.g = x return { x = x, y = t.x } end", []),
        ("for index, value in ipairs({}) do return index, value end", []),
        ("local a, b = 1, 2\nreturn function(c) return a + b + c end", []),
        ("leak = 1", ["1: leak"]),
        ("local a = 1\na = b", ["2: b"]),
        ("local function f()\n  total = 1\nend\nreturn f", ["2: total"]),
        ("return later\nlocal later = 1", ["1: later"]),
        ('return redis.call("GET", key)', ["1: key"]),
        ("local t = { a = 1, [b] = 2 }", ["1: b"]),
        ("os.exit()", ["1: os"]),
    ],
)
def test_unknown_names_are_found(source: str, found: list[str]) -> None:
    assert unknown_names(source) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("local a = 1\nreturn a", []),
        ("local a, _, b = f()\nreturn b", ["1: a"]),
        ("local function g(x) return 1 end", ["1: g", "1: x"]),
        ("local FIELD = 3", []),
    ],
)
def test_idle_names_are_found(source: str, found: list[str]) -> None:
    assert idle_names(source) == found
