"""OpenTelemetry at work, over OTLP/HTTP. Imported by `tracing.py` alone, and only where tracing is wanted.

Endpoint, headers, sampling, service name and batching are set by the standard's variables (`OTEL_*`). Spans are sent
by a thread of their own.
"""

import os
import time
from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from inventory_service.telemetry.context import Request
from inventory_service.telemetry.processes import process_name

NANOSECONDS = 1_000_000_000
_PROPAGATED = ("traceparent", "tracestate")


class OtlpTracer:
    """Implements `tracing.Tracer`. One per process."""

    def __init__(self, role: str) -> None:
        self._provider = TracerProvider(resource=_resource(role))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("inventory_service")
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, request: Request, method: str, route: str, headers: Mapping[str, str]) -> None:
        """The request's span; one that is not sampled still names its trace in the log."""
        carrier = {name: headers[name] for name in _PROPAGATED if name in headers}
        attributes = {"http.request.method": method, "http.route": route}
        span = self._tracer.start_span(
            f"{method} {route}", self._propagator.extract(carrier), SpanKind.SERVER, attributes
        )
        request.trace_id = trace.format_trace_id(span.get_span_context().trace_id)
        if span.is_recording():
            request.span = span

    def end(self, request: Request, status: int, code: str) -> None:
        span, request.span = request.span, None  # what is told later, of a call that came late, has no span any more
        if span is None:
            return
        span.set_attributes(
            {"http.response.status_code": status, "inventory.request_id": request.request_id}
            | ({"inventory.client": request.client} if request.client else {})
            | ({"inventory.reservation_id": request.reservation_id} if request.reservation_id else {})
            | ({"inventory.problem": code} if code else {})
        )
        if status >= 500:
            span.set_attribute("error.type", code)
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def batched(self, request: Request, queued_at: float, started: float, ended: float, commands: int) -> None:
        """Two children of the request: its wait, and the batch that it shared with so many commands."""
        context = trace.set_span_in_context(request.span)
        waited = self._tracer.start_span("queue", context, start_time=_nanoseconds(queued_at))
        waited.end(_nanoseconds(started))
        attributes = {"inventory.batch.commands": commands}
        batch = self._tracer.start_span(
            "kernel batch", context, SpanKind.CLIENT, attributes, start_time=_nanoseconds(started)
        )
        batch.end(_nanoseconds(ended))

    def flushed(self, seconds: float, events: int, position: str) -> None:
        ended = time.time()
        attributes: dict[str, int | str] = {"inventory.ledger.events": events, "inventory.ledger.position": position}
        span = self._tracer.start_span(
            "ledger flush", kind=SpanKind.CLIENT, attributes=attributes, start_time=_nanoseconds(ended - seconds)
        )
        span.end(_nanoseconds(ended))

    def shut_down(self) -> None:
        self._provider.shutdown()


def _resource(role: str) -> Resource:
    """What the standard's variables say, and our own name where they say none."""
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    own = {"service.instance.id": process_name() or f"{role}-{os.getpid()}"}
    return Resource.create(own if named else {**own, "service.name": "inventory-service"})


def _nanoseconds(seconds: float) -> int:
    return int(seconds * NANOSECONDS)
