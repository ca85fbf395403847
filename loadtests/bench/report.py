"""The table of a run: on the terminal, as JSON, and beside the figures that are committed."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from rich.markup import escape
from rich.table import Table

from inventory_service.embedded import MissingServers, find_binaries
from inventory_service.loadtest.target import machine
from loadtests.bench.driving import generator_name
from loadtests.bench.rows import FALLEN_BELOW, Row, Spread

COMMITTED = Path(__file__).with_name("committed.json")
STYLES = {"reached": "green", "missed": "yellow", "not measured": "red"}


class Record(msgspec.Struct, frozen=True):
    """A run. `machine` says what it ran on: processors, system, Python, servers, load generator."""

    form: str
    machine: str
    rows: list[Row]


def this_machine() -> str:
    return " · ".join([machine(), *_server_versions(), generator_name()])


def _server_versions() -> list[str]:
    try:
        found = find_binaries()
    except MissingServers:
        return ["no servers"]
    lines = [subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  # found by us
             for path in (found.redis, found.postgres)]  # fmt: skip
    return [f"{line.split()[0].title()} {_version_in(line)}" for line in lines]


def _version_in(line: str) -> str:
    found = re.search(r"\d+(\.\d+)+", line)
    return found[0] if found else "?"


def table(record: Record, committed: Mapping[str, float]) -> Table:
    shown = Table(title=f"{record.machine}\nmedian (min–max)", title_justify="left")
    shown.add_column("figure")
    for heading in ("ours", "base", "ratio", "reach", "mark", "committed"):
        shown.add_column(heading, justify="left" if heading == "mark" else "right")
    for row in record.rows:
        shown.add_row(row.name, *cells(row, committed.get(row.name)), style="bold red" if fell(row, committed) else "")
    return shown


def cells(row: Row, committed: float | None) -> tuple[str, ...]:
    """ours, base, ratio, reach, mark, committed"""
    mark = f"[{STYLES[row.mark]}]{row.mark}[/]" if row.mark else ""
    return (
        _spelled(row.ours, row.unit),
        _spelled(row.base, row.unit),
        _spelled(row.ratio),
        str(row.reach or ""),
        "; ".join(filter(None, (mark, escape(row.note)))),
        _beside(row, committed),
    )


def _beside(row: Row, committed: float | None) -> str:
    if committed is None:
        return ""
    return f"{_number(committed)} FELL" if row.has_fallen(committed) else _number(committed)


def fell(row: Row, committed: Mapping[str, float]) -> bool:
    return row.name in committed and row.has_fallen(committed[row.name])


def warning(rows: Sequence[Row], committed: Mapping[str, float]) -> str:
    """Names the figures that fell; "" when none did."""
    names = [row.name for row in rows if fell(row, committed)]
    return f"below {FALLEN_BELOW:.0%} of what is committed: {'; '.join(names)}" if names else ""


def read_committed() -> dict[str, float]:
    return msgspec.json.decode(COMMITTED.read_bytes(), type=dict[str, float])


def commit(rows: Sequence[Row]) -> None:
    """Write the figures that mean the same on every machine; what was not measured stays as it is."""
    found = {row.name: round(row.comparable, 3) for row in rows if row.comparable is not None}
    COMMITTED.write_bytes(_indented(dict(sorted((read_committed() | found).items()))))


def write_json(path: Path, record: Record) -> None:
    rows = [{**msgspec.to_builtins(row), "figure": row.figure, "mark": row.mark} for row in record.rows]
    path.write_bytes(_indented({**msgspec.to_builtins(record), "rows": rows}))


def _indented(content: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _spelled(spread: Spread | None, unit: str = "") -> str:
    if spread is None:
        return ""
    middle = _number(spread.median) + (unit if unit.startswith("/") else f" {unit}" if unit else "")
    if spread.least == spread.most:
        return middle
    return f"{middle} ({_number(spread.least)}–{_number(spread.most)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
