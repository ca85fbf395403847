"""Every event is named `thing.happened` and stands in the list; the list names no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "inventory_service"
# These run at a caller's, or once for a person: they log as libraries and tools do.
ELSEWHERE = {"cli", "client", "demo", "loadtest"}
SOURCES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] not in ELSEWHERE]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def logged() -> Iterator[tuple[str, ast.expr]]:
    """(place, first argument) of every call of a logger."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_logging(node.func):
                yield f"{path.name}:{node.lineno}", node.args[0]


def _is_logging(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in LEVELS and isinstance(function.value, ast.Name) and function.value.id == "log"
    return isinstance(function, ast.Name) and function.id == "tell"


def test_events_are_named_alike_and_listed() -> None:
    events = dict(logged())
    assert [place for place, event in events.items() if not isinstance(event, ast.Constant)] == []
    names = {str(event.value) for event in events.values() if isinstance(event, ast.Constant)}
    assert [name for name in names if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name)] == []
    table = (PACKAGE / "telemetry" / "README.md").read_text(encoding="utf-8").partition("## Metrics")[0]
    rows = re.findall(r"^\| (`\w+\.[^|]*) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([\w.]+)`", row)} == names


def test_nobody_logs_past_the_ids() -> None:
    """A logger of the standard library has them too, but its lines have sentences for names."""
    imports = [
        path.name
        for path in SOURCES
        if re.search(r"^import logging|^from logging", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert sorted(imports) == ["logs.py", "requests.py"]
