"""Logs and metrics: what is counted, under which names, and how lines look.

With `PROMETHEUS_MULTIPROC_DIR` set (by the supervisor, before this module is imported) every process writes its
numbers to files there and any of them answers for all. `PROMETHEUS_PROCESS_NAME` names the files instead of the
process id, so that a restarted process goes on with its predecessor's instead of leaving one more behind.
"""

import json
import logging
import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TextIO

import orjson
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"
PROCESS_NAME = "PROMETHEUS_PROCESS_NAME"
EXPOSITION_TYPE = CONTENT_TYPE_LATEST

if os.environ.get(MULTIPROCESS_DIR) and os.environ.get(PROCESS_NAME):
    # Decided when a metric is made, hence before the first one.
    values.ValueClass = values.MultiProcessValue(lambda: os.environ[PROCESS_NAME])  # type: ignore[no-untyped-call]

# From half a millisecond to the contract's bounds.
SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"

requests = Counter("inventory_http_requests", "HTTP requests answered.", ("route", "method", "status"))
request_seconds = Histogram(
    "inventory_http_request_seconds", "Time to an answer.", ("route", "method"), buckets=SECONDS
)
connections = Gauge("inventory_http_connections", "Open HTTP connections.", multiprocess_mode="livesum")

alarms = Counter("inventory_alarms", "Alarms raised, repeats of an open cause counted.", ("rule",))

log = structlog.get_logger()


def observe_request(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answer. `route` is a template or `unmatched`, never a path: labels stay few."""
    counter, histogram = _request_metrics(route, method if method in METHODS else "other", status)
    counter.inc()
    histogram.observe(seconds)


@lru_cache(maxsize=1024)
def _request_metrics(route: str, method: str, status: int) -> tuple[Counter, Histogram]:
    return requests.labels(route, method, str(status)), request_seconds.labels(route, method)


def tell_alarm(rule: str, cause: str, times: int, detail: Mapping[str, object]) -> None:
    """The log line and the metric of an alarm, beside its row. `rule` is one of a few words, `cause` tells whose."""
    alarms.labels(rule).inc(times)
    log.warning("alarm.raised", rule=rule, cause=cause, times=times, detail=detail)


def exposition() -> bytes:
    """All metrics as Prometheus reads them, of all processes where there are several."""
    if not os.environ.get(MULTIPROCESS_DIR):
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def configure_logs(level: str, stream: TextIO = sys.stderr) -> None:
    """JSON lines with UTC times, from structlog and from libraries alike."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _dumps(fields: Mapping[str, Any], **_: Any) -> str:
    try:
        return orjson.dumps(fields, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a surrogate pair, out of a header that was no UTF-8: escaped instead of lost
        return json.dumps(fields, default=repr)
