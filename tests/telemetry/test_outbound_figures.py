"""What is told of the feed: what a warehouse has not answered, and what it answered."""

from tests.acceptance.arriving import arrives, settles
from tests.acceptance.client import Api
from tests.acceptance.service import RunningService
from tests.acceptance.waiting import eventually
from tests.orders.house import document, line
from tests.telemetry.scrape import scrape

FEED = "/v1/wms/outbound-orders"


async def test_what_a_warehouse_has_not_answered_and_what_it_did(service: RunningService, api: Api) -> None:
    (await api.put("/v1/warehouses/FEED", {"name": "FEED"})).ok()
    goods = {"movement_id": "feed", "type": "receive", "sku": "FED", "warehouse": "FEED", "quantity": 5}
    (await api.post("/v1/stock/movements", {"movements": [goods]})).ok()
    (await api.get("/v1/stock", {"sku": "FED"})).ok()  # the ledger knows it by now
    order_no = (await arrives(service, document(order_id="fed", lines=[line("1", "FED", 1)]))).order_no
    await settles(service, order_no)

    async def told(entries: int) -> bool:
        found = await scrape(api)
        return found.values("inventory_outbound_entries_open", warehouse="FEED") == [float(entries)]

    await eventually(lambda: told(1), "the entry is open", 30)
    assert (await scrape(api)).value("inventory_outbound_oldest_seconds", warehouse="FEED") > 0
    (entry,) = (await api.get(FEED, {"warehouse": "FEED"})).ok()["data"]
    answer = {"answer_id": "fed-1", "warehouse": "FEED", "position": entry["position"]}
    (await api.post(f"{FEED}/{order_no}/failed", answer)).ok()
    await eventually(lambda: told(0), "it was answered", 30)
    found = await scrape(api)
    assert found.value("inventory_outbound_oldest_seconds", warehouse="FEED") == 0
    assert found.value("inventory_outbound_answers_total", saying="failed", result="noted") == 1
    assert '"outbound.answered"' in service.log_text()
