"""The feed of warehouses, against the service."""

import pytest

from inventory_service.client import (
    InvalidRequest,
    InventoryClient,
    Movement,
    Scan,
    SkuPart,
    SyncInventoryClient,
    Warehouse,
)
from tests.acceptance.arriving import arrives, settles
from tests.acceptance.keys import create_key
from tests.acceptance.service import RunningService
from tests.orders.house import document, line


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


def test_the_feed_without_await(service: RunningService) -> None:
    with SyncInventoryClient(service.url, create_key(service, "out-sync", "scan").key) as wms:
        assert wms.outbound_orders(warehouse="nobody", cursor="7").next_cursor == "7"
