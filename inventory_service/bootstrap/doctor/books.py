"""What only shows when both stores are seen: clocks, gate, ledger, worker; and what waits for a person."""

from collections.abc import Iterator, Mapping

from inventory_service.bootstrap.doctor.lines import PROGRAM, Line, ok, warning, wrong
from inventory_service.domain.brownout import BACKLOG_STEPS
from inventory_service.engine.report import RedisReport
from inventory_service.ledger.report import LedgerReport
from inventory_service.usecases.judge_state import Decision, Verdict
from inventory_service.usecases.standing import Closed

TOPIC = "service"
CLOCKS_APART_MAX_MS = 5000
LAG_WARNED = 10_000  # events; a worker that keeps up is behind by one flush


def clock_line(ahead_ms: Mapping[str, int]) -> Line:
    """How far each clock is ahead of this machine's; the machine's own is among them."""
    first, *_, last = sorted(ahead_ms, key=lambda name: ahead_ms[name])
    apart_ms = ahead_ms[last] - ahead_ms[first]
    names = ", ".join(ahead_ms)
    if apart_ms <= CLOCKS_APART_MAX_MS:
        return ok(TOPIC, "clocks", f"{names}: within {apart_ms / 1000:.1f} s")
    detail = f"{last} is {apart_ms / 1000:.1f} s ahead of {first}; at most {CLOCKS_APART_MAX_MS // 1000} s is sound"
    return wrong(TOPIC, "clocks", detail, "Let NTP set the clocks on every machine (`timedatectl set-ntp true`).")


def gate_line(redis: RedisReport, ledger: LedgerReport | None, decision: Decision | None) -> Line:
    """Whether Redis may decide about stock; if not, why, as the worker judges it. None: it cannot be judged."""
    if redis.inspection.gate_is_open:
        return ok(TOPIC, "gate", f"open, epoch {redis.inspection.epoch}")
    starts = f"Start the worker (`{PROGRAM} serve`, or `{PROGRAM} worker` against given URLs): it opens the gate."
    if decision and decision.verdict is Verdict.REFUSE:
        return wrong(TOPIC, "gate", f"closed, and the worker will not open it: {decision.cause}", decision.reason)
    if ledger is None or not ledger.worker:
        return wrong(TOPIC, "gate", "closed: no reservation can be made", starts)
    if redis.inspection.closed == Closed.CLOCK:
        return wrong(TOPIC, "gate", "closed: its clock jumped", "It opens by itself once the clocks agree.")
    return wrong(TOPIC, "gate", "closed: no reservation can be made", "The worker is at it; its log says more.")


def following_line(redis: RedisReport, decision: Decision | None) -> Iterator[Line]:
    """Sales go on while the ledger cannot follow; until the backlog is full."""
    if redis.inspection.gate_is_open and decision and decision.verdict is Verdict.REFUSE:
        yield wrong(TOPIC, "history", f"the ledger cannot follow Redis: {decision.cause}", decision.reason)


def ledger_lines(redis: RedisReport, ledger: LedgerReport) -> Iterator[Line]:
    lag = max(0, redis.inspection.position.seq - ledger.position.seq)
    detail = f"{lag} events behind Redis, at {ledger.position.seq}"
    if lag > LAG_WARNED or (lag and not ledger.worker):
        yield warning(TOPIC, "ledger", detail, "See that the worker runs and Postgres keeps up; nothing is lost.")
    else:
        yield ok(TOPIC, "ledger", detail)
    yield backlog_line(redis)


def backlog_line(redis: RedisReport) -> Line:
    backlog = redis.inspection.backlog_events
    if not redis.backlog_limit:
        return ok(TOPIC, "backlog", f"{backlog} events; the gate was never opened")
    detail = f"{backlog} of {redis.backlog_limit} events"
    mend = "Start the worker or mend Postgres: at the limit no new hold is taken."
    if backlog >= redis.backlog_limit:
        return wrong(TOPIC, "backlog", f"{detail}: new holds are refused", mend)
    if backlog >= redis.backlog_limit * BACKLOG_STEPS[0]:
        refused = "lists" if backlog < redis.backlog_limit * BACKLOG_STEPS[1] else "lists and reads"
        return warning(TOPIC, "backlog", f"{detail}: {refused} are refused", mend)
    return ok(TOPIC, "backlog", detail)


def worker_line(ledger: LedgerReport) -> Line:
    if ledger.worker:
        return ok(TOPIC, "worker", "at work")
    mend = f"Start it with `{PROGRAM} serve`, or `{PROGRAM} worker` against given URLs."
    return wrong(TOPIC, "worker", "none: nothing reaches the ledger and no hold expires while idle", mend)


def hub_line(ledger: LedgerReport) -> Line:
    if ledger.hub or not ledger.shops:
        return ok(TOPIC, "hub", f"{'at work' if ledger.hub else 'none'}, {ledger.shops} shops to call")
    detail = f"none: the orders of {ledger.shops} shops do not come, and their stock is not written"
    mend = f"Start it with `{PROGRAM} serve`, or `{PROGRAM} hub` against given URLs; its log says what it waits for."
    return wrong(TOPIC, "hub", detail, mend)


def quarantine_line(ledger: LedgerReport) -> Line:
    if not ledger.quarantined:
        return ok(TOPIC, "quarantine", "the ledger follows everything")
    detail = f"the ledger does not follow {ledger.quarantined} SKUs or reservations; a rebuild would refuse"
    mend = f"Run `{PROGRAM} ledger quarantine` to see why, and `{PROGRAM} ledger requalify` once that is mended."
    return wrong(TOPIC, "quarantine", detail, mend)


def case_lines(ledger: LedgerReport) -> Iterator[Line]:
    cases = (
        ("alerts", ledger.open_alerts, "Look at `GET /v1/alerts?state=open`."),
        ("scan exceptions", ledger.open_exceptions, "Look at `GET /v1/wms/exceptions?state=open`."),
    )
    for name, count, mend in cases:
        yield warning(TOPIC, name, f"{count} open", mend) if count else ok(TOPIC, name, "none open")
