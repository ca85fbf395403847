"""Orders that could not be taken in are told of, and no more once they were."""

import json
from collections.abc import Mapping

import asyncpg
import pytest

from inventory_service.channels.mapping.loading import loaded
from inventory_service.channels.mapping.reading import DocumentReader
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.usecases.orders.watch_failures import WatchFailures
from tests.orders.house import CHANNEL, SHOP, Orders, document, line
from tests.sync.house import Registered, Registry

MENDED = b'version = 1\nextends = "generic"\n[order]\npayment = { path = "paid_state" }\n'
OPEN = "SELECT rule, cause, count, detail FROM alerts WHERE state <> 'closed' ORDER BY cause"


class Watched:
    def __init__(self, orders: Orders, database: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.orders, self.database = orders, database
        shops = Registry({SHOP: Registered(SHOP, CHANNEL, "https://shop.example")})
        self.watch = WatchFailures(orders.failures, shops, PostgresAlarmBook(database), lambda: orders.now_ms)

    async def alarms(self) -> Mapping[tuple[str, str, int], Mapping[str, object]]:
        """By rule, cause and count."""
        await self.watch.run_once()
        rows = await self.database.fetch(OPEN)
        return {(row["rule"], row["cause"], row["count"]): json.loads(row["detail"]) for row in rows}


@pytest.fixture
def watched(orders: Orders, database: "asyncpg.Pool[asyncpg.Record]") -> Watched:
    return Watched(orders, database)


async def test_what_does_not_fit_is_one_alarm_with_field_reason_and_person_until_it_fits(watched: Watched) -> None:
    orders = watched.orders
    assert await watched.alarms() == {}
    for number in range(327):
        await orders.arrives(document(1, order_id=str(number), payment="free") | {"paid_state": "paid"})
    told = [await watched.alarms() for _ in range(2)]
    newest = (await orders.retry.list("open", 1, "")).data[0]
    detail = {
        "shop": SHOP, "channel": CHANNEL, "responsible": "Wang Fang", "field": "order.payment", "failures": 327,
        "failure_id": newest.failure_id, "reason": newest.misfit.reason,
    }  # fmt: skip
    assert told == [{("order_failed", "shop-1 order.payment", 1): detail}] * 2
    mended = loaded(MENDED, "shop-1.toml", SHOP)
    orders.read_document = DocumentReader(lambda _, __: mended)
    orders.now_ms += 60_000
    while (await orders.retry.run_once()).cured:
        pass
    assert await watched.alarms() == {}


async def test_lines_share_an_alarm_and_another_one_of_them_counts_it_up(watched: Watched) -> None:
    for number in (1, 2):
        lines = [line(str(each)) for each in range(number)] + [line("unfit", quantity=0)]
        await watched.orders.arrives(document(1, lines, order_id=str(number)))
        assert list(await watched.alarms()) == [("order_failed", "shop-1 lines[].quantity", number)]
