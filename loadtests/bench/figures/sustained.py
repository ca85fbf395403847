"""Whole orders by the clock at 80 % of what is kept up with: how far the ledger is behind, and whether it stays so."""

from collections.abc import Sequence
from typing import Any

from loadtests.bench.forms import ONLY_FULL, Figure, Form
from loadtests.bench.rows import RATE, SECONDS, Reach, Row, alone
from loadtests.bench.steady.measuring import measure as measure_load
from loadtests.bench.steady.report import Options, kept

FIRST_RATE = 500.0  # operations per second; each order is three
STEP = 1.3
STEPS_MAX = 20
STEP_SECONDS = 10.0
LOAD = 0.8
LONG_SECONDS = 60.0
LAG_MAX_SECONDS = 1.0
GROWN_MAX_SECONDS = 0.2  # of the load: what a backlog of a few batches wavers by
ACKNOWLEDGED_MIN = 0.99  # of the operations that fell due


async def measure(_: None, form: Form) -> Sequence[Row]:  # noqa: ARG001  # it takes as long as it says above
    rate = LOAD * await _highest_rate()
    found = await _load(rate, LONG_SECONDS)
    backlog = found["backlog_events"]
    done = found["load"]["acknowledged_per_second"]
    grown = (backlog["last_third"] - backlog["first_third"]) / rate
    name = f"whole orders at {LOAD:.0%} of what is kept up with"
    return [
        alone(f"{name}: operations", RATE, [done]),
        alone(f"{name}: ledger lag, p99", SECONDS, [_lag_seconds(found)], Reach(LAG_MAX_SECONDS, at_most=True)),
        alone(f"{name}: backlog grew by", SECONDS, [max(0.0, grown)], Reach(GROWN_MAX_SECONDS, at_most=True)),
    ]


async def _highest_rate() -> float:
    """The last step that was kept up with. Raises RuntimeError when not even the first one was."""
    rate = 0.0
    for step in range(STEPS_MAX):
        following = FIRST_RATE * STEP**step
        if not _kept_up(await _load(following, STEP_SECONDS)):
            break
        rate = following
    if not rate:
        raise RuntimeError(f"not even {FIRST_RATE:,.0f} operations per second are kept up with")
    return rate


async def _load(rate: float, seconds: float) -> dict[str, Any]:
    """Raises RuntimeError when a promise was broken: then how fast it was is of no interest."""
    found = await measure_load(Options(rate, seconds, away_seconds=0.0, expiries=0))
    if not kept(found):
        raise RuntimeError(f"a promise was broken at {rate:,.0f} operations per second")
    return found


def _kept_up(found: dict[str, Any]) -> bool:
    load = found["load"]
    enough = load["acknowledged"] >= ACKNOWLEDGED_MIN * load["due"]
    return bool(load["pace_kept"] and enough and _lag_seconds(found) <= LAG_MAX_SECONDS)


def _lag_seconds(found: dict[str, Any]) -> float:
    return float(found["ledger_lag_ms"]["p99"]) / 1000


SUSTAINED = Figure("sustained", measure, ONLY_FULL)
