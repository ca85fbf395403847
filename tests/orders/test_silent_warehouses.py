"""A warehouse that does not answer is told of, and no more once it did."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest

from inventory_service.domain.orders.lateness import LOOK_MS, TAKEN_BACK_MS, TOLD_MS
from inventory_service.domain.orders.telling import Saying
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.usecases.orders.ports import StoredOrder
from inventory_service.usecases.orders.watch_warehouses import WatchWarehouses
from tests.orders.house import Orders, document, line
from tests.usecases.real import scan

CANCELLED: dict[str, Any] = {"payment": "refunded", "fulfilment": "cancelled"}
OPEN = "SELECT rule, cause, count, detail FROM alerts WHERE state <> 'closed'"


class Watched:
    def __init__(self, orders: Orders, database: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.orders, self.database = orders, database
        self.restart()

    def restart(self) -> None:
        self.watch = WatchWarehouses(self.orders.outbound, PostgresAlarmBook(self.database), lambda: self.orders.now_ms)

    async def after(self, wait_ms: int) -> Mapping[tuple[str, str], Mapping[str, object]]:
        """The alarms that are open then, by rule and cause."""
        self.orders.now_ms += wait_ms
        await self.orders.retry.run_once()
        await self.watch.run_once()
        rows = await self.database.fetch(OPEN)
        assert all(row["count"] == 1 for row in rows)
        return {(row["rule"], row["cause"]): json.loads(row["detail"]) for row in rows}


@pytest.fixture
def watched(orders: Orders, database: "asyncpg.Pool[asyncpg.Record]") -> Watched:
    return Watched(orders, database)


async def cancelled(orders: Orders) -> StoredOrder:
    number = (await orders.takes(document())).order.order_no
    await orders.says(number, Saying.ACK)
    return await orders.takes(document(2, **CANCELLED))


async def test_a_cancel_that_nobody_answers_names_order_warehouse_and_position(watched: Watched) -> None:
    orders = watched.orders
    number = (await cancelled(orders)).order.order_no
    told_ms, position = orders.now_ms, (await orders.told())[-1].position
    assert await watched.after(TAKEN_BACK_MS - 1) == {}
    detail = {"order_no": number, "warehouse": "SHA", "position": position, "told_ms": told_ms}
    for wait_ms in (1, LOOK_MS, LOOK_MS):
        assert await watched.after(wait_ms) == {("cancel_unanswered", f"{number} SHA"): detail}
    assert (await orders.settle(number)).work.case == ("warehouse_silent", {"warehouses": ["SHA"]})
    await orders.says(number, Saying.ACK)  # read is not stopped
    assert len(await watched.after(0)) == 1
    answered = await orders.says(number, Saying.NOT_SHIPPED)
    assert (answered.work.case.code, answered.work.next_try_ms) == ("", 0)
    assert await watched.after(0) == {}
    assert await orders.open_units() == {}


async def test_entries_that_are_never_read_are_one_alarm_of_their_warehouse(watched: Watched) -> None:
    orders = watched.orders
    numbers = [(await orders.takes(document(order_id=str(each)))).order.order_no for each in range(3)]
    told_ms = orders.now_ms
    await orders.says(numbers[0], Saying.ACK)
    assert await watched.after(TOLD_MS - 1) == {}
    detail = {"warehouse": "SHA", "entries": 2, "orders": numbers[1:], "told_ms": told_ms}
    assert await watched.after(1) == {("warehouse_silent", "SHA"): detail}
    for number in numbers[1:]:
        assert len(await watched.after(0)) == 1
        await orders.says(number, Saying.PICKING)
    assert await watched.after(0) == {}


@pytest.mark.parametrize("word", [Saying.ACK, Saying.PICKING, Saying.SHIPPED, Saying.FAILED])
async def test_any_answer_to_what_is_to_ship_will_do(watched: Watched, word: Saying) -> None:
    number = (await watched.orders.takes(document())).order.order_no
    await watched.orders.says(number, word)
    assert await watched.after(TOLD_MS) == {}


async def test_an_answer_to_an_earlier_entry_is_none_to_the_newest(watched: Watched) -> None:
    orders = watched.orders
    number = (await orders.takes(document())).order.order_no
    first = (await orders.told())[0]
    await orders.takes(document(2, [line(quantity=4)]))
    await orders.says_to(first, Saying.ACK)
    assert len(await watched.after(TOLD_MS)) == 1
    await orders.says(number, Saying.ACK)
    assert await watched.after(0) == {}


async def test_what_was_scanned_without_a_word_is_not_missed(watched: Watched) -> None:
    """A warehouse that only scans; and one whose parcel leaves once it was told of."""
    orders = watched.orders
    first = (await orders.takes(document())).order.order_no
    await orders.service.scans("wms", [scan("one", first, quantity=2)])
    assert await watched.after(TOLD_MS) == {}
    second = (await orders.takes(document(order_id="2"))).order.order_no
    assert len(await watched.after(TOLD_MS)) == 1
    await orders.service.scans("wms", [scan("two", second, quantity=2)])
    assert await watched.after(LOOK_MS) == {}


async def test_what_the_platform_knows_as_shipped_is_not_missed(watched: Watched) -> None:
    orders = watched.orders
    await orders.takes(document())
    assert len(await watched.after(TOLD_MS)) == 1
    await orders.takes(document(2, [line(fulfilment="shipped")], fulfilment="shipped"))
    assert await watched.after(0) == {}


async def test_what_stayed_behind_of_an_order_that_left_is_missed(watched: Watched) -> None:
    orders = watched.orders
    number = (await orders.takes(document(1, [line(), line("b", "B", 1)]))).order.order_no
    closed = line("b", "B", 1, refund="succeeded", refunded_quantity=1, fulfilment="cancelled")
    await orders.takes(document(2, [line(), closed], payment="part_refunded"))
    await orders.service.scans("wms", [scan("s", number, quantity=2)])
    await orders.takes(document(3, [line(fulfilment="shipped"), closed], payment="part_refunded", fulfilment="shipped"))
    assert await watched.after(TAKEN_BACK_MS - 1) == {}
    assert (await watched.after(1)).keys() == {("cancel_unanswered", f"{number} SHA")}
    await orders.says(number, Saying.NOT_SHIPPED)
    assert await watched.after(0) == {}
    assert (await orders.open_units(), (await orders.settle(number)).work.next_try_ms) == ({}, 0)


async def test_another_process_goes_on_where_the_first_one_was(watched: Watched) -> None:
    number = (await cancelled(watched.orders)).order.order_no
    assert len(await watched.after(TAKEN_BACK_MS)) == 1
    watched.restart()
    await watched.orders.not_shipped(number)
    assert await watched.after(0) == {}


async def test_a_step_that_is_begun_is_due_at_once_whenever_an_answer_would_be_late(orders: Orders) -> None:
    number = (await orders.takes(document())).order.order_no
    assert (await orders.settle(number)).work.next_try_ms == orders.now_ms + TOLD_MS
    await orders.arrives(document(2, [line(quantity=1)]))
    await orders.book.put_off(number, orders.now_ms + TOLD_MS)
    begun, _ = await orders.settle._begun(number, None)
    assert begun.work.step
    assert await orders.book.due(orders.now_ms, 10) == [number]
