"""What the worker tells of ledger, store and gate. Only the worker imports this, so nobody else exports zeros for it.

Figures that are looked at now and then keep their last value when the looking stops: `sampled` says when that was,
and the alerts ask it first.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import structlog
from prometheus_client import Counter, Gauge, Histogram

from inventory_service.domain.events import EventType
from inventory_service.domain.movements import MovementType
from inventory_service.domain.outcomes import ParkCode, ScanCode
from inventory_service.telemetry.alarms import ALARM_RULES
from inventory_service.telemetry.registry import SECONDS

log = structlog.get_logger()

EVENT_TYPES = (*EventType, *MovementType)
STATES = ("held", "confirmed", "finished")
SOURCES = ("redis", "postgres")
WAREHOUSES_MAX = 200  # with series of their own
_EXCEPTIONS = (*(("applied", code) for code in ScanCode), *(("parked", code) for code in ParkCode))
_FLUSH_EVENTS = (1, 4, 16, 64, 256, 1024, 2048, 4096, 8192, 16384)
_LATENESS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 61.0, 120.0, 600.0)
_DELAY = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1800.0)
_LIVE: Literal["livemostrecent"] = "livemostrecent"

_events = Counter("inventory_ledger_events", "Events committed to Postgres, by type.", ("type",))
_units = Counter("inventory_ledger_units", "Units that those events moved, by type.", ("type",))
_flush_events = Histogram("inventory_ledger_flush_events", "Events in one transaction.", buckets=_FLUSH_EVENTS)
_flush_seconds = Histogram("inventory_ledger_flush_seconds", "Time of one transaction.", buckets=SECONDS)
_commit_delay = Histogram(
    "inventory_ledger_commit_delay_seconds",
    "From an event, the oldest of its transaction, to its commit: Redis's clock to this process's.",
    buckets=_DELAY,
)
_expiry_delay = Histogram(
    "inventory_expiry_delay_seconds", "From a hold's deadline to the event that let it expire.", buckets=_LATENESS
)
_notices_sent = Counter("inventory_notices_sent", "Notices that a sink took.", ("sink",))
_notices_failed = Counter("inventory_notices_failed", "Attempts to send a notice that failed.", ("sink",))
gate_openings = Counter("inventory_gate_openings", "Times that this worker opened the gate.")

_reconciled = Counter("inventory_reconciled_records", "Records of Redis and the ledger that were compared.", ("kind",))
_reconcile_round = Gauge(
    "inventory_reconcile_round_success_timestamp_seconds", "When all of both stores had been compared.",
    multiprocess_mode=_LIVE,
)  # fmt: skip
_differences = Gauge("inventory_reconcile_differences", "Records that differed in that round.", multiprocess_mode=_LIVE)

gate_open = Gauge(
    "inventory_gate_open", "1: the Redis that answers is the one the gate is open for.", multiprocess_mode=_LIVE
)
_epoch = Gauge("inventory_gate_epoch", "Openings of the gate, ever.", multiprocess_mode=_LIVE)
_backlog = Gauge("inventory_ledger_backlog_events", "Events that Postgres does not have yet.", multiprocess_mode=_LIVE)
_backlog_limit = Gauge(
    "inventory_ledger_backlog_limit_events", "The backlog at which new holds are refused.", multiprocess_mode=_LIVE
)
_lag = Gauge(
    "inventory_ledger_lag_seconds", "Age of the oldest event that Postgres does not have yet.", multiprocess_mode=_LIVE
)
_reservations = Gauge(
    "inventory_reservations", "Reservations in Redis: held, confirmed or just finished.", ("state",),
    multiprocess_mode=_LIVE,
)  # fmt: skip
_memory = Gauge("inventory_redis_memory_used_bytes", "Memory that Redis uses.", multiprocess_mode=_LIVE)
_memory_limit = Gauge("inventory_redis_memory_limit_bytes", "Redis's maxmemory, 0: none.", multiprocess_mode=_LIVE)
_script_seconds = Counter(
    "inventory_redis_script_seconds", "Time that Redis spent in scripts: its rate is the kernel's share of its core."
)
_script_calls = Counter("inventory_redis_script_calls", "Scripts that Redis ran.")
_alerts = Gauge("inventory_alerts_open", "Alarms whose cause goes on, by rule.", ("rule",), multiprocess_mode=_LIVE)
_deficit_units = Gauge(
    "inventory_deficit_units", "Units promised beyond the shelf, over all levels.", multiprocess_mode=_LIVE
)
_deficit_levels = Gauge("inventory_deficit_levels", "SKUs in a warehouse with a deficit.", multiprocess_mode=_LIVE)
_exceptions = Gauge(
    "inventory_scan_exceptions_open", "Scans that wait for a person.", ("kind", "code"), multiprocess_mode=_LIVE
)
_open_entries = Gauge(
    "inventory_outbound_entries_open", "Entries that a warehouse was told, and has not answered.", ("warehouse",),
    multiprocess_mode=_LIVE,
)  # fmt: skip
_oldest_entry = Gauge(
    "inventory_outbound_oldest_seconds", "Age of the oldest of them, 0: there is none.", ("warehouse",),
    multiprocess_mode=_LIVE,
)  # fmt: skip
_sampled = Gauge(
    "inventory_sample_success_timestamp_seconds", "When the figures were last read from there.", ("source",),
    multiprocess_mode=_LIVE,
)  # fmt: skip
_loops = Gauge(
    "inventory_worker_loop_success_timestamp_seconds", "When a loop of the worker last went well.", ("loop",),
    multiprocess_mode=_LIVE,
)  # fmt: skip

for _type in EVENT_TYPES:
    _events.labels(_type)
    _units.labels(_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class HotFigures:
    """Redis at one moment, on its own clock."""

    gate_open: bool
    epoch: int
    backlog_events: int
    lag_seconds: float
    reservations: Mapping[str, int]  # by state
    memory_used_bytes: int
    memory_limit_bytes: int
    script_calls: int  # since the server started
    script_seconds: float


class OpenEntries(NamedTuple):
    """What one warehouse has not answered."""

    entries: int
    oldest_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFigures:
    """Postgres at one moment. What is absent is 0."""

    alerts: Mapping[str, int] = field(default_factory=dict)
    deficit_levels: int = 0
    deficit_units: int = 0
    exceptions: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (kind, code)
    open_entries: Mapping[str, OpenEntries] = field(default_factory=dict)  # by warehouse, the oldest first


@dataclass(slots=True)
class Scripts:
    """What Redis had counted when it was last asked."""

    calls: int = -1
    seconds: float = 0.0

    def grown_to(self, calls: int, seconds: float) -> tuple[int, float]:
        """By how much; a server that began anew counts from 0."""
        if self.calls < 0:
            grown = (0, 0.0)
        elif calls < self.calls:
            grown = (calls, seconds)
        else:
            grown = (calls - self.calls, max(0.0, seconds - self.seconds))
        self.calls, self.seconds = calls, seconds
        return grown


_scripts = Scripts()


def tell_unopened(backlog_limit_events: int) -> None:
    """A worker begins: whatever its predecessor said of the gate, this one has not opened it."""
    gate_open.set(0)
    _backlog_limit.set(backlog_limit_events)
    for kind in ("sku", "reservation"):
        _reconciled.labels(kind)  # at 0: a rate needs a first value


def committed(
    events: Mapping[str, int],
    units: Mapping[str, int],
    expiry_delays_ms: Sequence[int],
    *,
    flush_seconds: float,
    oldest_ms: int,
) -> None:
    """One transaction is in the ledger; `oldest_ms` is the time of its first event."""
    for event_type, times in events.items():
        _events.labels(event_type).inc(times)
    for event_type, moved in units.items():
        _units.labels(event_type).inc(moved)
    for delay_ms in expiry_delays_ms:
        _expiry_delay.observe(max(0, delay_ms) / 1000)
    _flush_events.observe(sum(events.values()))
    _flush_seconds.observe(flush_seconds)
    _commit_delay.observe(max(0.0, time.time() - oldest_ms / 1000))


def begin_notices(sinks: Sequence[str]) -> None:
    """At 0: a rate needs a first value."""
    for sink in sinks:
        _notices_sent.labels(sink)
        _notices_failed.labels(sink)


def tell_notice(sink: str, notice_id: str, answer: str, *, arrived: bool, attempts: int) -> None:
    if arrived:
        _notices_sent.labels(sink).inc()
        log.info("notice.sent", sink=sink, notice_id=notice_id, attempts=attempts, answer=answer)
    else:
        _notices_failed.labels(sink).inc()
        log.warning("notice.failed", sink=sink, notice_id=notice_id, attempts=attempts, answer=answer)


def show_hot(figures: HotFigures) -> None:
    gate_open.set(figures.gate_open)
    _epoch.set(figures.epoch)
    _backlog.set(figures.backlog_events)
    _lag.set(figures.lag_seconds)
    for state in STATES:
        _reservations.labels(state).set(figures.reservations[state])
    _memory.set(figures.memory_used_bytes)
    _memory_limit.set(figures.memory_limit_bytes)
    calls, seconds = _scripts.grown_to(figures.script_calls, figures.script_seconds)
    _script_calls.inc(calls)
    _script_seconds.inc(seconds)
    _sampled.labels("redis").set(time.time())


_shown: set[str] = set()  # warehouses that have a series


def _show_open_entries(by_warehouse: Mapping[str, OpenEntries]) -> None:
    """A warehouse that has answered everything shows 0; beyond so many, the rest counts as one of the name ""."""
    now_ms = time.time() * 1000
    found = dict.fromkeys({"", *_shown}, OpenEntries(0, 0))
    for warehouse, each in by_warehouse.items():
        name = warehouse if warehouse in _shown or len(_shown) < WAREHOUSES_MAX else ""
        before = found.get(name, OpenEntries(0, 0))
        oldest_ms = min(before.oldest_ms or each.oldest_ms, each.oldest_ms)
        found[name] = OpenEntries(before.entries + each.entries, oldest_ms)
        _shown.add(name)
    for name, each in found.items():
        _open_entries.labels(name).set(each.entries)
        _oldest_entry.labels(name).set(max(0.0, (now_ms - each.oldest_ms) / 1000) if each.entries else 0.0)


def show_books(figures: BookFigures) -> None:
    for rule in ALARM_RULES:
        _alerts.labels(rule).set(figures.alerts.get(rule, 0))
    _deficit_levels.set(figures.deficit_levels)
    _deficit_units.set(figures.deficit_units)
    for kind, code in _EXCEPTIONS:
        _exceptions.labels(kind, code).set(figures.exceptions.get((kind, code), 0))
    _show_open_entries(figures.open_entries)
    _sampled.labels("postgres").set(time.time())


def reconciled(kind: str, records: int) -> None:
    _reconciled.labels(kind).inc(records)


def reconcile_round(differences: int) -> None:
    """Everything was compared once."""
    _differences.set(differences)
    _reconcile_round.set(time.time())


def loop_went_well(loop: str) -> None:
    _loops.labels(loop).set(time.time())
