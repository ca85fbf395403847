"""The figures of a run: as JSON, as a table, and whether a promise was broken."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.table import Table

from inventory_service.loadtest.target import machine
from loadtests.bench.steady.crowd import ACKNOWLEDGED, AWAY, BACK, STEADY, Told
from loadtests.bench.steady.ledger import Books, lost, percentile

SENT_ENOUGH = 0.99
BEHIND_MAX_MS = 1000.0
OPERATIONS = ("reserve", "short hold", "confirm", "scan")
PERCENTILES = {"p50": 0.5, "p99": 0.99, "p99_9": 0.999, "max": 1.0}


@dataclass(frozen=True, slots=True)
class Options:
    rate: float
    seconds: float
    away_seconds: float
    expiries: int


@dataclass(frozen=True, slots=True)
class Outage:
    """`answering_seconds`, `drained_seconds`: since Postgres was started again. Drained: less than a second of the load
    is not in Postgres, with the load still on.
    """

    away_seconds: float
    backlog_events: int  # when Postgres was started again
    answering_seconds: float
    drained_seconds: float


def figures(
    options: Options, told: Told, books: Books, backlogs: Sequence[int], outage: Outage | None, *, verified: bool
) -> dict[str, Any]:
    return {
        "machine": machine(),
        "options": asdict(options),
        "load": _load(told),
        "answers": _answers(told),
        "ledger_lag_ms": _spread(books.lag_ms),
        "backlog_events": _course(backlogs),
        "postgres_away": asdict(outage) | _meanwhile(told) if outage else None,
        "expiry_late_ms": _expiry(books) if options.expiries else None,
        "lost_operations": lost(told.steps, books),
        "twice_in_ledger": books.twice,
        "verify_clean": verified,
    }


def kept(figures: dict[str, Any]) -> bool:
    """Whether every promise was: nothing lost, nothing twice, nothing expired early, the books clean."""
    early = figures["expiry_late_ms"]["early"] if figures["expiry_late_ms"] else 0
    return bool(figures["verify_clean"]) and not (figures["lost_operations"] or figures["twice_in_ledger"] or early)


def table(figures: dict[str, Any]) -> Table:
    shown = Table(title=figures["machine"], show_header=False)
    load, options = figures["load"], figures["options"]
    shown.add_row("load", f"{load['sent']:,} of {load['due']:,} operations due in {load['seconds']:,.1f} s")
    shown.add_row("acknowledged", f"{load['acknowledged']:,}, {load['acknowledged_per_second']:,.0f}/s")
    pace = "kept" if load["pace_kept"] else "NOT KEPT: these are figures of a smaller load"
    shown.add_row("pace", f"{options['rate']:,.0f}/s {pace}; at worst {load['behind_ms']:,.0f} ms behind")
    for phase, answers in figures["answers"].items():
        refused = {what: count for what, count in answers.items() if not what.endswith(ACKNOWLEDGED)}
        text = ", ".join(f"{count:,} {what}" for what, count in refused.items())
        shown.add_row(f"not acknowledged, {phase}", text or "none")
    shown.add_row("ledger lag, steady", _line(figures["ledger_lag_ms"], "events"))
    backlog = figures["backlog_events"]
    shown.add_row(
        "backlog, steady", f"{backlog['first_third']:,.0f} events at first, {backlog['last_third']:,.0f} at last"
    )
    if away := figures["postgres_away"]:
        shown.add_row(
            "Postgres away", f"{away['away_seconds']:,.1f} s; acknowledged meanwhile {away['acknowledged']:,}"
        )
        shown.add_row(
            "drained", f"{away['backlog_events']:,} events in {away['drained_seconds']:,.1f} s from its start"
        )
        shown.add_row("", f"of these {away['answering_seconds']:,.1f} s until it answered")
    if late := figures["expiry_late_ms"]:
        shown.add_row("expiry, late", _line(late, "holds"))
        shown.add_row("expiry, early", f"{late['early']:,}")
    shown.add_row("lost", f"{figures['lost_operations']:,} of {load['acknowledged']:,} acknowledged")
    shown.add_row("twice in the ledger", f"{figures['twice_in_ledger']:,}")
    shown.add_row("verify", "clean" if figures["verify_clean"] else "NOT CLEAN")
    return shown


def _load(told: Told) -> dict[str, Any]:
    acknowledged = sum(_acknowledged(told, phase) for phase in (STEADY, AWAY, BACK))
    enough = told.sent >= SENT_ENOUGH * told.due and told.behind_ms <= BEHIND_MAX_MS
    return {
        "seconds": told.seconds,
        "due": told.due,
        "sent": told.sent,
        "behind_ms": told.behind_ms,
        "pace_kept": enough,
        "acknowledged": acknowledged,
        "acknowledged_per_second": acknowledged / max(told.seconds, 0.001),
    }


def _acknowledged(told: Told, phase: str) -> int:
    return sum(told.answers[phase, kind, ACKNOWLEDGED] for kind in OPERATIONS)


def _answers(told: Told) -> dict[str, dict[str, int]]:
    by_phase: dict[str, dict[str, int]] = defaultdict(dict)
    for (phase, kind, outcome), count in sorted(told.answers.items()):
        by_phase[phase][f"{kind}: {outcome}"] = count
    return dict(by_phase)


def _meanwhile(told: Told) -> dict[str, int]:
    return {"acknowledged": _acknowledged(told, AWAY)}


def _expiry(books: Books) -> dict[str, Any]:
    early = sum(holds for late_ms, holds in books.late_ms.items() if late_ms < 0)
    return {"early": early, **_spread(books.late_ms)}


def _course(backlogs: Sequence[int]) -> dict[str, float]:
    """Medians of the first and the last third: a backlog that grows is larger in the end."""
    third = max(1, len(backlogs) // 3)
    return {"first_third": median(backlogs[:third]), "last_third": median(backlogs[-third:])}


def _spread(counts: Counter[int]) -> dict[str, int]:
    return {"count": counts.total()} | {name: percentile(counts, share) for name, share in PERCENTILES.items()}


def _line(spread: dict[str, int], what: str) -> str:
    shown = ", ".join(f"{name.replace('_', '.')} {spread[name]:,} ms" for name in PERCENTILES)
    return f"{shown}; {spread['count']:,} {what}"
