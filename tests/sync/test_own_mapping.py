"""A shop that speaks in words of its own, on the whole service: told why its orders do not fit, mended, read again."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inventory_service.channels.clock import SystemClock
from tests.acceptance.client import Api
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.waiting import eventually
from tests.channels.channel import MINUTE_MS
from tests.mapping.test_loading import KIOSK
from tests.simulators.book import Order
from tests.simulators.generic import GenericSimulator
from tests.simulators.platform import Json

SECONDS_MAX = 60
UNITS = 100
READ = {"new", "unchanged"}  # the hub may have been quicker than whoever asks for a retry
MENDED = 'version = 1\nextends = "generic"\n[order]\npayment.path = "settled"\n'


class Own(GenericSimulator):
    """Sends the details of an order in the same words as its pages."""

    def _get(self, data: Json) -> Json:
        return {"order": self.shown(data["order_id"], super()._get(data)["order"])}


class OwnWords(Own):
    """Says `settled` where our table reads `payment`."""

    def shown(self, order_id: str, document: Json) -> Json:
        return {"settled" if name == "payment" else name: value for name, value in document.items()}


class Kiosk(Own):
    """Besides what the protocol asks for, nothing that our table knows."""

    def shown(self, order_id: str, document: Json) -> Json:
        order: Order = self.book.orders[order_id]
        at = datetime.fromtimestamp(order.created_ms / 1000 + 9 * 3600, UTC).strftime("%Y-%m-%d %H:%M:%S")
        goods = [{"ref": each.line_id, "code": f"K-{each.sku}", "count": [each.quantity]} for each in order.lines]
        told = {"no": order_id, "state": order.state, "at": at, "baskets": [{"goods": goods}]}
        return {name: document[name] for name in ("order_id", "modified_at")} | told


@pytest.fixture(scope="module")
def service() -> Iterator[RunningService]:
    """Two API processes: one is told, and both have to know."""
    with RunningService(workers=2) as running:
        yield running
        running.stop()


@pytest.fixture
async def api(service: RunningService) -> AsyncIterator[Api]:
    async with Api(service.url, BOOTSTRAP_KEY) as made:
        yield made


async def test_mended_without_a_restart_it_arrives_once(service: RunningService, api: Api, tmp_path: Path) -> None:
    simulator = OwnWords(SystemClock())
    async with simulator.serving():
        await _open_shop(api, simulator, "tees", "TEE", {"channel": "generic"})
        placed = await _sell(api, simulator, "tees", "TEE")
        failure = await eventually(lambda: _failure(api, "tees"), "its order does not fit", SECONDS_MAX)
        told = (failure["field"], failure["path"], failure["reason"], failure["channel_order_id"])
        assert told == ("order.payment", "payment", "is missing", placed.order_id)
        retry = f"/v1/orders/failures/{failure['failure_id']}/retry"
        assert (await api.post(retry)).ok()["result"] == "failed"

        mapping = tmp_path / "tees.toml"
        mapping.write_text(MENDED)
        said = service.cli("channels", "map", "set", "tees", str(mapping))
        assert (said.returncode, said.stderr) == (0, "")
        assert said.stdout.splitlines()[-1] == "version 1 of tees counts; changes: 1"
        assert (await api.post(retry)).ok()["result"] in READ  # whichever process is asked
        await eventually(lambda: _has_stock(api, "TEE", 1), "it has its stock", SECONDS_MAX)

        await _sell(api, simulator, "tees", "TEE")  # the hub reads by it too
        await eventually(lambda: _has_stock(api, "TEE", 2), "the next one has its stock", SECONDS_MAX)
        filled = await _backfill(api, "tees")
        assert (filled["new"], filled["unchanged"], filled["failed"]) == (0, 2, 0)
        orders = (await api.get("/v1/orders", {"shop": "tees"})).ok()["data"]
        assert len({order["channel_order_id"] for order in orders}) == len(orders) == 2
        assert await _has_stock(api, "TEE", 2)

        (await api.call("DELETE", "/v1/channels/shops/tees/mapping")).ok()
        await _sell(api, simulator, "tees", "TEE")
        await eventually(lambda: _failure(api, "tees"), "ours counts again", SECONDS_MAX)


async def test_a_channel_of_ones_own_needs_a_mapping_and_no_code(api: Api) -> None:
    simulator = Kiosk(SystemClock())
    own = {"channel": "kiosk", "settings": {"protocol": "generic"}}
    async with simulator.serving():
        await _open_shop(api, simulator, "ginza", "CAP", own)
        assert (await api.post("/v1/channels/shops/ginza/test")).ok()["outcome"] == "ok"
        await _sell(api, simulator, "ginza", "CAP")
        failure = await eventually(lambda: _failure(api, "ginza"), "nobody knows how to read it", SECONDS_MAX)
        assert (failure["channel"], failure["reason"]) == ("kiosk", "there is no mapping for kiosk")

        (await api.put("/v1/channels/shops/ginza/mapping", {"toml": KIOSK})).ok()
        assert (await api.post(f"/v1/orders/failures/{failure['failure_id']}/retry")).ok()["result"] in READ
        await _sell(api, simulator, "ginza", "CAP")
        await eventually(lambda: _has_stock(api, "CAP", 2), "both have their stock", SECONDS_MAX)
        orders = (await api.get("/v1/orders", {"channel": "kiosk"})).ok()["data"]
        assert {(order["shop"], order["currency"], order["payment"]) for order in orders} == {("ginza", "JPY", "paid")}

        article = {"product_id": "7", "parts": [{"sku": "CAP", "quantity": 1}]}
        (await api.put("/v1/channels/shops/ginza/items", {"items": [article]})).ok()
        await eventually(
            lambda: _is(simulator.book.stock.get(("7", "")) == UNITS - 2), "it is told its stock", SECONDS_MAX
        )


async def _open_shop(api: Api, simulator: GenericSimulator, shop: str, sku: str, described: dict[str, Any]) -> None:
    (await api.put("/v1/warehouses/SHA", {"name": "SHA", "country": "CN", "region": "310000"})).ok()
    goods = {"movement_id": sku, "type": "receive", "sku": sku, "warehouse": "SHA", "quantity": UNITS}
    (await api.post("/v1/stock/movements", {"movements": [goods]})).ok()
    path = f"/v1/channels/shops/{shop}"
    (await api.put(path, {"title": "T", "responsible": "Wang Fang", "base_url": simulator.url, **described})).ok()
    secret = {"app_key": simulator.app_key, "app_secret": simulator.secret}
    (await api.put(f"{path}/credentials", secret)).ok()
    await eventually(lambda: _polled(api, shop), "the first poll", SECONDS_MAX)


async def _sell(api: Api, simulator: GenericSimulator, shop: str, sku: str) -> Order:
    """The shop tells of it, and the hub fetches it."""
    order = simulator.book.place(5 * MINUTE_MS, skus=[sku])
    headers, body = simulator.push(order)
    (await api.post(f"/v1/channels/{shop}/push", raw=body, headers=headers)).ok()
    return order


async def _polled(api: Api, shop: str) -> object:
    standings = (await api.get("/v1/channels/status")).ok()["shops"]
    return next(each["succeeded_at"] for each in standings if each["shop"] == shop)


async def _failure(api: Api, shop: str) -> Any:
    """An open one, if there is any."""
    rows = (await api.get("/v1/orders/failures", {"state": "open"})).ok()["data"]
    return next((row for row in rows if row["shop"] == shop), None)


async def _has_stock(api: Api, sku: str, orders: int) -> bool:
    stock = (await api.get(f"/v1/stock/{sku}")).ok()
    return bool(stock["committed"] == orders and stock["available"] == UNITS - orders)


async def _is(value: bool) -> bool:
    return value


async def _backfill(api: Api, shop: str) -> Any:
    now_ms = SystemClock().now_ms()
    ends = [datetime.fromtimestamp(at_ms / 1000, UTC).isoformat() for at_ms in (now_ms - 60 * MINUTE_MS, now_ms)]
    asked = (await api.post(f"/v1/channels/{shop}/backfill", dict(zip(("from", "to"), ends, strict=True)))).ok()

    async def done() -> Any:
        told = (await api.get(f"/v1/channels/{shop}/backfill/{asked['backfill_id']}")).ok()
        return told if told["state"] == "done" else None

    return await eventually(done, "the backfill is done", SECONDS_MAX)
