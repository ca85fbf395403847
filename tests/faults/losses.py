"""What a fault that may lose acknowledged events has really lost, and callers who are told so.

The events are read where they were acknowledged, before they are lost. Which of them survived is known when the ledger
has everything again. They must be a prefix: all up to one place, at least as far as either store had got, and nothing
behind it. Callers then forget what is gone, and the one checker demands the rest to the unit.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import asyncpg
import msgspec

from inventory_service.domain.events import Position
from inventory_service.engine.keys import META, Keys
from tests.acceptance.waiting import eventually
from tests.faults.append_only_file import Transaction
from tests.faults.books import DRAIN_SECONDS, caught_up
from tests.faults.lives import Life
from tests.faults.load import Load
from tests.faults.redis_server import FaultyRedis
from tests.faults.rig import Rig

_SLICE = 1000
_KEPT = """
    SELECT epoch, seq FROM ledger_events
    JOIN unnest($1::bigint[], $2::bigint[], $3::text[]) AS wanted (epoch, seq, subject) USING (epoch, seq, subject)
"""


@dataclass(frozen=True, slots=True)
class Logged:
    """One event as Redis logged it."""

    position: Position
    type: str
    op_id: str
    subject: str


async def events_behind(server: FaultyRedis, position: Position) -> list[Logged]:
    """What this server has logged behind `position`, in order."""
    found: list[Logged] = []
    async with server.client() as client:
        events = Keys(int(await client.hget(META, "built") or 0)).events
        after = f"({position.epoch}-{position.seq}"
        while rows := await client.xrange(events, after, "+", _SLICE):
            for name, fields in rows:
                found += _events(name.decode(), fields[b"events"])
            after = f"({rows[-1][0].decode()}"
    return found


def events_of(transactions: Iterable[Transaction]) -> list[Logged]:
    """What these transactions of an append-only file have logged."""
    found: list[Logged] = []
    for command in (command for each in transactions for command in each.commands):
        if command.words[0].upper() == b"XADD":
            fields = dict(zip(command.words[3::2], command.words[4::2], strict=True))
            found += _events(command.words[2].decode(), fields[b"events"])
    return found


def _events(name: str, packed: bytes) -> list[Logged]:
    """Of one entry: all of its events were logged in the epoch of its name."""
    epoch = int(name.partition("-")[0])
    rows = msgspec.msgpack.decode(packed)
    return [Logged(Position(epoch, row[0]), row[2], row[4], row[5]) for row in rows]


async def redis_end(server: FaultyRedis) -> Position:
    """The position of its last event."""
    async with server.client() as client:
        epoch, seq = (await client.hget(META, "position") or b"0-0").split(b"-")
        return Position(int(epoch), int(seq))


async def ledger_end(rig: Rig) -> Position:
    """How far the ledger has got."""
    connection = await asyncpg.connect(rig.database_url)
    try:
        (row,) = await connection.fetch("SELECT epoch, seq FROM ledger_offsets")
    finally:
        await connection.close()
    return Position(*row)


async def heard(rig: Rig) -> Position:
    """Wait until the ledger has what Redis has by now; how far it has got then."""
    wanted = await redis_end(rig.redis)

    async def there() -> bool:
        return await ledger_end(rig) >= wanted

    await eventually(there, f"the ledger has {wanted}", DRAIN_SECONDS)
    return await ledger_end(rig)


async def settle_losses(rig: Rig, acknowledged: Sequence[Logged], at_least: Position) -> list[Logged]:
    """Those of the events that are gone for good, of which the callers know from now on. The load stands
    still. AssertionError when more was lost than the fault explains: `at_least` had survived it.
    """
    load = rig.load
    assert load is not None
    await caught_up(rig)
    kept = await _kept(rig, acknowledged)
    lost = [event for event in acknowledged if event.position not in kept]
    assert not any(event.position <= at_least for event in lost), f"lost before {at_least}: {lost[:3]}"
    first = lost[0].position if lost else None
    assert first is None or all(event.position < first for event in acknowledged if event.position in kept), (
        f"a branch was merged: {first} is lost, and later ones are there"
    )
    forget(load, lost)
    return lost


async def _kept(rig: Rig, events: Sequence[Logged]) -> set[Position]:
    connection = await asyncpg.connect(rig.database_url)
    try:
        places = ([event.position.epoch for event in events], [event.position.seq for event in events])
        rows = await connection.fetch(_KEPT, *places, [event.subject for event in events])
    finally:
        await connection.close()
    return {Position(*row) for row in rows}


def forget(load: Load, lost: Iterable[Logged]) -> None:
    """Every caller is where it was before these events."""
    of_subject: dict[str, Counter[str]] = {}
    for event in lost:
        of_subject.setdefault(event.subject, Counter())[event.op_id if event.type == "scan" else event.type] += 1
    for life in load.lives:
        if gone := of_subject.get(life.subject):
            _step_back(life, gone)
            load.forgotten[life.sku] += life.told == 0
    for movement in load.movements:
        if movement.movement_id in of_subject:
            movement.told = movement.in_doubt = False


def _step_back(life: Life, gone: Counter[str]) -> None:
    while life.told and gone[life.event_name(life.told - 1)]:
        life.step_back()
    life.in_doubt, life.repeated = False, True
    if life.ended == "expired" and gone["expire"]:
        life.ended = ""
    del life.sent_s[life.told :], life.told_s[life.told :]
