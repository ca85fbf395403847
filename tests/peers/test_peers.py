"""Each peer sells what there is and no more, knows an id again, and takes units back."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

from loadtests.peers.__main__ import Name
from tests.peers.buyer import Buyer
from tests.peers.conftest import running

NO_STOCK = (409, {"code": "insufficient_stock"})
UNITS = 50
CALLS = 400


async def test_an_order_holds_units_until_a_deadline(buyer: Buyer) -> None:
    await buyer.stocked(5)
    asked_at = datetime.now(UTC)
    status, held = await buyer.reserve("order-1" + buyer.sku, 2)
    assert (status, held["reservation_id"], held["status"]) == (201, "order-1" + buyer.sku, "held")
    deadline = datetime.fromisoformat(held["expires_at"])
    assert asked_at <= deadline - timedelta(seconds=900) <= datetime.now(UTC)


async def test_the_same_id_again_takes_nothing(buyer: Buyer) -> None:
    await buyer.stocked(2)
    order = buyer.order()
    _, held = await buyer.reserve(order)
    assert [await buyer.reserve(order) for _ in range(3)] == [(200, held)] * 3
    assert (await buyer.reserve(buyer.order())).status == 201
    assert await buyer.reserve(order) == (200, held)  # sold out by now
    assert await buyer.reserve(buyer.order()) == NO_STOCK


async def test_the_same_id_at_once_takes_units_once(buyer: Buyer) -> None:
    await buyer.stocked(3)
    order = buyer.order()
    answers = await asyncio.gather(*(buyer.reserve(order) for _ in range(20)))
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 19}
    assert (await buyer.reserve(buyer.order(), 2)).status == 201
    assert await buyer.reserve(buyer.order()) == NO_STOCK


async def test_more_than_there_is_is_refused_and_takes_nothing(buyer: Buyer) -> None:
    assert await buyer.reserve(buyer.order()) == NO_STOCK
    await buyer.stocked(3)
    assert await buyer.reserve(buyer.order(), 4) == NO_STOCK
    refused = buyer.order()
    assert await buyer.reserve(refused, 4) == NO_STOCK
    assert (await buyer.reserve(refused, 3)).status == 201


async def test_a_race_sells_what_there_is(buyer: Buyer) -> None:
    await buyer.stocked(UNITS)
    answers = await asyncio.gather(*(buyer.reserve(buyer.order()) for _ in range(CALLS)))
    assert Counter(answer.status for answer in answers) == {201: UNITS, 409: CALLS - UNITS}
    assert len({answer.body["reservation_id"] for answer in answers if answer.status == 201}) == UNITS


async def test_a_race_of_large_and_small_orders_never_oversells(buyer: Buyer) -> None:
    """Nor does it leave units that nobody could have: whatever was refused had its reason at that time."""
    await buyer.stocked(UNITS)
    wanted = [1 + number % 3 for number in range(CALLS)]
    answers = await asyncio.gather(*(buyer.reserve(buyer.order(), quantity) for quantity in wanted))
    sold = sum(quantity for quantity, answer in zip(wanted, answers, strict=True) if answer.status == 201)
    left = 0
    while (await buyer.reserve(buyer.order())).status == 201:
        left += 1
    assert sold + left == UNITS


async def test_released_units_are_sold_again(buyer: Buyer) -> None:
    await buyer.stocked(2)
    order = buyer.order()
    await buyer.reserve(order, 2)
    assert await buyer.reserve(buyer.order()) == NO_STOCK
    answers = await asyncio.gather(*(buyer.act(order, "release") for _ in range(5)))
    assert {(answer.status, answer.body["status"]) for answer in answers} == {(200, "released")}
    assert [(await buyer.reserve(buyer.order())).status for _ in range(3)] == [201, 201, 409]
    assert (await buyer.reserve(order, 2)).body["status"] == "released"
    assert await buyer.act(order, "confirm") == (409, {"code": "reservation_released"})


async def test_a_paid_order_stays_paid_until_it_is_released(buyer: Buyer) -> None:
    await buyer.stocked(1)
    order = buyer.order()
    _, held = await buyer.reserve(order)
    assert [await buyer.act(order, "confirm") for _ in range(2)] == [(200, held | {"status": "confirmed"})] * 2
    assert await buyer.reserve(order) == (200, held | {"status": "confirmed"})
    assert await buyer.act(order, "release") == (200, held | {"status": "released"})
    assert (await buyer.reserve(buyer.order())).status == 201


async def test_an_order_that_nobody_has_is_not_found(buyer: Buyer) -> None:
    order = buyer.order()
    for verb in ("confirm", "release"):
        assert await buyer.act(order, verb) == (404, {"code": "not_found"})
    await buyer.stocked(1)
    assert (await buyer.reserve(order)).status == 201
    assert (await buyer.act(order, "confirm")).status == 200


async def test_what_is_no_order_of_one_line_is_refused(buyer: Buyer) -> None:
    line = {"sku": buyer.sku, "quantity": 1}
    for lines in ([], [line, line], [line | {"quantity": 0}], [{"sku": buyer.sku}]):
        body = {"reservation_id": buyer.order(), "lines": lines}
        assert await buyer.post("/v1/reservations", body) == (422, {"code": "validation_failed"}), lines
    assert await buyer.post("/v1/nothing", {}) == (404, {"code": "not_found"})


async def test_prepared_it_has_forgotten_everything(buyer: Buyer) -> None:
    await buyer.stocked(5)
    order = buyer.order()
    await buyer.reserve(order)
    assert (await buyer.post("/prepare", {})).status == 200
    assert (await buyer.act(order, "confirm")).status == 404
    assert await buyer.reserve(order) == NO_STOCK
    await buyer.stocked(1)
    assert (await buyer.reserve(order)).status == 201


async def test_the_echo_holds_whatever_it_is_asked_for() -> None:
    with running(Name.ECHO, "", "") as peer:
        async with Buyer(peer.url) as buyer:
            await buyer.stocked(1)
            order = buyer.order()
            assert [(await buyer.reserve(order, 9)).status for _ in range(2)] == [201, 201]
            assert (await buyer.act(order, "confirm")).body["status"] == "confirmed"
            assert (await buyer.act(order, "release")).body["status"] == "released"
