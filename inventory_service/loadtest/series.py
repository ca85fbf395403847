"""Second by second and route by route: what the requests of a run came to."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """What became of one request."""

    DONE = "done"
    REFUSED = "refused"  # within the contract: sold out, too late
    RETRIED = "retried"  # 429, 503 or no answer: asked again with the same id
    FAILED = "failed"  # outside the contract, or given up


class Tally(msgspec.Struct):
    """Requests by outcome, and their latencies: rounded milliseconds (as text) → number of requests."""

    outcomes: dict[str, int] = {}
    latencies: dict[str, int] = {}
    slowest_ms: float = 0.0

    def record(self, outcome: Outcome, elapsed_ms: float) -> None:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        rounded = _rounded(elapsed_ms)
        self.latencies[rounded] = self.latencies.get(rounded, 0) + 1
        self.slowest_ms = max(self.slowest_ms, elapsed_ms)

    def add(self, other: "Tally") -> None:
        for own, others in ((self.outcomes, other.outcomes), (self.latencies, other.latencies)):
            for key, number in others.items():
                own[key] = own.get(key, 0) + number
        self.slowest_ms = max(self.slowest_ms, other.slowest_ms)

    @property
    def requests(self) -> int:
        return sum(self.outcomes.values())

    def number(self, outcome: Outcome) -> int:
        return self.outcomes.get(outcome, 0)

    def percentile_ms(self, percent: float) -> float:
        """Nearest rank; 0.0 when there was no request."""
        rank = max(1, -(-self.requests * percent // 100))
        for elapsed_ms in sorted(self.latencies, key=float):
            rank -= self.latencies[elapsed_ms]
            if rank <= 0:
                return float(elapsed_ms)
        return 0.0


class Series(msgspec.Struct):
    """`seconds`: Unix second (as text) in which the answer came. `routes`: "POST /v1/reservations" and the like."""

    seconds: dict[str, Tally] = {}
    routes: dict[str, Tally] = {}

    def record(self, route: str, outcome: Outcome, elapsed_ms: float, answered_at_s: float) -> None:
        second = str(int(answered_at_s))
        _tally(self.seconds, second).record(outcome, elapsed_ms)
        _tally(self.routes, route).record(outcome, elapsed_ms)

    def add(self, other: "Series") -> None:
        """Lay another process's series to this one."""
        for own, others in ((self.seconds, other.seconds), (self.routes, other.routes)):
            for key, tally in others.items():
                _tally(own, key).add(tally)

    @property
    def total(self) -> Tally:
        return summed(self.routes.values())


def summed(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.add(tally)
    return total


def _tally(tallies: dict[str, Tally], key: str) -> Tally:
    found = tallies.get(key)
    if found is None:
        found = tallies[key] = Tally()
    return found


def _rounded(elapsed_ms: float) -> str:
    """A tenth below 10 ms, else three digits: a run's distribution stays small, and right within 1 %."""
    return f"{elapsed_ms:.1f}" if elapsed_ms < 10 else f"{float(f'{elapsed_ms:.3g}'):g}"


def look_up(tallies: Mapping[str, Tally], key: str) -> Tally:
    """A second or route in which nothing happened has an empty tally."""
    return tallies.get(key, Tally())
