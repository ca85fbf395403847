"""How many new holds a customer may make, over two API processes and one kernel."""

import asyncio

import aiohttp

from tests.acceptance.client import Api
from tests.acceptance.service import RunningService
from tests.acceptance.shop import Shop
from tests.security.conftest import CUSTOMER_HOLDS


async def test_a_customer_is_limited_over_all_processes(service: RunningService, shop: Shop) -> None:
    sku = await shop.stocked(100)
    customer = shop.id("customer")
    orders = [
        {"reservation_id": shop.id("r"), "lines": [{"sku": sku, "quantity": 1}], "customer_id": customer}
        for _ in range(12)
    ]
    connector = aiohttp.TCPConnector(force_close=True)  # each call may go to another process
    async with aiohttp.ClientSession(connector=connector) as session:
        api = Api(service.url, shop.api.key, session)
        answers = await asyncio.gather(*(api.post("/v1/reservations", order) for order in orders))
        assert sorted(answer.status for answer in answers) == [201] * CUSTOMER_HOLDS + [429] * (12 - CUSTOMER_HOLDS)
        for answer in (each for each in answers if each.status == 429):
            problem = answer.problem(429, "rate_limited")
            assert 0 < problem["retry_after_ms"] <= 60_000 / CUSTOMER_HOLDS
            assert int(answer.headers["Retry-After"]) == -(-problem["retry_after_ms"] // 1000)
            assert problem["retryable"]

        # What was granted may be repeated and ended, and nobody else is limited.
        granted = next(order for order, answer in zip(orders, answers, strict=True) if answer.status == 201)
        assert (await api.post("/v1/reservations", granted)).replayed
        (await api.post(f"/v1/reservations/{granted['reservation_id']}/confirm")).ok()
        others = [shop.order() | {"customer_id": f"{customer}-2"}, shop.order()]
        assert [(await api.post("/v1/reservations", order)).status for order in others] == [201, 201]
    assert (await shop.counters())[1] == CUSTOMER_HOLDS + 1


async def test_in_a_batch_each_operation_is_judged_on_its_own(shop: Shop) -> None:
    await shop.stocked(100)
    customer = shop.id("customer")
    operations = [{"op": "reserve", **shop.order(), "customer_id": customer} for _ in range(CUSTOMER_HOLDS + 2)]
    operations.append({"op": "reserve", **shop.order()})
    results = (await shop.api.post("/v1/batch", {"operations": operations})).ok()["results"]
    assert [result["status"] for result in results] == [201] * CUSTOMER_HOLDS + [429, 429, 201]
    assert results[CUSTOMER_HOLDS]["body"]["code"] == "rate_limited"
    assert results[CUSTOMER_HOLDS]["body"]["retry_after_ms"] > 0
