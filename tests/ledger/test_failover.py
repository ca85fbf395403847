"""Restart, replication, promotion: real servers on loopback behind given URLs, where another one may live on."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inventory_service.domain.errors import NotReady, OutcomeUnknown
from inventory_service.engine.keys import META
from inventory_service.usecases.judge_state import Cause
from tests.acceptance.waiting import eventually
from tests.faults.redis_server import FaultyRedis, faulty_redis
from tests.kernel import make
from tests.ledger.house import House, house

Pair = tuple[FaultyRedis, FaultyRedis]
PROMOTED = "the old primary may still answer others.*rebuild --old-primary-is-dead"


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    """Two servers, empty and alone."""
    async with faulty_redis(tmp_path / "a") as one, faulty_redis(tmp_path / "b") as other:
        yield one, other


@pytest.fixture
async def first(pair: Pair, database_url: str) -> AsyncIterator[House]:
    """The service against the first of them, open, with five of A that the ledger has."""
    async with house(pair[0].url, database_url, rebuilds_empty=False) as opened:
        await opened.open()
        await opened.do(make.receive("A", 5))
        await opened.flush()
        yield opened


@pytest.fixture
async def second(pair: Pair, database_url: str) -> AsyncIterator[House]:
    """The same service, whose URL leads to the second one."""
    async with house(pair[1].url, database_url, rebuilds_empty=False) as shut:
        yield shut


async def closed(at: House) -> str:
    return (await at.hot.inspect()).closed


async def serves(at: House) -> bool:
    """Whether the kernel takes a command."""
    try:
        await at.ask(make.look("A"))
    except (NotReady, OutcomeUnknown):
        return False
    return True


async def alarms(at: House) -> list[tuple[str, str]]:
    """Rule and cause of every open alarm."""
    return [(alert.rule, alert.cause) for alert in (await at.reader.alerts("open", 9, "")).data]


async def all_is_well(at: House) -> None:
    await at.flush()
    assert [finding for finding in (await at.findings()).values() if not finding.ok] == []


async def test_a_server_that_restarts_alone_is_opened_again(pair: Pair, first: House, database_url: str) -> None:
    await first.do(make.reserve("r", "A*2"))
    await pair[0].kill()
    await pair[0].start()
    assert not await serves(first)
    async with house(pair[0].url, database_url, rebuilds_empty=False) as again:
        await again.open()
        assert await again.do(make.confirm("r")) == ["confirmed"]
        assert await alarms(again) == []
        await all_is_well(again)


async def test_a_server_alone_that_lost_its_tail_is_rebuilt(pair: Pair, first: House, database_url: str) -> None:
    kept = pair[0].log_end()
    await first.do(make.receive("A", 7))
    await first.flush()
    await pair[0].kill()
    os.truncate(kept.path, kept.offset)
    await pair[0].start()
    async with house(pair[0].url, database_url, rebuilds_empty=False) as again:
        assert (await again.hot.inspect()).position.seq == 1
        await again.open()
        assert (await again.hot.inspect()).position.seq == 2
        assert await again.do(make.move("m", "adjust", "A", -12)) == ["applied"]
        await all_is_well(again)


async def test_the_first_replica_shuts_the_gate_until_the_worker_looks(pair: Pair, first: House) -> None:
    worker = first.write_behind()
    await worker.run_once()
    before = await first.hot.inspect()
    await pair[1].follow(pair[0])
    assert not await serves(first)
    worker._checked_s = 0.0
    await worker.run_once()
    after = await first.hot.inspect()
    assert (after.epoch, after.opened_ms > before.opened_ms) == (before.epoch + 1, True)
    assert await meta(pair[0], "built") < after.epoch, "opened, not rebuilt"
    assert after.replicated
    await all_is_well(first)


async def meta(server: FaultyRedis, name: str) -> int:
    async with server.client() as client:
        return int(await client.hget(META, name) or 0)


async def replicated(pair: Pair, primary: House) -> None:
    """The second server has what the first has, and the gate knows of it."""
    await pair[1].follow(pair[0])
    await primary.open()
    await in_step(pair)


async def in_step(pair: Pair) -> None:
    async def has_all() -> bool:
        primary, replica = await pair[0].info("replication"), await pair[1].info("replication")
        return primary["master_repl_offset"] == replica["slave_repl_offset"]

    await eventually(has_all, "the replica has all")


@pytest.mark.parametrize("restarts", [False, True], ids=["living", "restarted"])
async def test_a_promoted_replica_waits_for_a_person(pair: Pair, first: House, second: House, restarts: bool) -> None:
    await replicated(pair, first)
    assert await first.do(make.reserve("paid", "A*2"), make.confirm("paid")) == ["held", "confirmed"]
    await in_step(pair)
    await pair[0].kill()
    await pair[1].promote()
    if restarts:
        await pair[1].kill()
        await pair[1].start()
    assert (await second.hot.inspect()).position.seq == 3, "it is ahead of the ledger, and has everything"

    for _ in range(2):
        with pytest.raises(NotReady, match=PROMOTED):
            await second.open()
        assert not await serves(second)
    assert await alarms(second) == [("gate_closed", Cause.PROMOTED)]
    assert (await second.ledger.standing()).epoch == 2, "who is refused claims nothing"

    rebuilt = await second.gate.rebuild()
    assert rebuilt.carried == 2, "what only Redis had and was acknowledged is in the ledger first"
    await second.open()
    assert await second.do(make.confirm("paid")) == ["replayed"]
    assert await alarms(second) == []
    await all_is_well(second)


async def test_a_promotion_that_was_seen_is_not_forgotten(pair: Pair, first: House, second: House) -> None:
    """A server forgets whom it followed: when it restarts, and an hour after its last replica left."""
    await replicated(pair, first)
    await pair[1].promote()
    with pytest.raises(NotReady, match=PROMOTED):
        await second.open()
    identity = (await second.hot.inspect()).identity
    async with pair[1].client() as client:
        await client.hset(META, mapping={"gate": identity, "replicated": "0"})
    with pytest.raises(NotReady, match=PROMOTED):
        await second.open()
    assert await closed(second) == Cause.PROMOTED


async def test_demoted_and_promoted_again_behind_a_living_connection(pair: Pair, first: House) -> None:
    """Run id, connections and cached scripts stay; an acknowledged event is gone, and no number is missing."""
    await replicated(pair, first)
    await pair[1].promote()
    assert await first.do(make.receive("A", 7)) == ["applied"]
    run_id = (await first.hot.inspect()).identity[:40]
    await pair[0].follow(pair[1])
    await pair[0].promote()
    assert ((await first.hot.inspect()).identity[:40], (await first.hot.inspect()).position.seq) == (run_id, 1)

    assert not await serves(first)
    with pytest.raises(NotReady, match=PROMOTED):
        await first.open()
    assert await alarms(first) == [("gate_closed", Cause.PROMOTED)]


async def test_a_replica_is_no_server_to_write_to(pair: Pair, first: House, second: House) -> None:
    await replicated(pair, first)
    with pytest.raises(NotReady, match="give the URL of the primary"):
        await second.open()
    assert await first.do(make.receive("A", 1)) == ["applied"]


@pytest.mark.parametrize("written", [False, True], ids=["unwritten", "written"])
async def test_an_old_primary_that_comes_back_is_shut(pair: Pair, first: House, second: House, written: bool) -> None:
    """A person said that it was dead. It was not: it went on serving those who still reached it."""
    await replicated(pair, first)
    await pair[1].promote()
    await second.gate.rebuild()
    await second.open()
    if written:
        assert await second.do(make.receive("A", 20)) == ["applied"]
        await second.flush()
    assert await first.do(make.receive("A", 7)) == ["applied"], "its gate is open, and nobody can tell it"

    with pytest.raises(NotReady, match="an old copy"):
        await first.open()
    assert not await serves(first)
    assert await closed(first) == Cause.SUPERSEDED
    assert [entry.events for entry in await second.entries()] != [entry.events for entry in await first.entries()]
    await second.do(make.receive("B", 1))
    await all_is_well(second)


async def test_a_branch_is_refused_and_never_merged(pair: Pair, first: House, second: House, database_url: str) -> None:
    """Both were written to behind one position; our own servers are no exception."""
    await replicated(pair, first)
    await pair[1].promote()
    await second.gate.rebuild()
    assert await second.do(make.receive("A", 20)) == ["applied"]
    assert await first.do(make.receive("A", 7), make.receive("A", 7)) == ["applied", "applied"]
    second.persist.resume((await second.ledger.standing()).position)
    await second.flush()
    before = await second.pool.fetch("SELECT * FROM stock_changes ORDER BY seq")

    async with house(pair[0].url, database_url, rebuilds_empty=True) as own:
        with pytest.raises(NotReady, match="their histories differ, and are never merged"):
            await own.open()
        assert await closed(own) == Cause.BRANCHED
        rebuilt = await own.gate.rebuild()
        assert rebuilt.carried == 0
        await own.open()
        await all_is_well(own)
    assert await second.pool.fetch("SELECT * FROM stock_changes ORDER BY seq") == before
