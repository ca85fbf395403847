"""Reads of the durable truth: lists page by page, filters, and one's own writes."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import asyncpg
import pytest

from inventory_service.domain.errors import NotReady, Refused
from inventory_service.domain.events import Position
from inventory_service.domain.stock import UNSET
from inventory_service.domain.warehouse import WarehouseKind
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.cursors import encode_cursor
from inventory_service.ledger.pool import make_pool
from inventory_service.ledger.reader import PostgresReader
from inventory_service.usecases.ports import Page, ReservationFilter, StockFilter
from tests.kernel import make
from tests.ledger.house import PEK, SHA, House, shop

EVERYWHERE = make.route(SHA, PEK)


def attributes(order_ref: str, customer_id: str = "", channel: str = "web") -> str:
    return f'{{"channel":"{channel}","order_ref":"{order_ref}","customer_id":"{customer_id}"}}'


async def every_page(ask: Callable[[int, str], Awaitable[Page[Any]]], limit: int = 2) -> list[Any]:
    """All rows, asked for `limit` at a time; no page is empty but an only one."""
    rows: list[Any] = []
    cursor = ""
    for _ in range(100):
        page = await ask(limit, cursor)
        assert len(page.data) <= limit
        rows += page.data
        cursor = page.next_cursor
        if not cursor:
            return rows
        assert page.data
    raise AssertionError("the list has no end")


@pytest.fixture
async def sold(open_house: House) -> House:
    """Five reservations over two SKUs in four statuses, flushed."""
    await open_house.do(
        *make.stocked("A@SHA*50 A@PEK*50 B@PEK*5 C@SHA*1"),
        make.reserve("r1", "A*2", make.route(SHA), attributes=attributes("o-1", "ann")),
        make.reserve("r2", "A B", make.route(PEK), attributes=attributes("o-2", "bob")),
        make.reserve("r3", "B", make.route(PEK), attributes=attributes("o-2", "bob", "jd")),
        make.reserve("r4", "A", make.route(SHA)),
        make.reserve("r5", "A", make.route(SHA), attributes=attributes("o-5", "ann")),
        make.confirm("r1"),
        make.release("r4"),
        make.confirm("r5"),
        make.scan("s-5", "r5", "A", 1, SHA),
    )
    await open_house.flush()
    return open_house


LISTS = [
    (ReservationFilter(), "r5 r4 r3 r2 r1"),
    (ReservationFilter(status="held"), "r3 r2"),
    (ReservationFilter(status="shipped"), "r5"),
    (ReservationFilter(order_ref="o-2"), "r3 r2"),
    (ReservationFilter(customer_id="ann"), "r5 r1"),
    (ReservationFilter(customer_id="ann", status="confirmed"), "r1"),
    (ReservationFilter(sku="A"), "r5 r4 r2 r1"),
    (ReservationFilter(sku="A", warehouse="SHA"), "r5 r1"),
    (ReservationFilter(sku="A", status="released"), "r4"),
    (ReservationFilter(warehouse="PEK"), "r3 r2"),
    (ReservationFilter(sku="A", status="shipped"), "r5"),
    (ReservationFilter(sku="B", order_ref="o-2", customer_id="bob"), "r3 r2"),
    (ReservationFilter(sku="nothing"), ""),
]


async def test_reservations_newest_first(sold: House) -> None:
    for wanted, expected in LISTS:
        for limit in (1, 2, 50):
            rows = await every_page(partial(sold.reader.reservations, wanted), limit)
            assert " ".join(row.reservation_id for row in rows) == expected, (wanted, limit)


async def test_one_reservation_with_its_record(sold: House) -> None:
    stored = await sold.reader.reservation("r2")
    assert stored is not None
    assert {"r2": stored.record} == await sold.hot.records_of(["r2"])
    assert await sold.reader.reservation("r9") is None


async def test_reservations_of_orders(sold: House) -> None:
    expected = {("o-1", ""): ["r1"], ("o-2", ""): ["r3", "r2"], ("o-2", "jd"): ["r3"]}
    assert await sold.reader.reservations_of([*expected, ("o-1", "jd"), ("", ""), ("o-9", "")]) == expected


async def test_records_of_many(sold: House) -> None:
    assert await sold.reader.records_of(["r3", "r9", "r1"]) == await sold.hot.records_of(["r1", "r3"])


STOCKS = [
    (StockFilter(), "A B C"),
    (StockFilter(skus=["C", "A", "Z"]), "A C"),
    (StockFilter(warehouse="PEK"), "A B"),
    (StockFilter(available_below=10), "B C"),
    (StockFilter(available_below=0), ""),
    (StockFilter(warehouse="SHA", available_below=2), "C"),
]


async def test_stock_by_sku(sold: House) -> None:
    for code in (SHA, PEK):
        await sold.warehouses.put(shop(code))
    for wanted, expected in STOCKS:
        rows = await every_page(partial(sold.reader.stock, wanted))
        assert " ".join(row.sku for row in rows) == expected, wanted
        assert all(level.warehouse in (wanted.warehouse or level.warehouse) for row in rows for level in row.levels)


async def test_stock_in_transit_is_not_available(sold: House) -> None:
    await sold.warehouses.put(shop(PEK))
    transit = shop(SHA)
    await sold.warehouses.put(type(transit)(code=SHA, name="Train", kind=WarehouseKind.IN_TRANSIT))
    page = await sold.reader.stock(StockFilter(available_below=1), 10, "")
    assert [row.sku for row in page.data] == ["C"]


async def test_stock_as_of_the_newest_event(sold: House) -> None:
    (row,) = (await sold.reader.stock(StockFilter(skus=["A"]), 10, "")).data
    newest_ms = await sold.pool.fetchval("SELECT max(at_ms) FROM ledger_events")
    assert row.as_of_ms == newest_ms
    assert [(level.warehouse, level.on_hand, level.held, level.committed) for level in row.levels] == [
        (PEK, 50, 1, 0),
        (SHA, 49, 0, 2),
    ]
    assert (row.safety_stock, row.warn_below, row.levels[0].safety_stock) == (0, 0, UNSET)


async def test_history_newest_first(sold: House) -> None:
    rows = await every_page(partial(sold.reader.stock_events, "A", SHA))
    told = [(row.type, row.quantity, row.before["on_hand"], row.after["on_hand"], row.reservation_id) for row in rows]
    assert told == [
        ("scan", -1, 50, 49, "r5"),
        ("confirm", 1, 50, 50, "r5"),
        ("release", -1, 50, 50, "r4"),
        ("confirm", 2, 50, 50, "r1"),
        ("reserve", 1, 50, 50, "r5"),
        ("reserve", 1, 50, 50, "r4"),
        ("reserve", 2, 50, 50, "r1"),
        ("receive", 50, 0, 50, ""),
    ]
    assert (rows[-1].reason, rows[-1].reference, rows[-1].client) == ("because", "po-1", "desk")
    assert len(await every_page(partial(sold.reader.stock_events, "A", ""))) == 10


_RESERVATIONS = "reservations"


async def test_any_other_text_is_no_cursor(open_house: House) -> None:
    for cursor in (
        "x",
        "é",
        "====",
        encode_cursor("stock", "A"),
        encode_cursor(_RESERVATIONS, "A"),
        encode_cursor(_RESERVATIONS, 2**70),
        encode_cursor(_RESERVATIONS, -1),
    ):
        with pytest.raises(Refused) as refused:
            await open_house.reader.reservations(ReservationFilter(), 10, cursor)
        assert (refused.value.code, refused.value.pointer) == ("validation_failed", "/cursor")


async def test_a_read_waits_for_what_was_acknowledged(open_house: House) -> None:
    await open_house.do(*make.stocked("A@SHA*5"), make.reserve("r1", "A"))
    reading = [asyncio.create_task(open_house.reader.reservation("r1")) for _ in range(20)]
    await asyncio.sleep(0)
    await open_house.flush()
    assert all(stored is not None for stored in await asyncio.gather(*reading))


async def test_a_read_does_not_wait_for_ever(open_house: House) -> None:
    await open_house.do(*make.stocked("A@SHA*5"), make.reserve("r1", "A"))
    assert await open_house.reader.reservation("r1") is None


async def test_while_redis_is_away_the_ledger_answers(sold: House) -> None:
    async def away() -> Position:
        raise NotReady("Redis is away.")

    reader = PostgresReader(sold.pool, Arrival(sold.pool, away))
    assert await reader.reservation("r1") is not None


async def test_while_postgres_is_away_nothing_is_known() -> None:
    async def acknowledged() -> Position:
        return Position(0, 0)

    async with make_pool("postgresql://nobody@127.0.0.1:1/nothing", size_max=1) as pool:
        with pytest.raises(NotReady):
            await PostgresReader(pool, Arrival(pool, acknowledged)).reservation("r1")


async def test_before_the_migration_nothing_is_known(empty_database_url: str) -> None:
    async def acknowledged() -> Position:
        return Position(0, 0)

    async with make_pool(empty_database_url, size_max=1) as pool:
        with pytest.raises(NotReady, match="migrate up"):
            await PostgresReader(pool, Arrival(pool, acknowledged)).reservation("r1")


async def test_text_that_postgres_cannot_hold_is_refused(open_house: House) -> None:
    for text in ("\0", "\ud800"):
        with pytest.raises(Refused):
            await open_house.reader.reservation(text)
    assert isinstance(open_house.pool, asyncpg.Pool)
