"""The feed of warehouses, against the service."""

import asyncio

import aiohttp
import pytest

from inventory_service.client import (
    InvalidRequest,
    InventoryClient,
    Movement,
    Retry,
    Scan,
    SkuPart,
    SyncInventoryClient,
    Warehouse,
)
from tests.acceptance.arriving import arrives, settles
from tests.acceptance.keys import create_key
from tests.acceptance.service import BOOTSTRAP_KEY, START_SECONDS, RunningService
from tests.acceptance.waiting import eventually
from tests.orders.house import document, line

IMPATIENT = Retry(attempts=1, attempt_seconds=3.0)
LONG_BEFORE_30_SECONDS = 15


async def test_a_warehouse_reads_ships_and_answers(client: InventoryClient, service: RunningService) -> None:
    await client.put_warehouse(Warehouse(code="OUT", name="Outbound"))
    await client.move_stock([Movement(type="receive", sku="OUT-1", warehouse="OUT", quantity=5)])
    assert [each.sku async for each in client.stock_list(skus=["OUT-1"])] == ["OUT-1"]  # the ledger knows it by now
    first = (await client.outbound_orders(page_size=200)).next_cursor
    taken = await arrives(service, document(order_id="out-1", lines=[line("1", "OUT-1", 2)]))
    await settles(service, taken.order_no)
    async with InventoryClient(service.url, create_key(service, "out-wms", "scan").key) as wms:
        page = await wms.outbound_orders(cursor=first, warehouse="OUT")
        (entry,) = page.data
        assert (entry.kind, entry.order_no) == ("ship", taken.order_no)
        assert entry.lines == [SkuPart(sku="OUT-1", quantity=2)]
        assert entry.receiver
        assert entry.receiver.phone == "138****8888"
        assert (await wms.outbound_orders(cursor=page.next_cursor)).next_cursor == page.next_cursor
        assert (await wms.answer_outbound_order(entry, "ack", answer_id="out-a")).result == "noted"
        assert (await wms.answer_outbound_order(entry, "ack", answer_id="out-a")).result == "replayed"
        with pytest.raises(InvalidRequest):
            await wms.answer_outbound_order(entry, "not-shipped")
        scan = Scan(scan_id="out-s", order_ref=entry.order_no, warehouse="OUT", sku="OUT-1", quantity=2)
        (result,) = await wms.scan([scan])
        assert (result.result, result.code) == ("applied", None)
    assert (await client.order(taken.order_no)).history[-1].kind == "ack"


async def test_a_warehouse_waits_for_what_it_is_told(client: InventoryClient, service: RunningService) -> None:
    await client.put_warehouse(Warehouse(code="WAIT", name="Waits"))
    await client.move_stock([Movement(type="receive", sku="WAIT-1", warehouse="WAIT", quantity=5)])
    assert [each.sku async for each in client.stock_list(skus=["WAIT-1"])] == ["WAIT-1"]  # the ledger knows it by now
    async with InventoryClient(service.url, create_key(service, "wait-wms", "scan").key, retry=IMPATIENT) as wms:
        following = asyncio.create_task(wms.outbound_orders(warehouse="WAIT", wait_seconds=30))
        await eventually(lambda: _waiting(service), "it waits", START_SECONDS)
        taken = await arrives(service, document(order_id="wait-1", lines=[line("1", "WAIT-1", 2)]))
        await settles(service, taken.order_no)
        page = await following
        assert [(entry.kind, entry.order_no) for entry in page.data] == [("ship", taken.order_no)]
        # Longer than an attempt may take: that is beside it.
        assert (await wms.outbound_orders(cursor=page.next_cursor, warehouse="WAIT", wait_seconds=4)).data == []


async def test_who_waits_is_let_go_when_the_service_stops() -> None:
    """Else it would not have stopped in time."""
    with RunningService(workers=2) as service:
        async with InventoryClient(service.url, BOOTSTRAP_KEY, retry=Retry(attempts=1)) as wms:
            following = asyncio.create_task(wms.outbound_orders(wait_seconds=30))
            await eventually(lambda: _waiting(service), "it waits", START_SECONDS)
            service.terminate()
            async with asyncio.timeout(LONG_BEFORE_30_SECONDS):
                page = await following
            assert (page.data, page.next_cursor) == ([], "0")
            assert service.wait_stopped() == 0


async def _waiting(service: RunningService) -> bool:
    async with aiohttp.ClientSession() as session, session.get(f"{service.url}/metrics") as answer:
        text = await answer.text()
    return "inventory_http_waiting 1.0" in text


def test_the_feed_without_await(service: RunningService) -> None:
    with SyncInventoryClient(service.url, create_key(service, "out-sync", "scan").key) as wms:
        assert wms.outbound_orders(warehouse="nobody", cursor="7").next_cursor == "7"
