"""The incident, on the whole service: a secret is changed at night, 327 orders pile up, and all of them arrive."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inventory_service.channels.clock import SystemClock
from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.waiting import eventually
from tests.channels.channel import MINUTE_MS
from tests.simulators.generic import GenericSimulator

ORDERS = 327
UNITS = 1000
SKU = "TEE-RED-M"
SECONDS_MAX = 120
SHOP = "/v1/channels/shops/tees"


@pytest.fixture
async def simulator() -> AsyncIterator[GenericSimulator]:
    made = GenericSimulator(SystemClock())
    async with made.serving():
        yield made


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    service = RunningService(workers=1)
    service.start()
    try:
        async with Api(service.url, BOOTSTRAP_KEY) as made:
            yield made
    finally:
        service.stop()
        service.close()


@pytest.mark.long
async def test_a_secret_is_changed_at_night(api: Api, simulator: GenericSimulator) -> None:
    await _open_shop(api, simulator)
    simulator.change_secret()
    simulator.book.place_many(ORDERS, 9 * MINUTE_MS, 2 * MINUTE_MS)

    alarm = await eventually(lambda: _alarm(api), "the credential is called invalid", SECONDS_MAX)
    assert (alarm["detail"]["which"], alarm["detail"]["responsible"]) == ("app_secret", "Wang Fang")

    await _set_secret(api, simulator)
    await eventually(lambda: _has_all(api), "every order is here", SECONDS_MAX)
    await eventually(lambda: _has_stock(api), "every order has its stock", SECONDS_MAX)
    assert await _alarm(api) is None
    told = await eventually(lambda: _feed(api), "the warehouse was told of every order", SECONDS_MAX)
    assert {(each["kind"], each["warehouse"]) for each in told} == {("ship", "SHA")}
    assert len(told) == len({each["order_no"] for each in told}) == ORDERS

    filled = await _finished(api, "backfill")
    assert (filled["new"], filled["unchanged"], filled["failed"]) == (0, ORDERS, 0)
    checked = await _finished(api, "check")
    assert (checked["theirs"]["orders"], checked["ours"]["orders"], checked["differences"]) == (ORDERS, ORDERS, {})
    assert await _has_stock(api)
    assert await _feed(api) == told


async def _open_shop(api: Api, simulator: GenericSimulator) -> None:
    (await api.put("/v1/warehouses/SHA", {"name": "SHA", "country": "CN", "region": "310000"})).ok()
    goods = {"movement_id": "m1", "type": "receive", "sku": SKU, "warehouse": "SHA", "quantity": UNITS}
    (await api.post("/v1/stock/movements", {"movements": [goods]})).ok()
    shop = {"channel": "generic", "title": "T", "responsible": "Wang Fang", "base_url": simulator.url}
    (await api.put(SHOP, shop)).ok()
    await _set_secret(api, simulator)
    await eventually(lambda: _polled(api), "the first poll", SECONDS_MAX)


async def _set_secret(api: Api, simulator: GenericSimulator) -> None:
    secret = {"app_key": simulator.app_key, "app_secret": simulator.secret}
    (await api.put(f"{SHOP}/credentials", secret)).ok()


async def _polled(api: Api) -> object:
    (standing,) = (await api.get("/v1/channels/status")).ok()["shops"]
    return standing["succeeded_at"]


async def _alarm(api: Api) -> Any:
    open_alarms = (await api.get("/v1/alerts")).ok()["data"]
    found = [each for each in open_alarms if each["rule"] == "credential_invalid" and each["state"] != "closed"]
    return found[0] if found else None


async def _has_all(api: Api) -> bool:
    count, cursor = 0, ""
    while True:
        page = (await api.get("/v1/orders", {"limit": "200", **({"cursor": cursor} if cursor else {})})).ok()
        count, cursor = count + len(page["data"]), page["next_cursor"]
        if not cursor:
            return count == ORDERS


async def _has_stock(api: Api) -> bool:
    stock = (await api.get(f"/v1/stock/{SKU}")).ok()
    return bool(stock["committed"] == ORDERS and stock["available"] == UNITS - ORDERS)


async def _feed(api: Api) -> Any:
    """Everything that warehouses were told, once it is as much as there are orders."""
    told: list[Any] = []
    cursor, is_over = "0", False
    while not is_over:
        page = (await api.get("/v1/wms/outbound-orders", {"limit": "200", "cursor": cursor})).ok()
        told, cursor, is_over = told + page["data"], page["next_cursor"], not page["data"]
    return told if len(told) >= ORDERS else None


async def _finished(api: Api, kind: str) -> Any:
    now = datetime.now(UTC)
    window = {"from": (now - timedelta(hours=2)).isoformat(), "to": now.isoformat()}
    asked = (await api.post(f"/v1/channels/tees/{kind}", window)).ok()

    async def done() -> Any:
        told = (await api.get(f"/v1/channels/tees/{kind}/{asked[f'{kind}_id']}")).ok()
        return told if told["state"] == "done" else None

    return await eventually(done, f"the {kind} is done", SECONDS_MAX)
