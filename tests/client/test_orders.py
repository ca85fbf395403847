"""The calls about orders, against the service."""

import pytest

from inventory_service.client import InventoryClient, NotFound, SkuPart, SyncInventoryClient
from tests.acceptance.arriving import arrives
from tests.acceptance.keys import create_key
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.orders.house import document, line


async def test_orders_of_a_shop(client: InventoryClient, service: RunningService) -> None:
    taken = await arrives(service, document(order_id="c-1", lines=[line("1", "SET-9", 2)], buyer_id="buyer-c"))
    await arrives(service, document(order_id="c-2", payment="free", buyer_id="buyer-c"))
    (listed,) = [each async for each in client.orders(shop="shop-1", channel_order_id="c-1", payment="paid")]
    order = await client.order(taken.order_no)
    assert (listed.order_no, order.lines[0].sku, order.receiver.phone) == (taken.order_no, "SET-9", "13800008888")
    assert [event.kind for event in order.history] == ["arrived"]
    async with InventoryClient(service.url, create_key(service, "clerk", "orders").key) as clerk:
        assert (await clerk.order(taken.order_no)).receiver.phone == "138****8888"

    mapped = await client.put_sku_code("generic", "SET-9", {"TEE-RED-M": 2}, shop="shop-1")
    assert (mapped.shop, mapped.parts) == ("shop-1", (SkuPart(sku="TEE-RED-M", quantity=2),))
    assert "SET-9" in [each.code async for each in client.sku_codes(channel="generic", state="mapped")]
    assert [each async for each in client.sku_codes(state="unmapped", channel="nobody")] == []

    (failure,) = [each async for each in client.order_failures(state="open") if each.channel_order_id == "c-2"]
    assert (failure.field, (await client.retry_order_failure(failure.failure_id)).result) == ("order.payment", "failed")
    erased = await client.erase_customer("generic", "buyer-c")
    assert (erased.orders, erased.failures) == (1, 1)
    assert (await client.order(taken.order_no)).erased_at is not None
    with pytest.raises(NotFound):
        await client.order("nobody")


async def test_orders_without_await(service: RunningService) -> None:
    with SyncInventoryClient(service.url, BOOTSTRAP_KEY) as client:
        assert client.orders(channel="nobody").page().data == []
