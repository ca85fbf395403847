"""Exactly once: whatever is repeated, and whoever repeats it, the ledger is as if it had been written once."""

import asyncio
from collections.abc import Sequence

import pytest

from inventory_service.domain.errors import Branched, Fenced, NotReady
from inventory_service.domain.events import Entry, Position
from inventory_service.ledger.pool import Connection
from inventory_service.ledger.writer import Append, PostgresLedgerWriter, Step
from inventory_service.usecases import persist_events
from inventory_service.usecases.persist_events import PersistEvents
from tests.kernel import make
from tests.ledger.house import SHA, House, busy_morning, contents


async def test_what_the_kernel_did_is_what_the_ledger_says(open_house: House) -> None:
    await open_house.do(*busy_morning())
    await open_house.flush()
    findings = await open_house.findings()
    assert [finding for finding in findings.values() if not finding.ok] == []
    async with open_house.ledger.audit() as audit:
        ledger = {sku: stock async for sku, stock in audit.stocks()}
        records = {name: record async for name, record in audit.open_records()}
    hot = {sku: stock async for sku, stock in open_house.hot.stocks()}
    assert {sku: set(stock.levels) for sku, stock in ledger.items()} == {sku: set(s.levels) for sku, s in hot.items()}
    assert records == await open_house.hot.records_of(list(records))
    assert set(records) == {"two"}


async def test_the_same_entries_twice(open_house: House) -> None:
    await open_house.do(*busy_morning())
    entries = await open_house.entries()
    position = await open_house.writer.append(entries)
    once = await contents(open_house.pool)
    assert await open_house.writer.append(entries) == position
    assert await open_house.writer.append(entries[-3:]) == position
    assert await contents(open_house.pool) == once


async def test_one_by_one_is_as_all_at_once(open_house: House) -> None:
    await open_house.do(*busy_morning())
    entries = await open_house.entries()
    for index, entry in enumerate(entries):
        await open_house.writer.append([*entries[max(0, index - 2) : index], entry])
    one_by_one = await contents(open_house.pool)
    tables = tuple(one_by_one)
    await open_house.pool.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")
    await open_house.pool.execute("UPDATE ledger_offsets SET epoch = 0, seq = 0, as_of_ms = 0")
    await open_house.writer.append(entries)
    at_once = await contents(open_house.pool)
    for passing in ("alerts",):  # an alarm that came and went between two flushes was never seen in one
        del one_by_one[passing], at_once[passing]
    assert at_once == one_by_one


async def test_the_owner_before_is_fenced_and_writes_nothing(open_house: House) -> None:
    await open_house.do(*busy_morning())
    entries = await open_house.entries()
    second = PostgresLedgerWriter(open_house.pool)
    owned = await second.claim()
    await second.append(entries[:4])
    before = await contents(open_house.pool)
    with pytest.raises(Fenced):
        await open_house.writer.append(entries)
    with pytest.raises(Fenced):
        await open_house.writer.advance_epoch(owned.epoch + 1)
    assert await contents(open_house.pool) == before
    assert await second.append(entries) == entries[-1].position


async def test_a_writer_that_never_claimed_is_fenced(open_house: House) -> None:
    await open_house.do(make.receive("A", 5))
    with pytest.raises(Fenced):
        await PostgresLedgerWriter(open_house.pool).append(await open_house.entries())


async def test_two_writers_at_once_with_one_owner_write_once(open_house: House) -> None:
    """A flush whose reply was lost may still be running while it is repeated."""
    await open_house.do(*busy_morning())
    entries = await open_house.entries()
    done = await asyncio.gather(*(open_house.writer.append(entries) for _ in range(3)))
    assert set(done) == {entries[-1].position}
    assert (await open_house.findings())["log has no gap"].ok


async def test_a_gap_stops_the_writer(open_house: House) -> None:
    await open_house.do(*busy_morning())
    entries = list(await open_house.entries())
    del entries[3]
    with pytest.raises(Branched):
        await open_house.writer.append(entries)
    assert await contents(open_house.pool, ("ledger_entries",)) == {"ledger_entries": []}


async def test_another_branch_of_history_stops_the_writer(open_house: House) -> None:
    await open_house.do(*busy_morning())
    entries = await open_house.entries()
    await open_house.writer.append(entries[:5])
    elsewhere = entries[5]._replace(before=Position(entries[4].position.epoch + 1, entries[4].position.seq))
    with pytest.raises(Branched):
        await open_house.writer.append([elsewhere])
    back = entries[2]._replace(position=Position(entries[2].position.epoch + 1, entries[2].position.seq))
    with pytest.raises(Branched):
        await open_house.writer.append([back])


async def test_nul_in_free_text_is_written(open_house: House) -> None:
    odd = make.receive("A", 5)._replace(reason="fell\0down", reference="\0")
    assert await open_house.do(odd, make.park("s", "unknown_sku", '"\0"')) == ["applied", "parked"]
    await open_house.flush()
    page = await open_house.reader.stock_events("A", "", 10, "")
    assert page.data[0].reason == "fell�down"
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def test_the_ledger_is_told_to_redis_and_finished_events_go_on(open_house: House) -> None:
    await open_house.do(make.receive("A", 5), make.reserve("r", "A", make.route(SHA)))
    position = await open_house.flush()
    assert (await open_house.hot.inspect()).flushed == position.seq
    assert await open_house.persist.run_once() == 0


class ForgetfulWriter(PostgresLedgerWriter):
    """Every other commit succeeds without its reply arriving."""

    lost = 0

    async def append(self, entries: Sequence[Entry]) -> Position:
        position = await super().append(entries)
        self.lost += 1
        if self.lost % 2:
            raise NotReady("The connection broke after COMMIT.")
        return position


async def test_commits_whose_replies_are_lost_are_not_repeated(open_house: House) -> None:
    writer = ForgetfulWriter(open_house.pool)
    persist = PersistEvents(open_house.log, writer)
    persist.resume((await writer.claim()).position)
    events = 0
    for command in busy_morning():
        await open_house.do(command)
        if persist.position == (await open_house.hot.inspect()).position:
            continue  # refused, or done before: no event, no commit
        with pytest.raises(NotReady):
            await persist.run_once()
        events += await persist.run_once()
    wanted = (await open_house.hot.inspect()).position
    assert (persist.position, events) == (wanted, wanted.seq)
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def test_postgres_ending_in_mid_flush_is_waited_for(open_house: House) -> None:
    class Interrupted(PostgresLedgerWriter):
        def steps(self) -> tuple[Step, ...]:
            async def end(connection: Connection, append: Append) -> None:
                del append
                await open_house.pool.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
                await connection.execute("SELECT 1")

            return (*super().steps(), end)

    await open_house.do(*busy_morning())
    entries = await open_house.entries()
    interrupted = Interrupted(open_house.pool)
    await interrupted.claim()
    with pytest.raises(NotReady):
        await interrupted.append(entries)
    assert await contents(open_house.pool, ("ledger_events",)) == {"ledger_events": []}
    await open_house.open()
    await open_house.flush()
    assert all(finding.ok for finding in (await open_house.findings()).values())


async def test_a_backlog_is_written_in_bounded_transactions(open_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persist_events, "FLUSH_BYTES_MAX", 500)
    sizes: list[int] = []

    class Measured(PostgresLedgerWriter):
        async def append(self, entries: Sequence[Entry]) -> Position:
            sizes.append(sum(len(entry.events) for entry in entries))
            return await super().append(entries)

    await open_house.do(*busy_morning())
    writer = Measured(open_house.pool)
    persist = PersistEvents(open_house.log, writer)
    persist.resume((await writer.claim()).position)
    assert await persist.run_once() == (await open_house.hot.inspect()).position.seq
    largest = max(len(entry.events) for entry in await open_house.entries())
    assert len(sizes) > 5
    assert max(sizes) <= max(500, largest)
