"""kill -9 between any two steps of a flush, and behind its commit: repeated, it is as if it had run once."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from inventory_service.domain.events import Position
from tests.ledger.doomed_writer import AFTER_COMMIT, BEFORE_COMMIT
from tests.ledger.house import START, House, busy_morning, contents


@pytest.mark.parametrize("place", range(AFTER_COMMIT + 1))
async def test_killed_inside_a_flush(place: int, open_house: House, redis_url: str, database_url: str) -> None:
    await open_house.do(*busy_morning())
    assert await _run_doomed(redis_url, database_url, place) == -signal.SIGKILL
    entries = await open_house.entries()
    assert await _offset(open_house) == (entries[-1].position if place > BEFORE_COMMIT else START)
    await open_house.open()
    await open_house.flush()
    after_the_kill = await contents(open_house.pool)

    await open_house.pool.execute(f"TRUNCATE {', '.join(after_the_kill)}")
    await open_house.pool.execute("UPDATE ledger_offsets SET epoch = 0, seq = 0")
    await open_house.writer.append(entries)
    at_once = await contents(open_house.pool)
    for tables in (after_the_kill, at_once):  # a rolled back flush leaves a gap in the numbers of alarms, no more
        tables["alerts"] = sorted((row[1:] for row in tables["alerts"]), key=repr)
    assert after_the_kill == at_once


async def _run_doomed(redis_url: str, database_url: str, place: int) -> int:
    """Its exit status: minus the signal that ended it."""
    program = Path(__file__).with_name("doomed_writer.py")
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(program), redis_url, database_url, str(place), cwd=root, env={"PYTHONPATH": str(root)}
    )
    return await process.wait()


async def _offset(house: House) -> Position:
    row = await house.pool.fetchrow("SELECT epoch, seq FROM ledger_offsets")
    assert row is not None
    return Position(row["epoch"], row["seq"])
