"""Thresholds, what is on its way, what is sold ahead of it, and transfers: in the ledger, and back from it."""

from typing import Any

from redis.asyncio import Redis

from inventory_service.domain.stock import UNSET, Threshold
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.transfers import PostgresTransfers
from inventory_service.usecases.transfer_ports import TransferFilter
from tests.kernel import make
from tests.ledger.house import PEK, SHA, House
from tests.ledger.test_resnapshot import alarms, back_up, let_go, resnapshot, restore, wrong

SOON_MS = 4_100_000_000_000
BOTH = make.route(SHA, PEK)


def opening() -> list[Any]:
    """Some of everything: what is open at its end are transfer t1, draft t2 and three orders."""
    return [
        make.receive("A", 20, SHA),
        make.receive("B", 9, SHA),
        make.policy("A", ahead=8, terms=[make.terms("", 2, warn_below=4), make.terms("taobao", 1, 9, 2, 3, 5)]),
        make.move("e-1", "expect", "A", 5, PEK, at_ms=SOON_MS + 1),
        make.move("e-2", "expect", "A", 3, PEK),
        make.transfer("t1", "A*6 B*4", at_ms=SOON_MS, ships=True),
        make.transfer("t2", "B*1"),
        make.transfer("t3", "A*1", ships=True),
        make.receive_transfer("t3", "x-1", "A*1"),
        make.receive_transfer("t1", "x-2", "A*2", damaged=1),
        make.reserve("one", "A*7", make.route(SHA), channel="taobao", allow_partial=True),
        make.reserve("two", "A*5", BOTH),
        make.confirm("two"),
        make.reserve("ahead", "A*5", BOTH),
    ]


async def state(house: House) -> tuple[Any, ...]:
    """Everything that Redis has, but for the numbers of the last events."""
    stocks = {
        sku: stock._replace(levels=sorted(stock.levels), changed_seq=0) async for sku, stock in house.hot.stocks()
    }
    records = {name: record._replace(changed_seq=0) async for name, record in house.hot.reservations()}
    transfers = {name: transfer._replace(changed_seq=0) async for name, transfer in house.hot.transfers()}
    return stocks, records, transfers


async def test_it_all_comes_back_from_the_ledger(open_house: House, redis: Redis) -> None:
    codes = await open_house.do(*opening())
    assert set(codes) == {"applied", "held", "confirmed"}, codes
    await open_house.flush()
    before = await state(open_house)
    assert before[1]["ahead"].preorders
    assert before[0]["A"].thresholds == (Threshold("", 2, warn_below=4), Threshold("taobao", 1, 9, 2, 3, 5))
    assert before[2].keys() == {"t1", "t2"}
    assert await wrong(open_house) == []
    await redis.flushall()
    await open_house.open()
    assert await state(open_house) == before
    assert await wrong(open_house) == []
    assert await open_house.do(
        make.transfer("t3", "A*1", ships=True), make.transfer("t1", "A*6 B*4", at_ms=SOON_MS, ships=True)
    ) == ["remembered", "replayed"]
    assert await open_house.do(
        make.receive_transfer("t1", "x-2", "A*2", damaged=1),
        make.receive_transfer("t1", "x-3", "A*3 B*4", close=True),
        make.ship("t2"),
    ) == ["replayed", "applied", "applied"]
    await open_house.flush()
    assert await wrong(open_house) == []


async def test_it_all_is_carried_over_a_gap(open_house: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 1), make.receive("B", 5), make.transfer("gone", "B*2", ships=True))
    await open_house.flush()
    backup = await back_up(open_house)
    await open_house.do(*opening(), make.receive_transfer("gone", "x-9", "B*2"))
    await open_house.flush()
    await let_go(open_house, redis)
    await restore(open_house, backup)
    before = await state(open_house)
    await resnapshot(open_house)
    await open_house.open()
    assert await state(open_house) == before
    assert await wrong(open_house) == []
    (ended,) = (await transfers(open_house.pool, open_house).transfers(TransferFilter("received"), 9, "")).data
    assert ended.transfer_id == "gone"


def transfers(pool: Pool, house: House) -> PostgresTransfers:
    return PostgresTransfers(pool, house.reader._arrival)


async def test_transfers_are_listed_and_what_went_missing_is_told(open_house: House) -> None:
    await open_house.do(*opening(), make.receive_transfer("t1", "x-3", "A*3 B*5", close=True), make.cancel("t2"))
    await open_house.flush()
    book = transfers(open_house.pool, open_house)
    first = await book.transfers(TransferFilter(), 2, "")
    rest = await book.transfers(TransferFilter(), 2, first.next_cursor)
    assert [each.transfer_id for each in (*first.data, *rest.data)] == ["t3", "t2", "t1"]
    found = await book.transfers(TransferFilter("received", SHA, PEK, "B"), 9, "")
    assert [each.transfer_id for each in found.data] == ["t1"]
    assert (await book.transfers(TransferFilter(origin=PEK), 9, "")).data == []
    (alarm,) = [each for each in (await open_house.reader.alerts("open", 9, "")).data if "transfer" in each.rule]
    assert (alarm.rule, alarm.cause, alarm.detail["from"]) == ("transfer_discrepancy", "t1", SHA)
    assert alarm.detail["lines"] == [
        {"sku": "A", "shipped": 6, "received": 5, "damaged": 1},
        {"sku": "B", "shipped": 4, "received": 5, "damaged": 0},
    ]
    history = (await open_house.reader.stock_events("B", PEK, 9, "")).data
    assert [(each.type, each.reference) for each in history] == [("transfer_receive", "t1"), ("transfer_ship", "t1")]


async def test_what_is_sold_ahead_is_no_deficit_until_its_lot_is_taken_back(open_house: House) -> None:
    expected = make.move("e", "expect", "A", 5, at_ms=SOON_MS)
    assert await open_house.do(expected, make.policy("A", ahead=5), make.reserve("r", "A*4")) == [
        *("applied", "applied", "held")
    ]
    await open_house.flush()
    assert await deficits(open_house) == []
    assert await wrong(open_house) == []
    await open_house.do(make.move("c", "cancel_expected", "A", 3, force=True))
    await open_house.flush()
    assert await deficits(open_house) == [2]
    assert (await open_house.findings())["deficits are told"].detail == "A in SHA: 2"
    await open_house.do(make.move("e-2", "expect", "A", 2, at_ms=SOON_MS))
    await open_house.flush()
    assert await deficits(open_house) == []
    await open_house.do(make.policy("A", ahead=UNSET))
    await open_house.flush()
    assert await deficits(open_house) == [4]


async def deficits(house: House) -> list[Any]:
    return [alert.detail["deficit"] for alert in (await house.reader.alerts("open", 9, "")).data]


async def test_verify_sees_a_transfer_that_was_lost(open_house: House) -> None:
    await open_house.do(*opening())
    await open_house.flush()
    keys = await open_house.hot._keys()
    await open_house.hot._ask("HDEL", keys.transfers, "t1")
    assert await wrong(open_house) == [
        "open transfers in Redis are those in the ledger: t1: open in the ledger, not in Redis"
    ]
    await open_house.pool.execute("UPDATE stock_levels SET in_transit = 7 WHERE sku = 'B' AND warehouse = 'PEK'")
    assert any("transfers bring" in line for line in await wrong(open_house))
    assert await alarms(open_house) == []
