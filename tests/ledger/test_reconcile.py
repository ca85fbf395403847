"""A difference between Redis and the ledger is found, told with its events, and closed; nothing else is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.difference_book import PostgresDifferenceBook
from inventory_service.usecases import reconcile
from inventory_service.usecases.ledger_ports import SubjectKind
from inventory_service.usecases.ports import Alert
from inventory_service.usecases.reconcile import Reconcile
from tests.kernel import make
from tests.ledger.house import House, busy_morning

SLICES_MAX = 2000  # a bound on waiting for a round


class WatchedBook(PostgresDifferenceBook):
    """Counts what goes by."""

    rounds = 0
    records = 0

    async def round_ended(self, differences: int) -> None:
        self.rounds += 1
        await super().round_ended(differences)

    def compared(self, kind: SubjectKind, records: int) -> None:
        self.records += records
        super().compared(kind, records)


class Walk:
    def __init__(self, house: House) -> None:
        self.house = house
        self.book = WatchedBook(house.pool)
        self.reconcile = Reconcile(house.hot, house.ledger, self.book, self.book)

    async def round(self) -> None:
        """One that begins now, behind the end of the one that is under way."""
        wanted = self.book.rounds + 2
        for _ in range(SLICES_MAX):
            if self.book.rounds >= wanted:
                return
            await self.reconcile.run_once()
        raise AssertionError("the round never ended")

    async def alarms(self, state: str = "open") -> Sequence[Alert]:
        page = await self.house.reader.alerts(state, 50, "")
        return [alert for alert in page.data if alert.rule == "difference"]


@pytest.fixture
async def walk(open_house: House) -> Walk:
    await open_house.do(*busy_morning(), make.reserve("held", "A"))
    await open_house.flush()
    walk = Walk(open_house)
    await walk.round()
    assert await walk.alarms("") == []
    assert walk.book.records > 0
    return walk


async def change_stock(house: House, change: Callable[[list[Any]], None]) -> None:
    await change_record(house, (await house.hot._keys()).stock, "A", change)


async def change_record(house: House, key: str, name: str, change: Callable[[list[Any]], None]) -> None:
    record = msgspec.msgpack.decode(await house.hot._ask("HGET", key, name))
    change(record)
    await house.hot._ask("HSET", key, name, msgspec.msgpack.encode(record))


async def miscount_in_redis(house: House) -> None:
    await change_stock(house, lambda record: record[4][0].__setitem__(1, record[4][0][1] + 7))


async def mend_in_redis(house: House) -> None:
    await change_stock(house, lambda record: record[4][0].__setitem__(1, record[4][0][1] - 7))


async def lose_a_hold(house: House) -> None:
    keys = await house.hot._keys()
    await house.hot._ask("HSET", "kept", "record", await house.hot._ask("HGET", keys.holds, "held"))
    await house.hot._ask("HDEL", keys.holds, "held")


async def find_the_hold(house: House) -> None:
    keys = await house.hot._keys()
    await house.hot._ask("HSET", keys.holds, "held", await house.hot._ask("HGET", "kept", "record"))


def statement(text: str) -> Callable[[House], Awaitable[None]]:
    async def run(house: House) -> None:
        assert await house.pool.execute(text) == "UPDATE 1"

    return run


DAMAGE = {
    "a counter in Redis": (miscount_in_redis, mend_in_redis, "sku A", "reserve"),
    "a hold that left Redis": (lose_a_hold, find_the_hold, "reservation held", "reserve"),
    "a counter in Postgres": (
        statement("UPDATE stock_levels SET on_hand = on_hand + 1 WHERE sku = 'B' AND warehouse = 'PEK'"),
        statement("UPDATE stock_levels SET on_hand = on_hand - 1 WHERE sku = 'B' AND warehouse = 'PEK'"),
        "sku B",
        "scan",
    ),
}


async def test_an_empty_shop_has_rounds_that_end(open_house: House) -> None:
    """A worker that is asked to stop waits for the step that is under way."""
    walk = Walk(open_house)
    async with asyncio.timeout(30):
        await walk.round()


@pytest.mark.parametrize("name", DAMAGE)
async def test_a_difference_is_told_with_its_events_and_closed_when_mended(name: str, walk: Walk) -> None:
    damage, cure, cause, event = DAMAGE[name]
    await damage(walk.house)
    await walk.round()
    (alarm,) = await walk.alarms()
    assert alarm.cause == cause
    events: Any = alarm.detail["events"]
    assert event in {each["type"] for each in events}
    assert all(each["changes"] for each in events if each["type"] != "extend")
    assert alarm.detail["redis"] != alarm.detail["ledger"]
    await walk.round()
    assert [each.count > alarm.count for each in await walk.alarms()] == [True]
    await cure(walk.house)
    await walk.round()
    assert [each.state for each in await walk.alarms("")] == ["closed"]


async def test_damage_is_told_by_the_next_event_before_a_round_comes_by(walk: Walk) -> None:
    """From then on the ledger has the after-image of the damage, and both agree."""
    await miscount_in_redis(walk.house)
    moved = make.move("m-after", "receive", "A", 5)
    await walk.house.do(moved, make.move("m-later", "receive", "A", 5), make.receive("B", 1))
    await walk.house.flush()
    for _ in range(2):
        (alarm,) = await walk.alarms()
        assert (alarm.cause, alarm.count) == ("level A SHA", 1)
        before, delta, after = (alarm.detail[name] for name in ("before", "delta", "after"))
        assert isinstance(before, dict)
        assert isinstance(delta, dict)
        assert isinstance(after, dict)
        assert (delta["on_hand"], after["on_hand"] - before["on_hand"]) == (5, 12)
        await walk.round()


async def test_a_record_that_only_redis_has(walk: Walk) -> None:
    keys = await walk.house.hot._keys()
    ghost = await walk.house.hot._ask("HGET", keys.stock, "A")
    await walk.house.hot._ask("HSET", keys.stock, "GHOST", ghost)
    await walk.round()
    (alarm,) = await walk.alarms()
    assert (alarm.cause, alarm.detail["ledger"], alarm.detail["events"]) == ("sku GHOST", None, [])


async def test_what_the_ledger_has_not_heard_of_is_no_difference(walk: Walk) -> None:
    await walk.house.do(make.reserve("later", "A"), make.confirm("held"), make.receive("NEW", 1))
    await walk.round()
    assert await walk.alarms("") == []


async def test_what_is_quarantined_is_told_elsewhere(walk: Walk) -> None:
    await walk.house.pool.execute("ALTER TABLE stock_levels ADD CONSTRAINT poison CHECK (sku <> 'C')")
    await walk.house.do(make.receive("C", 1), make.receive("A", 1))
    await walk.house.flush()
    await walk.round()
    assert await walk.alarms("") == []


async def test_a_difference_that_does_not_stand_is_none(walk: Walk) -> None:
    """Found at one look and gone at the next, as by a read between two writes."""
    await miscount_in_redis(walk.house)
    for _ in range(SLICES_MAX):
        await walk.reconcile.run_once()
        if walk.reconcile._suspects:
            break
    assert set(walk.reconcile._suspects) == {"A"}
    await mend_in_redis(walk.house)
    await walk.round()
    assert await walk.alarms("") == []


async def test_a_closed_gate_is_not_compared(walk: Walk, redis: Redis) -> None:
    await redis.flushall()
    before = walk.book.records
    for _ in range(20):
        await walk.reconcile.run_once()
    assert walk.book.records == before


async def test_a_store_that_went_away_begins_the_round_anew(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> Sequence[str]:
        raise NotReady("Postgres is away.")

    with monkeypatch.context() as context:
        context.setattr(walk.book, "names", away)
        with pytest.raises(NotReady):
            await walk.round()
    await walk.round()


async def test_a_great_many_are_told_up_to_a_bound(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "TOLD_MAX", 1)
    await walk.house.pool.execute("UPDATE stock_levels SET on_hand = on_hand + 1")
    await walk.round()
    assert len(await walk.alarms()) == 1


async def test_under_load_with_a_lagging_writer_nothing_is_told(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sales, expiries, movements and new SKUs go on; the ledger follows late, in bursts, and is compared all along."""
    monkeypatch.setattr(reconcile, "SLICE", 50)
    compared_behind, looks = 0, 0
    customers = [asyncio.create_task(sell(walk.house, customer)) for customer in range(4)]
    while not all(customer.done() for customer in customers):
        before, looks = walk.book.records, looks + 1
        await walk.reconcile.run_once()
        backlog = (await walk.house.hot.inspect()).position.seq - walk.house.persist.position.seq
        compared_behind += backlog > 0 and walk.book.records > before
        if looks % 10 == 0:
            await walk.house.persist.run_once(1)
    await asyncio.gather(*customers)
    assert compared_behind > 5, "records were never compared while the writer lagged"
    assert await walk.alarms("") == []
    await walk.house.flush()
    await walk.round()
    assert await walk.alarms("") == []


async def sell(house: House, customer: int) -> None:
    for n in range(40):
        name = f"c{customer}-{n}"
        await house.do(make.receive(f"S{(customer + n) % 40}", 2), make.receive("A", 1))
        await house.do(make.reserve(name, "A", ttl_ms=50), make.reserve(f"{name}x", "A"))
        await house.do(make.confirm(f"{name}x"), make.scan(f"{name}s", f"{name}x", "A"))
