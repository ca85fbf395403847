"""A run on the screen, as JSON and as CSV."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from inventory_service.loadtest.record import Record
from inventory_service.loadtest.series import Outcome, Tally, look_up
from inventory_service.outside.proof import Check, show_checks

BUSY_PERCENT = 90  # of a core: from here on a load process waits for itself
BUSY_SHARE_MAX = 0.1
PERCENTILES = (50, 95, 99)
LEDGER_WORDS = ("holds granted", "holds refused", "confirmed", "released", "expired", "scans", "retries")


def show(console: Console, record: Record, checks: Sequence[Check], files: Sequence[Path]) -> None:
    console.print(_routes(record))
    console.print(f"\n{_told(record)}", highlight=False)
    if record.cpu_percent:
        console.print(f"load processes: {_cpu(record)}", highlight=False)
    if note := bottleneck(record):
        console.print(f"[yellow]{escape(note)}[/]", highlight=False)
    show_checks(console, checks)
    console.print()
    for path in files:
        console.print(f"  {path}", highlight=False, soft_wrap=True)


def _cpu(record: Record) -> str:
    """How busy each of them was."""
    means = [sum(process) / max(1, len(process)) for process in record.cpu_percent]
    return ", ".join(f"{mean:.0f} % of a core on average" for mean in means)


def bottleneck(record: Record) -> str:
    """Says so when a load process was busy with itself; "" when none was."""
    shares = [sum(each >= BUSY_PERCENT for each in process) / max(1, len(process)) for process in record.cpu_percent]
    worst = max(shares, default=0.0)
    if worst <= BUSY_SHARE_MAX:
        return ""
    return (
        f"The load generator was the bottleneck: a process of it took {BUSY_PERCENT} % of a core in {worst:.0%} "
        "of the seconds, so that latencies hold its own waiting. More --processes or machines, or fewer --users."
    )


def summary(record: Record, checks: Sequence[Check], files: Sequence[Path]) -> dict[str, Any]:
    """For programs: what the screen shows."""
    return {
        "scenario": record.scenario,
        "run": record.run,
        "url": record.host,
        "service": record.service,
        "machine": record.machine,
        "seconds": round(record.seconds, 1),
        "interrupted": record.interrupted,
        "ok": all(check.holds for check in checks),
        "counts": record.counts,
        "routes": {route: _figures(tally, record.seconds) for route, tally in sorted(record.series.routes.items())},
        "total": _figures(record.series.total, record.seconds),
        "checks": [{"name": each.name, "figure": each.figure, "wrong": list(each.culprits)} for each in checks],
        "load_generator": bottleneck(record) or "not the bottleneck",
        "files": [str(path) for path in files],
    }


def write_csv(path: Path, record: Record) -> None:
    """A row per second: requests by outcome, latency, users and the hot SKU's stock as seen last."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["second", *Outcome, "p50_ms", "p99_ms", "users", "available", "held", "committed", "on_hand"])
        for second in seconds_of(record):
            tally = look_up(record.series.seconds, str(second))
            seen = [sample for sample in record.samples if sample.at_s < second + 1][-1:]
            stock = [(s.users, s.available, s.held, s.committed, s.on_hand) for s in seen]
            writer.writerow(
                [
                    second - int(record.started_at_s),
                    *(tally.number(outcome) for outcome in Outcome),
                    *(tally.percentile_ms(percent) for percent in (50, 99)),
                    *(stock[0] if stock else [""] * 5),
                ]
            )


def seconds_of(record: Record) -> range:
    """Unix seconds from the opening to the last answer."""
    last = max(map(int, record.series.seconds), default=int(record.started_at_s))
    return range(int(record.started_at_s), last + 1)


def _routes(record: Record) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("route", no_wrap=True)
    for heading in ("requests", "failed", *(f"p{percent}" for percent in PERCENTILES), "max ms", "per s"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = [*sorted(record.series.routes.items()), ("all", record.series.total)]
    for route, tally in rows:
        figures = _figures(tally, record.seconds)
        table.add_row(
            escape(route),
            f"{figures['requests']:,}",
            f"{figures['failed']:,}",
            *(f"{figures[f'p{percent}_ms']:,.1f}" for percent in PERCENTILES),
            f"{figures['max_ms']:,.1f}",
            f"{figures['per_s']:,.1f}",
            style="bold" if route == "all" else "",
        )
    return table


def _figures(tally: Tally, seconds: float) -> dict[str, Any]:
    return {
        "requests": tally.requests,
        "failed": tally.number(Outcome.FAILED),
        **{f"p{percent}_ms": tally.percentile_ms(percent) for percent in PERCENTILES},
        "max_ms": round(tally.slowest_ms, 1),
        "per_s": round(tally.requests / seconds, 1),
    }


def _told(record: Record) -> str:
    counts = record.counts
    told = ", ".join(f"{name} {counts.get(name, 0):,}" for name in LEDGER_WORDS)
    units = f"{counts.get('units confirmed', 0):,} of {counts.get('units delivered', 0):,} units sold"
    reasons = [f"{name.removeprefix('retries: ')} {n:,}" for name, n in counts.items() if name.startswith("retries: ")]
    return f"{told}{' (' + ', '.join(reasons) + ')' if reasons else ''}; {units}"
