"""What a request tells: its numbers, and its line where it has one."""

import logging
from collections.abc import Iterable
from functools import lru_cache
from itertools import product

import structlog
from prometheus_client import Counter, Gauge, Histogram

from inventory_service.telemetry.registry import SECONDS

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
# Why a call is not let in: too many are under way, the kernel's queue is too slow, or its class is browned out.
REASONS = ("calls", "queue", "brownout")
SLOW_SECONDS = 1.0  # a request that takes longer has a line of its own

_requests = Counter("inventory_http_requests", "HTTP requests answered.", ("route", "method", "status"))
_request_seconds = Histogram(
    "inventory_http_request_seconds", "Time to an answer.", ("route", "method"), buckets=SECONDS
)
_refused = Counter("inventory_http_refused", "Calls that were not let in, by why.", ("priority", "reason"))
_problems = Counter("inventory_http_problems", "Answers that were problems, by code.", ("code",))
# Why: a head that did not end, an answer that was not read, or others in need of the place.
ABORTED = ("slow_head", "unread_answer", "crowded")
_aborted = Counter("inventory_http_connections_aborted", "Connections that were ended, by why.", ("reason",))
brownout = Gauge(
    "inventory_brownout_step",
    "What is refused while the stores are full: 0 nothing, 1 lists, 2 reads too, 3 new holds too.",
    multiprocess_mode="livemax",
)
connections = Gauge("inventory_http_connections", "Open HTTP connections.", multiprocess_mode="livesum")
waiting = Gauge("inventory_http_waiting", "Callers who wait for news.", multiprocess_mode="livesum")

log = structlog.get_logger()
_debugging = logging.getLogger(__name__).isEnabledFor


def expect(codes: Iterable[str], priorities: Iterable[str]) -> None:
    """The problem codes and classes of calls that there are, each at 0: a rate needs a first value."""
    for code in codes:
        _problems.labels(code)
    for priority, reason in product(priorities, REASONS):
        _refused.labels(priority, reason)
    for reason in ABORTED:
        _aborted.labels(reason)


def aborted(reason: str) -> None:
    _aborted.labels(reason).inc()


def refused(route: str, method: str, priority: str, reason: str) -> None:
    """Count a call that was not let in."""
    _refused_metric(priority, reason).inc()
    counter, _ = _request_metrics(route, method, 503)
    counter.inc()
    _problem_metric("overloaded").inc()


def answered(route: str, method: str, status: int, code: str, seconds: float) -> None:
    """Count one answer, and log it where somebody wants to know: a 5xx, a slow one, at level debug every one. Who is
    put off (`overloaded`) has no line: under load that would be the load.

    `route` is a template or `unmatched`, never a path, and `code` a problem code or "": labels stay few.
    """
    counter, histogram = _request_metrics(route, method if method in METHODS else "other", status)
    counter.inc()
    histogram.observe(seconds)
    if code:
        _problem_metric(code).inc()
    wanted = code != "overloaded" and (status >= 500 or seconds > SLOW_SECONDS)
    if wanted or _debugging(logging.DEBUG):
        _tell(route, method, status, code, seconds)


def _tell(route: str, method: str, status: int, code: str, seconds: float) -> None:
    tell = log.warning if status >= 500 else log.info if seconds > SLOW_SECONDS else log.debug
    tell("request.answered", route=route, method=method, status=status, code=code, duration_ms=round(seconds * 1000, 3))


@lru_cache(maxsize=1024)
def _request_metrics(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(route, method, str(status)), _request_seconds.labels(route, method)


@lru_cache(maxsize=64)
def _refused_metric(priority: str, reason: str) -> Counter:
    return _refused.labels(priority, reason)


@lru_cache(maxsize=128)
def _problem_metric(code: str) -> Counter:
    return _problems.labels(code)
