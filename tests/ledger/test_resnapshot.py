"""Postgres restored from an older backup: noticed before anything is let go of, caught up with, or carried over."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.alarm_book import PostgresAlarmBook
from inventory_service.ledger.requalify import PostgresQuarantine
from inventory_service.usecases.resnapshot import Resnapshot, ResnapshotLedger
from inventory_service.usecases.standing import Closed
from tests.kernel import make
from tests.ledger.house import PEK, PROJECTIONS, SHA, House, busy_morning

BACKED_UP = (*PROJECTIONS, "ledger_offsets")
Backup = Mapping[str, Sequence[Any]]


async def back_up(house: House) -> Backup:
    return {table: [tuple(row) for row in await house.pool.fetch(f"SELECT * FROM {table}")] for table in BACKED_UP}


async def restore(house: House, backup: Backup) -> None:
    async with house.pool.acquire() as connection, connection.transaction():
        for table, rows in backup.items():
            await connection.execute(f"DELETE FROM {table}")
            await connection.copy_records_to_table(table, records=rows)


async def let_go(house: House, redis: Redis) -> None:
    """Half an hour passes for the log: what the ledger has leaves it."""
    end = (await house.hot.inspect()).position
    await redis.xtrim((await house.hot._keys()).events, minid=f"{end.epoch}-{end.seq}", approximate=False)


async def resnapshot(house: House) -> Resnapshot:
    return await ResnapshotLedger(house.hot, house.writer, house.ledger, PostgresAlarmBook(house.pool)).run()


async def alarms(house: House) -> list[str]:
    return sorted(alert.rule for alert in (await house.reader.alerts("open", 9, "")).data if "ledger" in alert.rule)


async def wrong(house: House) -> list[str]:
    return [f"{finding.name}: {finding.detail}" for finding in (await house.findings()).values() if not finding.ok]


async def test_a_ledger_that_the_log_still_reaches_catches_up(open_house: House) -> None:
    await open_house.do(*busy_morning()[:8])
    await open_house.flush()
    backup = await back_up(open_house)
    await open_house.do(*busy_morning()[8:])
    end = await open_house.flush()
    await restore(open_house, backup)

    await open_house.open()
    assert await open_house.flush() == end
    assert await alarms(open_house) == ["ledger_restored"]
    assert await wrong(open_house) == []


async def test_a_ledger_that_the_log_no_longer_reaches_is_refused_and_sales_go_on(
    open_house: House, redis: Redis
) -> None:
    await open_house.do(make.receive("A", 9))
    await open_house.flush()
    backup = await back_up(open_house)
    await open_house.do(make.reserve("r", "A"), make.confirm("r"))
    await open_house.flush()
    await let_go(open_house, redis)
    await restore(open_house, backup)
    before = await back_up(open_house)

    with pytest.raises(NotReady, match=r"restored from an older backup.*resnapshot --no-newer-backup"):
        await open_house.open()
    assert {**await back_up(open_house), "alerts": []} == {**before, "alerts": []}, "nothing is overwritten"
    assert await open_house.do(make.reserve("s", "A")) == ["held"]


async def test_redis_becomes_the_ledger_and_the_gap_is_told(open_house: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 100), make.reserve("open-then", "A*3"), make.reserve("paid-then", "A*2"))
    await open_house.flush()
    backup = await back_up(open_house)
    held = make.reserve("held", "NEW*2", make.route(SHA, PEK))
    moved, sold = make.move("m-1", "receive", "NEW", 7, PEK), make.reserve("sold", "A*4")
    await open_house.do(moved, sold, make.confirm("sold"), make.policy("A", safety_stock=5, warn_below=3))
    await open_house.do(make.policy("A", 2, 1, SHA), make.move("m-2", "count", "A", 90), held)
    part, scanned = make.release("sold", "A", "rel-1"), make.scan("s-1", "sold", "A", 1)
    assert await open_house.do(part, scanned, make.confirm("paid-then")) == ["released", "applied", "confirmed"]
    await open_house.do(make.release("open-then"))
    await open_house.flush()
    await _leave(open_house, redis, "open-then")
    await let_go(open_house, redis)
    await restore(open_house, backup)
    before = await hot_state(open_house)

    done = await resnapshot(open_house)
    await open_house.open()
    assert await hot_state(open_house) == before
    assert await wrong(open_house) == []
    told = (await open_house.findings())["gaps of a restored ledger are told"].detail
    assert told == f"1-3 to 1-{done.gap.after.seq}: {done.gap.after.seq - 3} events"
    assert await alarms(open_house) == ["ledger_gap"]
    ended = await open_house.reader.reservation("open-then")
    assert ended is not None
    assert ended.record.status == "released"

    assert await open_house.do(moved, scanned, make.again(sold)) == ["duplicate", "duplicate", "replayed"]
    assert await open_house.do(part._replace(op_id=make.new_op_id()), make.again(held)) == ["replayed", "replayed"]
    assert await open_house.do(make.confirm("held"), make.reserve("next", "A")) == ["confirmed", "held"]
    await open_house.flush()
    await redis.flushall()
    await open_house.open()
    assert await wrong(open_house) == []


async def hot_state(house: House) -> tuple[Any, ...]:
    """Stock and reservations but for the numbers of their last events."""
    stocks = {
        sku: stock._replace(levels=sorted(stock.levels), changed_seq=0) async for sku, stock in house.hot.stocks()
    }
    records = {name: record._replace(changed_seq=0) async for name, record in house.hot.reservations()}
    opened = {name: record for name, record in records.items() if record.ended_ms == 0}
    return stocks, opened, {name: at_ms async for name, at_ms in house.hot.deadlines()}


async def _leave(house: House, redis: Redis, reservation_id: str) -> None:
    """It ended some minutes ago: the writer lets it go."""
    keys = await house.hot._keys()
    await redis.zadd(keys.finished, {reservation_id: 1})
    await house.log.flushed(house.persist.position)
    assert await house.hot.records_of([reservation_id]) == {}


async def test_what_is_quarantined_comes_back_first(open_house: House, redis: Redis) -> None:
    """The correction of a level is told from what the ledger has, so it has to have what its log says."""
    await open_house.pool.execute("ALTER TABLE stock_levels ADD CONSTRAINT poison CHECK (sku <> 'A' OR on_hand < 100)")
    await open_house.do(make.receive("A", 90), make.receive("A", 20))
    await open_house.flush()
    backup = await back_up(open_house)
    aside = await open_house.pool.fetch("SELECT name FROM quarantined_subjects")
    assert [row["name"] for row in aside] == ["A"]
    await open_house.do(make.receive("A", 4), make.receive("A", 1))
    await open_house.flush()
    await let_go(open_house, redis)
    await restore(open_house, backup)
    with pytest.raises(NotReady, match=r"sku A: run `ledger requalify` first"):
        await resnapshot(open_house)
    assert (await open_house.hot.inspect()).gate_is_open
    await open_house.pool.execute("ALTER TABLE stock_levels DROP CONSTRAINT poison")
    assert await PostgresQuarantine(open_house.pool).requalify() == []
    await resnapshot(open_house)
    assert await wrong(open_house) == []
    assert (await open_house.hot.stocks_of(["A"]))["A"].levels[0].on_hand == 115


async def test_there_has_to_be_a_gap(open_house: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 9))
    with pytest.raises(NotReady, match="no event is missing"):
        await resnapshot(open_house)
    assert await open_house.do(make.receive("A", 9)) == ["applied"]


async def test_broken_off_behind_its_transaction_the_worker_does_the_rest(open_house: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 9))
    await open_house.flush()
    backup = await back_up(open_house)
    await open_house.do(make.receive("A", 9), make.reserve("r", "A*2"))
    await open_house.flush()
    await let_go(open_house, redis)
    await restore(open_house, backup)
    cut = ResnapshotLedger(open_house.hot, open_house.writer, open_house.ledger, Cut(open_house.pool))
    with pytest.raises(NotReady, match="cut off"):
        await cut.run()
    assert (await open_house.hot.inspect()).closed == Closed.RESNAPSHOT

    await open_house.open()
    assert await open_house.do(make.confirm("r"), make.move("m", "adjust", "A", -16)) == ["confirmed", "applied"]
    await open_house.flush()
    assert await wrong(open_house) == []


class Cut(PostgresAlarmBook):
    """Its caller dies here, right behind the transaction."""

    async def raise_alarm(self, *_: object) -> None:
        raise NotReady("cut off")
