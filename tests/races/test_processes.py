"""Two API processes are one service: what one is told, the other knows."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.acceptance.client import Api
from tests.acceptance.keys import create_key
from tests.acceptance.service import BOOTSTRAP_KEY, RunningService
from tests.acceptance.shop import Shop
from tests.acceptance.waiting import eventually

AGREED_SECONDS = 5.0  # promised are 2; a busy test machine gets some more
ASKED = 12  # new connections per look: both processes answer some of them
WAREHOUSE = {"name": "n", "kind": "warehouse", "country": "CN", "region": "420000", "lat": 30.59, "lon": 114.31}


@pytest.fixture
async def strangers(service: RunningService) -> AsyncIterator[Shop]:
    """A caller with a new connection for each call, so that any process may answer."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Shop(Api(service.url, BOOTSTRAP_KEY, session))


async def test_a_new_warehouse_is_known_to_all_at_once(strangers: Shop) -> None:
    for number in range(5):
        code = f"W{number}-{strangers.prefix}"
        (await strangers.api.put(f"/v1/warehouses/{code}", WAREHOUSE)).ok()
        movements = [strangers.movement("receive", 1, warehouse=code) for _ in range(ASKED)]
        results = await asyncio.gather(*(strangers.movements([movement]) for movement in movements))
        assert [result["result"] for (result,) in results] == ["applied"] * ASKED


async def test_a_changed_warehouse_is_seen_by_all_soon(strangers: Shop) -> None:
    code = f"W-{strangers.prefix}"
    (await strangers.api.put(f"/v1/warehouses/{code}", WAREHOUSE)).ok()
    await strangers.stocked(5, warehouse=code)
    (await strangers.api.put(f"/v1/warehouses/{code}", {**WAREHOUSE, "enabled": False})).ok()

    async def nobody_sells() -> bool:
        stocks = await asyncio.gather(*(strangers.stock() for _ in range(ASKED)))
        return all(stock["available"] == 0 for stock in stocks)

    await eventually(nobody_sells, "every process knows that the warehouse is closed", AGREED_SECONDS)
    (await strangers.reserve(strangers.order())).problem(409, "insufficient_stock")


async def test_a_write_is_read_back_from_any_process(strangers: Shop) -> None:
    await strangers.stocked(100)
    for held in range(1, 21):
        reservation_id = await strangers.held()
        body, level = await asyncio.gather(strangers.reservation(reservation_id), strangers.level())
        assert (body["status"], level["held"]) == ("held", held)


async def test_a_revoked_key_is_refused_by_all_soon(service: RunningService, strangers: Shop) -> None:
    created = await asyncio.to_thread(create_key, service, f"c-{strangers.prefix}", "stock:read")
    caller = strangers.api.acting_as(created.key)

    async def statuses() -> set[int]:
        answers = await asyncio.gather(*(caller.get("/v1/stock") for _ in range(ASKED)))
        return {answer.status for answer in answers}

    assert await statuses() == {200}
    done = await asyncio.to_thread(service.cli, "keys", "revoke", created.key_id)
    assert done.returncode == 0, done.stderr

    async def refused() -> Any:
        return await statuses() == {401}

    await eventually(refused, "every process refuses the key", AGREED_SECONDS)


async def test_metrics_count_for_all_processes(strangers: Shop) -> None:
    async def asked() -> float:
        text = (await strangers.api.get("/metrics")).ok()
        lines = [line for line in text.splitlines() if line.startswith("inventory_http_requests_total{")]
        return sum(float(line.rpartition(" ")[2]) for line in lines if '"/livez"' in line)

    before = await asked()
    for _ in range(ASKED):
        (await strangers.api.get("/livez")).ok()
    assert await asked() == before + ASKED
