"""The gate opens only for a server whose state was compared with the ledger; an empty one is rebuilt."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from inventory_service.domain.errors import Branched, Fenced, NotReady, ServiceError
from inventory_service.domain.stock import Stock
from inventory_service.usecases.ports import LedgerSnapshot
from inventory_service.usecases.standing import Closed
from tests.kernel import make
from tests.ledger.house import PEK, SHA, House, busy_morning, house

OTHERS = "00000000-0000-0000-0000-000000000002"


async def test_until_it_is_opened_nothing_happens(shut_house: House) -> None:
    with pytest.raises(NotReady):
        await shut_house.do(make.receive("A", 1))
    assert not await shut_house.gate.is_open()
    await shut_house.open()
    assert await shut_house.gate.is_open()
    assert await shut_house.do(make.receive("A", 1)) == ["applied"]


async def test_opened_again_it_goes_on_in_a_new_epoch(open_house: House) -> None:
    await open_house.do(*busy_morning()[:8])
    before = await open_house.hot.inspect()
    await open_house.open()
    await open_house.do(*busy_morning()[8:])
    await open_house.flush()
    after = await open_house.hot.inspect()
    assert (after.epoch, after.deployment) == (before.epoch + 1, before.deployment)
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def hot_image(house: House) -> dict[str, Any]:
    """What Redis holds, in a form that compares."""
    stocks = {sku: stock._replace(levels=sorted(stock.levels)) async for sku, stock in house.hot.stocks()}
    opened = {name: record async for name, record in house.hot.reservations() if record.ended_ms == 0}
    return {
        "stocks": stocks,
        "reservations": opened,
        "deadlines": {name: ms async for name, ms in house.hot.deadlines()},
    }


async def test_an_empty_redis_is_rebuilt(open_house: House, redis: Redis) -> None:
    await open_house.do(*busy_morning())
    await open_house.do(make.reserve("held", "A", make.route(SHA, PEK)))
    position = await open_house.flush()
    before = await hot_image(open_house)
    epoch = (await open_house.hot.inspect()).epoch
    await redis.flushall()

    await open_house.open()
    after = await open_house.hot.inspect()
    assert await hot_image(open_house) == before
    assert (after.position, after.flushed, after.epoch) == (position, position.seq, epoch + 1)
    await open_house.do(make.receive("A", 1))
    assert (await open_house.flush()).seq == position.seq + 1
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def test_what_was_done_is_remembered_through_a_rebuild(open_house: House, redis: Redis) -> None:
    moved, sold, gone = make.move("m-9", "receive", "A", 5), make.reserve("r1", "A*2"), make.reserve("r2", "A")
    part = make.release("r1", "A", "rel-1")
    await open_house.do(moved, sold, gone, part, make.confirm("r1"), make.release("r2"))
    scan = make.scan("s-1", "r1", "A", 1)
    late = make.scan("s-2", "r1", "A", 3)
    parked = make.park("s-3", "unknown_sku")
    assert await open_house.do(scan, late, parked) == ["applied", "applied", "parked"]
    await open_house.flush()
    (exception,) = [e for e in (await open_house.reader.exceptions("open", 9, "")).data if e.kind == "applied"]
    undo = make.reverse(exception.exception_id, "r1", "A", 3)
    assert await open_house.do(undo) == ["applied"]
    await open_house.flush()
    record = await open_house.reader.reservation("r1")
    assert record is not None

    await redis.flushall()
    await open_house.open()
    repeated = (moved, scan, late, parked, undo, make.again(gone), make.again(sold))
    expected = ["duplicate", "duplicate", "duplicate", "duplicate", "duplicate", "remembered", "remembered"]
    assert await open_house.do(*repeated) == expected
    later = part._replace(op_id=make.new_op_id(), carried=[record.record])
    assert await open_house.do(later) == ["replayed"]
    other = make.move("m-9", "receive", "A", 6)
    assert await open_house.do(other) == ["movement_id_reused"]
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def test_a_redis_that_lost_its_tail_is_rebuilt(open_house: House, redis: Redis) -> None:
    await open_house.do(*busy_morning()[:6])
    await open_house.flush()
    keys = await open_house.hot._keys()
    kept = {key: await redis.dump(key) for key in await redis.keys("*")}
    await open_house.do(*busy_morning()[6:])
    await open_house.flush()
    before = await hot_image(open_house)

    await redis.flushall()
    for key, value in kept.items():
        await redis.restore(key, 0, value or b"")
    assert keys == await open_house.hot._keys()
    await open_house.open()
    assert await hot_image(open_house) == before


async def test_a_redis_ahead_of_the_ledger_is_believed(open_house: House, redis: Redis) -> None:
    await open_house.do(*busy_morning()[:6])
    await open_house.flush()
    await open_house.do(*busy_morning()[6:])
    await redis.hset("{inv:0}:meta", "gate", "another:server")
    before = await hot_image(open_house)
    await open_house.open()
    assert await hot_image(open_house) == before
    await open_house.flush()
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def test_behind_a_given_url_an_empty_redis_waits_for_a_person(
    open_house: House, redis: Redis, redis_url: str, database_url: str
) -> None:
    await open_house.do(make.receive("A", 5))
    await open_house.flush()
    await redis.flushall()
    async with house(redis_url, database_url, rebuilds_empty=False) as strict:
        with pytest.raises(NotReady, match="rebuild --old-primary-is-dead"):
            await strict.open()
        assert (await strict.hot.inspect()).deployment == ""
        await strict.gate.rebuild()
        await strict.open()
        assert await strict.do(make.move("m", "adjust", "A", -5)) == ["applied"]


async def test_the_redis_of_another_deployment_is_left_alone(open_house: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 5))
    await redis.hset("{inv:0}:meta", "deployment", OTHERS)
    before = await hot_image(open_house)
    with pytest.raises(NotReady, match="belongs to deployment"):
        await open_house.open()
    assert await hot_image(open_house) == before


async def test_the_worker_opens_the_gate_for_a_restarted_server(open_house: House, redis: Redis) -> None:
    worker = open_house.write_behind()
    await worker.run_once()
    await open_house.do(make.receive("A", 5))
    await redis.hset("{inv:0}:meta", "gate", "another:server")
    with pytest.raises(NotReady):
        await open_house.do(make.receive("A", 5))
    worker._checked_s = 0.0
    await worker.run_once()
    assert await open_house.do(make.receive("A", 5)) == ["applied"]


async def test_the_worker_stops_when_another_one_took_over(open_house: House) -> None:
    first = open_house.write_behind()
    await first.run_once()
    await open_house.writer.__class__(open_house.pool).claim()
    await open_house.do(make.receive("A", 5))
    with pytest.raises(Fenced):
        await first.run_once()


async def test_a_stock_record_is_rebuilt_with_its_policies(open_house: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 5), make.policy("A", safety_stock=1), make.policy("A", 2, 3, PEK))
    await open_house.do(make.move("m", "count", "A", 4))
    await open_house.flush()
    before: Stock = (await open_house.ask(make.look("A"))).stock
    await redis.flushall()
    await open_house.open()
    after: Stock = (await open_house.ask(make.look("A"))).stock
    assert after._replace(levels=sorted(after.levels)) == before._replace(levels=sorted(before.levels))


async def test_a_change_that_was_broken_off_is_made_from_the_log(open_house: House, redis: Redis) -> None:
    """The kernel shuts the gate when a write fails behind the first: the log has the event, the state only a part."""
    await open_house.do(make.receive("A", 5), make.reserve("r", "A*2"))
    await open_house.flush()
    keys = await open_house.hot._keys()
    await redis.set(keys.finished, "no sorted set")
    with pytest.raises(ServiceError):
        await open_house.do(make.release("r"))
    assert (await open_house.hot.inspect()).closed == Closed.DIRTY
    await redis.delete(keys.finished)
    with pytest.raises(NotReady):
        await open_house.do(make.look("A"))

    await open_house.open()
    assert await open_house.do(make.move("m", "adjust", "A", -5)) == ["applied"], "all of it was given back"
    await open_house.flush()
    assert [finding for finding in (await open_house.findings()).values() if not finding.ok] == []


async def test_a_rebuild_that_was_broken_off_is_begun_anew(open_house: House, redis: Redis) -> None:
    await open_house.do(*busy_morning()[:8])
    await open_house.hot.close_gate(Closed.REBUILD, (await open_house.hot.inspect()).epoch)
    before = await hot_image(open_house)
    await open_house.open()
    assert (await open_house.hot.inspect()).closed == Closed.NO
    assert await hot_image(open_house) == before


async def test_a_refusal_that_comes_too_late_shuts_nothing(open_house: House) -> None:
    """A worker looked, slept, and shut a gate that a person had opened meanwhile: the word had to be given again."""
    seen = await open_house.hot.inspect()
    await open_house.open()
    with pytest.raises(NotReady):
        await open_house.hot.close_gate(Closed.PROMOTED, seen.epoch)
    assert (await open_house.hot.inspect()).gate_is_open


async def rebuild_with(house: House, epoch: int, seen: Callable[[LedgerSnapshot], Any] = lambda s: s) -> None:
    deployment = await house.ledger.deployment()
    async with house.ledger.snapshot() as snapshot:
        await house.hot.rebuild(seen(snapshot), deployment, epoch)


async def asleep(house: House, epoch: int, wake: asyncio.Event) -> asyncio.Task[None]:
    """A rebuild of what the ledger has now that sleeps in the middle, its beginning behind it."""
    begun = asyncio.Event()

    class Slow:
        def __init__(self, snapshot: LedgerSnapshot) -> None:
            self.snapshot = snapshot

        def __getattr__(self, name: str) -> Any:
            return getattr(self.snapshot, name)

        async def stocks(self) -> AsyncIterator[tuple[str, Stock]]:
            begun.set()
            await wake.wait()
            async for each in self.snapshot.stocks():
                yield each

    task = asyncio.create_task(rebuild_with(house, epoch, Slow))
    await asyncio.wait_for(begun.wait(), 10)
    return task


@pytest.mark.parametrize("beside", ["the gate was opened", "another rebuild"])
async def test_a_rebuild_that_slept_takes_nothing_back(open_house: House, beside: str) -> None:
    await open_house.flush()
    epoch, wake = (await open_house.writer.claim()).epoch + 1, asyncio.Event()
    await open_house.writer.advance_epoch(epoch)
    sleeper = await asleep(open_house, epoch, wake)
    await (open_house.open() if beside == "the gate was opened" else open_house.gate.rebuild())
    await open_house.do(make.receive("late", 5, SHA))
    image = await hot_image(open_house)
    wake.set()
    with pytest.raises(NotReady, match="void"):
        await sleeper
    assert await hot_image(open_house) == image
    assert await open_house.gate.is_open()
    with pytest.raises(NotReady, match="void"):
        await rebuild_with(open_house, epoch)
    assert await open_house.gate.is_open(), "it does not even shut the gate"


async def test_the_gate_opens_for_the_server_that_was_compared_and_upwards_only(open_house: House) -> None:
    here = await open_house.hot.inspect()
    with pytest.raises(NotReady, match="identity_changed"):
        await open_house.hot.open_gate("another:server", here.epoch + 1, built=here.built, after_outage=False)
    with pytest.raises(NotReady, match="epoch_not_newer"):
        await open_house.hot.open_gate(here.identity, here.epoch, built=here.built, after_outage=False)
    with pytest.raises(NotReady, match="state_changed"):
        await open_house.hot.open_gate(here.identity, here.epoch + 1, built=here.built - 1, after_outage=False)
    assert (await open_house.hot.inspect()).epoch == here.epoch
    assert await open_house.gate.is_open()


async def test_what_redis_lost_by_a_branch_is_not_filled_up(open_house: House, redis: Redis) -> None:
    """Behind the ledger, but at a place where the ledger never was."""
    await open_house.do(make.receive("A", 5), make.receive("A", 5))
    await open_house.flush()
    await redis.hset("{inv:0}:meta", mapping={"seq": "1", "position": "9-1"})
    with pytest.raises(NotReady, match="their histories differ"):
        await open_house.open()
    with pytest.raises(NotReady):
        await open_house.do(make.look("A"))


async def test_a_branch_ahead_of_the_ledger_is_seen_by_what_it_follows(open_house: House, redis: Redis) -> None:
    await open_house.do(make.receive("A", 5), make.receive("A", 5))
    await open_house.flush()
    events = (await open_house.hot._keys()).events
    await redis.xadd(events, {"before": "1-1", "at": "1", "events": b"\x90"}, id="9-3")
    await redis.hset("{inv:0}:meta", mapping={"seq": "3", "position": "9-3"})
    with pytest.raises(NotReady, match="their histories differ"):
        await open_house.open()


async def test_an_idle_writer_lets_nothing_go_that_a_restored_ledger_lacks(open_house: House) -> None:
    """The transaction of a flush would notice; an idle writer has none."""
    await open_house.do(make.receive("A", 5))
    await open_house.flush()
    await open_house.pool.execute("UPDATE ledger_offsets SET seq = 0, epoch = 0")
    with pytest.raises(Branched, match="restored"):
        await open_house.persist.run_once(1)
