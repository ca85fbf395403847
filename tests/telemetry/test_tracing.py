"""Spans at a collector, over real OTLP; and no trace of all that where nobody asked for it."""

import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually
from tests.telemetry.conftest import COLLECTOR_SECRET
from tests.telemetry.otlp_receiver import Received, Receiver

ROOT = Path(__file__).resolve().parents[2]
CALLER = "00f067aa0ba902b7"
SERVER_SPAN, CLIENT_SPAN = 2, 3

OFF = """
import sys, inventory_service.bootstrap.api, inventory_service.bootstrap.worker
from inventory_service.telemetry import context, tracing
tracing.start("api")
tracing.begin(context.begin("req_1"), "GET", "/v1/stock", {})
assert not tracing.on()
# redis-py imports a part of it by itself where it is installed; the exporter is what only we would ask for.
print([name for name in sys.modules if name.startswith(("opentelemetry.exporter", "inventory_service.telemetry.otlp"))])
"""
MISSING = """
import sys
sys.modules["opentelemetry"] = None
from inventory_service.telemetry import tracing
tracing.start("api")
assert not tracing.on()
"""


async def spans_of(receiver: Receiver, trace: str, *names: str) -> dict[str, Received]:
    async def arrived() -> bool:
        return set(names) <= receiver.of_trace(trace).keys()

    await eventually(arrived, f"{names} of {trace}")
    return receiver.of_trace(trace)


def traceparent(trace: str, sampled: bool = True) -> dict[str, str]:
    return {"traceparent": f"00-{trace}-{CALLER}-{'01' if sampled else '00'}"}


async def test_a_request_its_wait_and_its_batch(shop: Shop, receiver: Receiver) -> None:
    await shop.stocked(5)
    order, trace = shop.order(1), uuid4().hex
    (await shop.api.post("/v1/reservations", order, headers=traceparent(trace))).ok(201)
    spans = await spans_of(receiver, trace, "POST /v1/reservations", "queue", "kernel batch")
    request = spans["POST /v1/reservations"]
    assert (request.parent, request.kind, request.failed) == (CALLER, SERVER_SPAN, False)
    assert request.attributes["http.route"] == "/v1/reservations"
    assert request.attributes["http.response.status_code"] == 201
    assert request.attributes["inventory.reservation_id"] == order["reservation_id"]
    assert request.attributes["inventory.client"]
    assert request.resource["service.name"] == "inventory-service"
    assert request.resource["service.instance.id"] == "api-0"
    assert spans["queue"].parent == spans["kernel batch"].parent == request.span
    assert spans["kernel batch"].kind == CLIENT_SPAN
    assert spans["kernel batch"].attributes == {"inventory.batch.commands": 1}
    assert receiver.authorizations == {COLLECTOR_SECRET}


async def test_commands_of_one_call_share_its_trace(shop: Shop, receiver: Receiver) -> None:
    await shop.stocked(5)
    trace = uuid4().hex
    operations = [{"op": "reserve", **shop.order(1)} for _ in range(3)]
    (await shop.api.post("/v1/batch", {"operations": operations}, headers=traceparent(trace))).ok()
    await spans_of(receiver, trace, "POST /v1/batch", "kernel batch")
    batches = [span for span in receiver.spans if span.trace == trace and span.name == "kernel batch"]
    assert len(batches) == 3
    assert {span.attributes["inventory.batch.commands"] for span in batches} == {3}


async def test_a_refusal_has_its_code_and_a_line_its_trace(shop: Shop, receiver: Receiver) -> None:
    trace = uuid4().hex
    (await shop.api.post("/v1/reservations", shop.order(1), headers=traceparent(trace))).problem(404, "unknown_sku")
    spans = await spans_of(receiver, trace, "POST /v1/reservations")
    assert spans["POST /v1/reservations"].attributes["inventory.problem"] == "unknown_sku"
    assert not spans["POST /v1/reservations"].failed


async def test_the_ledger_has_traces_of_its_own(shop: Shop, receiver: Receiver) -> None:
    await shop.stocked(5)

    async def flushed() -> Received | None:
        return next((span for span in list(receiver.spans) if span.name == "ledger flush"), None)

    flush = await eventually(flushed, "a flush was traced")
    assert flush is not None
    assert (flush.parent, flush.resource["service.instance.id"]) == ("", "worker")
    assert flush.attributes["inventory.ledger.events"]
    assert "-" in str(flush.attributes["inventory.ledger.position"])


async def test_what_is_not_sampled_is_not_sent_and_health_is_never_traced(shop: Shop, receiver: Receiver) -> None:
    silent, told = uuid4().hex, uuid4().hex
    await shop.api.get("/v1/warehouses", headers=traceparent(silent, sampled=False))
    await shop.api.get("/readyz", headers=traceparent(silent))
    await shop.api.get("/v1/warehouses", headers=traceparent(told))
    await spans_of(receiver, told, "GET /v1/warehouses")  # sent later, so the others would be there
    assert receiver.of_trace(silent) == {}


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env=bare | environment, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip


def test_nothing_is_imported_where_nobody_asks_for_traces() -> None:
    assert run(OFF).stdout.strip() == "[]"
    assert run(OFF, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9", OTEL_SDK_DISABLED="true").stdout.strip() == "[]"


def test_a_missing_extra_is_told_and_nothing_fails() -> None:
    done = run(MISSING, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert "tracing.unavailable" in done.stdout
    assert "inventory-service[otel]" in done.stdout
