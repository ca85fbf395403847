"""What a run did, per kind of fault: as lines for a terminal, as a page to commit, as JSON."""

import os
import platform
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from inventory_service.embedded.binaries import find_binaries
from tests.faults.scenario import Result


@dataclass(slots=True)
class Row:
    """One kind of fault; the last row of a report is all of them."""

    fault: str
    scenarios: int = 0
    struck: int = 0
    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    sold_twice: int = 0
    failed: int = 0
    progress_seconds: list[float] = field(default_factory=list)

    def add(self, result: Result) -> None:
        self.scenarios += 1
        self.struck += bool(result.struck)
        self.kills += done(result)["kill"]
        self.acknowledged += result.acknowledged
        self.lost += result.lost
        self.sold_twice += result.sold_twice
        self.failed += bool(result.findings)
        self.progress_seconds.append(result.progress_seconds)

    def figures(self) -> dict[str, str | int | float]:
        """By their heading."""
        return {
            "fault": self.fault,
            "scenarios": self.scenarios,
            "struck": self.struck,
            "kills": self.kills,
            "acknowledged": self.acknowledged,
            "lost": self.lost,
            "sold twice": self.sold_twice,
            "failed": self.failed,
            "s to progress": round(statistics.median(self.progress_seconds or [0.0]), 1),
            "s at most": round(max(self.progress_seconds, default=0.0), 1),
        }

    def cells(self) -> list[str]:
        return [figure if isinstance(figure, str) else f"{figure:,}" for figure in self.figures().values()]


# Counted by `losses.py`: what was acknowledged as held by one server alone, or not even by its disk.
LOSSES = {
    "lost_events.deleted_data": "with Redis's data, deleted before the ledger had it",
    "lost_events.everysec": "with `appendfsync everysec`",
    "lost_events.promotion": "in promotions",
    "lost_events.torn_tail": "by a disk that lied",
}
HEAD = list(Row("").figures())


@dataclass(slots=True)
class Report:
    """`missing`: kinds of fault that this machine cannot run, and the programs that they need."""

    command: str
    missing: Mapping[str, Sequence[str]]
    rows: dict[str, Row] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    late_ms: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, result: Result) -> None:
        self.rows.setdefault(result.fault, Row(result.fault)).add(result)
        self.seen += result.seen
        self.done += done(result)
        self.late_ms += result.expired_late_ms

    @property
    def total(self) -> Row:
        total = Row("all")
        for row in self.rows.values():
            for name in ("scenarios", "struck", "kills", "acknowledged", "lost", "sold_twice", "failed"):
                setattr(total, name, getattr(total, name) + getattr(row, name))
            total.progress_seconds += row.progress_seconds
        return total

    @property
    def never_struck(self) -> list[str]:
        return [row.fault for row in self._sorted() if not row.struck]

    def text(self) -> str:
        """A table for a terminal."""
        table = [list(HEAD), *(row.cells() for row in [*self._sorted(), self.total])]
        widths = [max(len(cells[column]) for cells in table) for column in range(len(HEAD))]
        return "".join(
            "  ".join([cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:])]) + "\n" for cells in table
        )

    def write(self, path: Path) -> None:
        """The page, and beside it the same as JSON."""
        path.write_text(self.page())
        path.with_suffix(".json").write_bytes(orjson.dumps(self._plain(), option=orjson.OPT_INDENT_2) + b"\n")

    def page(self) -> str:
        rows = [row.cells() for row in [*self._sorted(), self.total]]
        lines = ["# Fault report", "", *self._summary(), ""]
        lines += [f"| {' | '.join(cells)} |" for cells in (HEAD, ["---"] * len(HEAD), *rows)]
        return "\n".join(lines) + "\n"

    def _summary(self) -> list[str]:
        total, kills = self.total, self.done["kill"]
        lines = [
            f"`{self.command}`, {self.seconds / 60:.0f} minutes on {machine()}.",
            "",
            f"{total.scenarios:,} scenarios, {total.acknowledged:,} acknowledged operations, {kills:,} kills,",
            f"{self.done['torn_tail']:,} torn tails, {self.done['promotion']:,} promotions:",
            f"{total.lost:,} lost, {total.sold_twice:,} sold twice.",
        ]
        if kills and not total.lost:
            lines.append(f"None in {kills:,} kills: with 95 % confidence fewer than {3 / kills:.2%} lose anything.")
        lines += [
            f"Where a level allows it: {count:,} acknowledged events lost {LOSSES[name]}, a tail of the log each time."
            for name, count in sorted(self.seen.items())
            if name in LOSSES
        ]
        if self.late_ms:
            late = sorted(self.late_ms)
            lines.append(
                f"{len(late):,} holds expired, {sum(ms < 0 for ms in late):,} of them early; "
                f"half within {late[len(late) // 2]:,} ms, 99.9 % within {late[int(len(late) * 0.999)]:,} ms."
            )
        lines += [f"Not run here: {name} (needs {', '.join(programs)})." for name, programs in self.missing.items()]
        return lines

    def _plain(self) -> dict[str, object]:
        return {
            "command": self.command,
            "machine": machine(),
            "seconds": round(self.seconds),
            "rows": [row.figures() for row in [*self._sorted(), self.total]],
            "seen": self.seen,
            "not_run": self.missing,
        }

    def _sorted(self) -> list[Row]:
        return [self.rows[name] for name in sorted(self.rows)]


def done(result: Result) -> Counter[str]:
    """What counts for a quota: `kill.api` is a kill."""
    counts: Counter[str] = Counter({"acknowledged": result.acknowledged})
    for name, count in result.seen.items():
        counts[name.partition(".")[0]] += count
    return counts


def machine() -> str:
    system, python = f"{platform.system()} {platform.machine()}", platform.python_version()
    return f"{os.cpu_count()} cores, {system}, Python {python}, {find_binaries().redis.name}"
