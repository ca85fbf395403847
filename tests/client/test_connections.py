"""What goes out with every call, and how the client treats its connections."""

import asyncio
import json
import logging
from contextlib import suppress

import pytest
import uvloop

from inventory_service.client import (
    InventoryClient,
    InventoryError,
    Retry,
    Scan,
    Unauthenticated,
)
from inventory_service.standard_webhooks import verified
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.waiting import eventually
from tests.client import trouble as deeds
from tests.client.conftest import WAREHOUSE, Pauses
from tests.client.trouble import Trouble


async def test_a_repeated_scan_is_signed_anew_under_the_same_id(
    trouble: Trouble, client: InventoryClient, sku: str, webhook_secret: str, pauses: Pauses,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    now_ns = iter(1_900_000_000_000_000_000 + second * 1_000_000_000 for second in range(100))
    trouble.deeds += [deeds.request_lost, deeds.request_lost, deeds.problem(422, "stop_here", False)]
    async with InventoryClient(trouble.url, webhook_secret=webhook_secret) as signer:
        signer._caller.pause = pauses
        scan = Scan(order_ref="1", warehouse=WAREHOUSE, sku=sku, quantity=1)
        monkeypatch.setattr("inventory_service.client.exchange.time.time_ns", lambda: next(now_ns))
        with pytest.raises(InventoryError):
            await signer.scan([scan])
    assert len({sent.headers["webhook-id"] for sent in trouble.sent}) == 1
    assert len({sent.headers["webhook-timestamp"] for sent in trouble.sent}) == 3
    assert len({sent.headers["webhook-signature"] for sent in trouble.sent}) == 3
    for sent in trouble.sent:
        now_ms = int(sent.headers["webhook-timestamp"]) * 1000
        assert "authorization" not in sent.headers
        assert verified(sent.headers, sent.body, [webhook_secret], now_ms)
        assert json.loads(sent.body)["scans"][0]["scan_id"] == scan.scan_id


async def test_a_signed_scan_is_accepted(service: RunningService, webhook_secret: str, sku: str) -> None:
    async with InventoryClient(service.url, webhook_secret=webhook_secret) as signer:
        scan = Scan(order_ref=f"none-{sku}", warehouse=WAREHOUSE, sku=sku, quantity=1)

        async def first_results() -> list[str]:
            with suppress(Unauthenticated):  # the service hears of a new secret at once, but not before
                return [each.result for each in await signer.scan([scan])]
            return []

        assert await eventually(first_results, "the secret is known") == ["parked"]
        assert [each.result for each in await signer.scan([scan])] == ["duplicate"]


async def test_who_asks_can_be_told_in_the_logs(
    trouble: Trouble, troubled: InventoryClient, sku: str, caplog: pytest.LogCaptureFixture
) -> None:
    trouble.deeds += [deeds.answer_lost, deeds.problem(409, "not_held", False, request_id="req_of.service")]
    with caplog.at_level(logging.DEBUG, "inventory_service.client"), pytest.raises(InventoryError) as caught:
        await troubled.reserve({sku: 1})
    assert "[request req_of.service]" in str(caught.value)
    sent_ids = [sent.headers["x-request-id"] for sent in trouble.sent]
    assert [record.__dict__["request_id"] for record in caplog.records] == sent_ids
    assert [each.rpartition(".")[2] for each in sent_ids] == ["1", "2"]
    assert len({each.rpartition(".")[0] for each in sent_ids}) == 1
    assert trouble.sent[0].headers["user-agent"].startswith("inventory-service-client/")
    assert BOOTSTRAP_KEY not in caplog.text


async def test_a_cancelled_call_is_not_repeated(trouble: Trouble, troubled: InventoryClient, sku: str) -> None:
    trouble.deeds.append(deeds.held_up)
    call = asyncio.create_task(troubled.reserve({sku: 1}))
    await trouble.arrived.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert len(trouble.sent) == 1


async def test_at_most_so_many_connections(trouble: Trouble, sku: str) -> None:
    trouble.deeds += [deeds.held_up] * 2
    async with InventoryClient(trouble.url, BOOTSTRAP_KEY, connections_max=2) as client:
        calls = [asyncio.create_task(client.stock(sku)) for _ in range(6)]
        await trouble.arrived.wait()
        trouble.go_on.set()
        await asyncio.gather(*calls)
    assert trouble.open_max <= 2


def test_it_works_on_every_event_loop(service: RunningService) -> None:
    async def readiness() -> str:
        async with InventoryClient(service.url, BOOTSTRAP_KEY) as client:
            return "ready" if (await client.ready()).ready else "not ready"

    for loop_factory in (None, uvloop.new_event_loop):
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            assert runner.run(readiness()) == "ready"


async def test_a_closed_client_takes_no_calls(client: InventoryClient, sku: str) -> None:
    await client.close()
    with pytest.raises(RuntimeError, match="closed"):
        await client.stock(sku)


def test_a_url_or_bound_that_is_none_is_refused_at_once() -> None:
    for url in ("127.0.0.1:8080", "", "ftp://x", "http://"):
        with pytest.raises(ValueError, match="looks like"):
            InventoryClient(url)
    for retry in ({"attempts": 0}, {"total_seconds": 0.0}, {"attempt_seconds": -1.0}, {"attempt_seconds": 0.0}):
        with pytest.raises(ValueError, match="above 0"):
            Retry(**retry)


def test_a_key_with_the_line_end_of_its_file_is_refused_at_once() -> None:
    """Before any call, and in words: aiohttp speaks of an attack."""
    with pytest.raises(ValueError, match="strip what you read it from") as caught:
        InventoryClient("http://127.0.0.1:8080", "secret-key-0123456789\n")
    assert "secret" not in str(caught.value)
