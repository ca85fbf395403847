"""The bench: what its rows conclude, how they are shown and kept, and that a figure that fails stops no other."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from loadtests.bench import chart, report
from loadtests.bench.figures import GROUPS, NAMES
from loadtests.bench.forms import QUICK, Figure, Form, Group
from loadtests.bench.houses import NotStarted, peer
from loadtests.bench.rows import (
    BYTES,
    RATE,
    SECONDS,
    Reach,
    Row,
    Spread,
    alone,
    compared,
    not_measured,
    take_turns,
)
from loadtests.bench.running import measure

REPOSITORY = Path(__file__).resolve().parents[2]
FASTER = compared("ours / theirs", RATE, [300, 900, 400], [100, 200, 200], Reach(2.5), "a note")
DEARER = compared("whole / plain", "µs", [40.0], [20.0], Reach(1.5, at_most=True))
SHOWN = compared("writer / copy", RATE, [10], [1000], None)
SMALL = alone("bytes of a hold", BYTES, [180.5], Reach(220, at_most=True))
SLOW = alone("start", SECONDS, [2, 4, 6], Reach(3, at_most=True))
BROKEN = not_measured("broken", NotStarted("no port [/Errno 98]\nand more"))
ROWS = [FASTER, DEARER, SHOWN, SMALL, SLOW, BROKEN]
TINY = replace(QUICK, rounds=1, reservations=512, holds=500)


def printed(rows: Sequence[Row], committed: dict[str, float]) -> str:
    console = Console(record=True, width=180)
    console.print(report.table(report.Record("quick", "2 × machine", list(rows)), committed))
    return console.export_text()


def test_a_ratio_is_that_of_each_round() -> None:
    assert FASTER.ours == Spread(400, 300, 900)
    assert FASTER.ratio == Spread(3, 2, 4.5)
    assert FASTER.figure == 3


def test_a_reach_is_of_the_ratio_or_of_the_figure_alone() -> None:
    assert [row.mark for row in ROWS] == ["reached", "missed", "", "reached", "missed", "not measured"]
    assert replace_reach(FASTER, Reach(3)).mark == "reached"
    assert replace_reach(SLOW, Reach(4, at_most=True)).mark == "reached"


def replace_reach(row: Row, reach: Reach) -> Row:
    return msgspec.structs.replace(row, reach=reach)


@pytest.mark.parametrize(
    ("row", "committed", "fallen"),
    [
        (FASTER, 4.2, False),
        (FASTER, 4.4, True),
        (FASTER, 1.0, False),
        (DEARER, 1.45, False),
        (DEARER, 1.35, True),  # costs more than 1 / 0.7 of it
        (SHOWN, 0.02, True),  # without a reach, more is better
        (SMALL, 120, True),
        (SLOW, 0.1, False),  # seconds are those of another machine
        (BROKEN, 9, False),
    ],
)
def test_what_falls_below_seven_tenths_of_the_committed_figure_is_named(
    row: Row, committed: float, fallen: bool
) -> None:
    assert report.fell(row, {row.name: committed}) is fallen
    assert (row.name in report.warning(ROWS, {row.name: committed})) is fallen
    assert ("FELL" in printed(ROWS, {row.name: committed})) is fallen


def test_the_table_says_what_was_measured_against_what() -> None:
    said = printed(ROWS, {"ours / theirs": 3.1})
    for words in (
        "2 × machine", "400/s (300–900)", "200/s (100–200)", "3 (2–4.5)", "≥ 2.5", "reached; a note", "3.1",
        "≤ 1.5", "180 bytes", "4 s (2–6)", "not measured; NotStarted: no port [/Errno 98]",
    ):  # fmt: skip
        assert words in said, said
    assert "and more" not in said


def test_the_record_is_kept_with_what_was_concluded(tmp_path: Path) -> None:
    report.write_json(tmp_path / "bench.json", report.Record("quick", "2 × machine", ROWS))
    kept = msgspec.json.decode((tmp_path / "bench.json").read_bytes())
    assert (kept["form"], kept["machine"]) == ("quick", "2 × machine")
    assert [(row["name"], row["figure"], row["mark"]) for row in kept["rows"]][0::5] == [
        ("ours / theirs", 3, "reached"),
        ("broken", None, "not measured"),
    ]
    assert kept["rows"][0]["base"] == {"median": 200, "least": 100, "most": 200}


def test_only_what_means_the_same_elsewhere_is_committed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "COMMITTED", tmp_path / "committed.json")
    report.COMMITTED.write_text('{"broken": 7, "whole / plain": 1.2}')
    report.commit(ROWS)
    assert report.read_committed() == {
        "broken": 7, "bytes of a hold": 180.5, "ours / theirs": 3, "whole / plain": 2, "writer / copy": 0.01,
    }  # fmt: skip


def test_the_committed_file_can_be_read() -> None:
    assert all(figure > 0 for figure in report.read_committed().values())


def test_the_chart_shows_every_figure_with_a_reach(tmp_path: Path) -> None:
    chart.draw(tmp_path / "bench.svg", report.Record("quick", "2 × machine", ROWS))
    tree = ET.parse(tmp_path / "bench.svg")  # noqa: S314 - our own chart
    said = " | ".join(text for each in tree.iter() if (text := (each.text or "").strip()))
    for words in ("ours / theirs: 3 (≥ 2.5)", "whole / plain: 2 (≤ 1.5)", "start: 4 (≤ 3)", "2 × machine"):
        assert words in said
    assert "writer" not in said
    assert "broken" not in said


async def test_contenders_take_turns() -> None:
    turns: list[str] = []

    async def turn(name: str) -> float:
        turns.append(name)
        return float(len(turns))

    figures = await take_turns({name: lambda name=name: turn(name) for name in "ab"}, 3)  # type: ignore[misc]
    assert turns == ["a", "b"] * 3
    assert figures == {"a": [1, 3, 5], "b": [2, 4, 6]}


async def fine(_: Any, __: Form) -> Sequence[Row]:
    return [SHOWN]


async def failing(_: Any, __: Form) -> Sequence[Row]:
    raise ValueError("odd")


async def endless(_: Any, __: Form) -> Sequence[Row]:
    await asyncio.Event().wait()
    return []


@asynccontextmanager
async def closed_shop(*, is_open: bool = False) -> AsyncIterator[None]:
    if not is_open:
        raise NotStarted("no server here")
    yield


async def measured(*groups: Group[Any], only: Sequence[str] = (), form: Form = TINY) -> list[tuple[str, str]]:
    rows = await measure(groups, form, only, lambda _: None)
    return [(row.name, row.note) for row in rows]


async def test_a_figure_that_fails_is_not_the_end_of_the_others() -> None:
    figures = (Figure("one", fine), Figure("two", failing), Figure("three", fine))
    assert await measured(Group(nullcontext, figures)) == [
        (SHOWN.name, ""),
        ("two", "ValueError: odd"),
        (SHOWN.name, ""),
    ]


async def test_a_server_that_does_not_start_costs_its_own_figures_alone() -> None:
    found = await measured(Group(closed_shop, (Figure("one", fine),)), Group(nullcontext, (Figure("two", fine),)))
    assert found == [("one", "NotStarted: no server here"), (SHOWN.name, "")]


async def test_what_would_come_too_late_is_not_measured() -> None:
    late = replace(TINY, seconds_max=0.0)
    found = await measured(Group(nullcontext, (Figure("one", endless), Figure("two", endless))), form=late)
    assert found == [(name, "OutOfTime: no time was left") for name in ("one", "two")]


async def test_figures_belong_to_forms_and_can_be_chosen() -> None:
    group = Group(nullcontext, (Figure("one", failing, ("full",)), Figure("two", fine), Figure("three", failing)))
    assert await measured(group, only=["one", "two"]) == [(SHOWN.name, "")]


async def test_a_peer_that_does_not_start_says_so() -> None:
    with pytest.raises(NotStarted, match=r"loadtests\.peers nobody did not start"):
        async with peer("nobody"):
            pass


async def test_figures_of_the_kernel_and_of_memory_on_real_servers() -> None:
    """Small, so that only the way is tried: every row has a figure."""
    rows = await measure(GROUPS, TINY, ["kernel", "memory"], lambda _: None)
    assert {row.name: row.note for row in rows if row.figure is None} == {}
    assert len(rows) == 6
    assert all(row.figure and row.figure > 0 for row in rows)


def test_a_run_from_the_command_line(tmp_path: Path) -> None:
    files = ("--json", str(tmp_path / "bench.json"), "--chart", str(tmp_path / "bench.svg"))
    command = [sys.executable, "-m", "loadtests.bench", "--form", "quick", "--only", "import", *files]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "import inventory_service.cli" in done.stdout
    kept = msgspec.json.decode((tmp_path / "bench.json").read_bytes())
    assert [row["mark"] in {"reached", "missed"} for row in kept["rows"]] == [True]
    assert str(REPOSITORY) not in done.stdout
    assert (tmp_path / "bench.svg").exists()


def test_a_figure_that_there_is_not_is_refused() -> None:
    command = [sys.executable, "-m", "loadtests.bench", "--only", "nothing"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2


def test_names_of_figures_are_told_apart() -> None:
    assert len(set(NAMES)) == len(NAMES)
