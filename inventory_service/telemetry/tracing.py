"""Traces, where somebody wants them: without `OTEL_EXPORTER_OTLP_ENDPOINT` nothing of OpenTelemetry is imported, and
each place below costs one look at a variable.
"""

import os
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol

import structlog

from inventory_service.telemetry.context import Request

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

log = structlog.get_logger()


class Tracer(Protocol):
    """What `otlp.py` implements. Times are seconds of the wall clock."""

    def begin(self, request: Request, method: str, route: str, headers: Mapping[str, str]) -> None: ...
    def end(self, request: Request, status: int, code: str) -> None: ...
    def batched(self, request: Request, queued_at: float, started: float, ended: float, commands: int) -> None: ...
    def flushed(self, seconds: float, events: int, position: str) -> None: ...
    def shut_down(self) -> None: ...


_tracer: Tracer | None = None


def start(role: str) -> None:
    """Begin to trace if the environment asks for it. `role`: what this process is, api or worker."""
    global _tracer  # noqa: PLW0603  # one per process, as the standard has it
    if not any(os.environ.get(name) for name in _ENDPOINTS) or os.environ.get("OTEL_SDK_DISABLED") == "true":
        return
    try:
        otlp = import_module("inventory_service.telemetry.otlp")
    except ImportError as error:
        log.warning("tracing.unavailable", reason=str(error), advice="pip install 'inventory-service[otel]'")
        return
    _tracer = otlp.OtlpTracer(role)
    log.info("tracing.started")


def stop() -> None:
    """Send what is left. Blocks for some seconds at most."""
    global _tracer
    tracer, _tracer = _tracer, None
    if tracer is not None:
        tracer.shut_down()


def on() -> bool:
    return _tracer is not None


def begin(request: Request, method: str, route: str, headers: Mapping[str, str]) -> None:
    """A request of a caller begins; a `traceparent` among the headers is taken over."""
    if _tracer is not None:
        _tracer.begin(request, method, route, headers)


def end(request: Request, status: int, code: str) -> None:
    """It is answered. `code`: of the problem, "": none."""
    if _tracer is not None:
        _tracer.end(request, status, code)


def batched(waited: Sequence[tuple[Request | None, float]], started: float, ended: float, commands: int) -> None:
    """A batch went through the kernel, by `time.perf_counter`; `waited`: whose commands, and since when each waited."""
    if _tracer is None:
        return
    offset = time.time() - time.perf_counter()
    for request, queued_at in waited:
        if request is not None and request.span is not None:
            _tracer.batched(request, queued_at + offset, started + offset, ended + offset, commands)


def flushed(seconds: float, events: int, position: str) -> None:
    """A transaction of the ledger was committed just now."""
    if _tracer is not None:
        _tracer.flushed(seconds, events, position)
