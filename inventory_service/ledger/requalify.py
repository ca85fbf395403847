"""The way out of quarantine: what is set aside is projected anew from the raw entries, once the program can do it."""

from collections.abc import AsyncIterator, Sequence

from inventory_service.domain.events import Entry, EventType, Position
from inventory_service.ledger.alarms import QUARANTINED
from inventory_service.ledger.duplicates import RETENTION_MS
from inventory_service.ledger.pool import Connection, Pool, postgres_errors
from inventory_service.ledger.projections import Projections
from inventory_service.ledger.quarantine import cause_of, quarantined, set_aside
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Flush, columns
from inventory_service.ledger.subjects import (
    PlacedEvent,
    Poison,
    Subject,
    owner_of,
    placed_events,
    sku_subject,
    skus_of,
    subjects_of,
)
from inventory_service.usecases.ledger_ports import Quarantined, SubjectKind

_BEHIND_ALL = 2**62
_SLICE_ENTRIES = 20  # an entry has up to some 80 KB


class PostgresQuarantine:
    """Implements `usecases.ports.Quarantine`."""

    def __init__(self, pool: Pool, partition: int = 0, *, retention_ms: int = RETENTION_MS) -> None:
        self._pool = pool
        self._partition = partition
        self._projections = Projections(partition, retention_ms)

    async def all(self) -> Sequence[Quarantined]:
        with postgres_errors():
            async with self._pool.acquire() as connection:
                return await quarantined(connection)

    async def requalify(self) -> Sequence[Quarantined]:
        """In one transaction that holds the offset: the writer waits, and goes on with what it finds then."""
        with postgres_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                row = await connection.fetchrow(QUERIES["lock_offset"], self._partition)
                await self._split_entries(connection)
                course = Replaying({Subject(each.kind, each.name): each for each in await quarantined(connection)})
                async for entries in self._slices(connection, course.start):
                    await _make_room(connection, self._partition, entries, course)
                    await self._projections.follow(connection, entries, course)
                await _readmit(connection, course.subjects, row["as_of_ms"] if row else 0)
                return await quarantined(connection)

    async def _slices(self, connection: Connection, seq: int) -> AsyncIterator[Sequence[Entry]]:
        """All entries that end at `seq` or behind it."""
        entries: list[Entry] = []
        rows = connection.cursor(QUERIES["entries_from"], self._partition, seq, prefetch=_SLICE_ENTRIES)
        async for row in rows:
            before = Position(row["before_epoch"], row["before_seq"])
            entries.append(Entry(Position(row["epoch"], row["seq"]), before, row["at_ms"], row["events"]))
            if len(entries) == _SLICE_ENTRIES:
                yield entries
                entries = []
        if entries:
            yield entries

    async def _split_entries(self, connection: Connection) -> None:
        """An entry that can be read by now: its subjects are aside instead of it, from its events on."""
        for each in await quarantined(connection):
            if each.kind == SubjectKind.ENTRY:
                async for entries in self._slices(connection, each.seq):
                    await _split(connection, each, entries[0])
                    break


class Replaying:
    """The course of what was set aside: those subjects alone, each up to where it cannot be projected again."""

    def __init__(self, aside: dict[Subject, Quarantined]) -> None:
        self.subjects = {subject for subject in aside if subject.kind != SubjectKind.ENTRY}
        self.start = min((aside[subject].seq for subject in self.subjects), default=_BEHIND_ALL)

    def takes(self, subject: Subject) -> bool:
        return subject in self.subjects

    async def poisoned(self, connection: Connection, poison: Poison, at_ms: int) -> Sequence[Flush]:
        del at_ms
        for subject in self.subjects.intersection(poison.subjects):
            await connection.execute(QUERIES["stay_aside"], *subject, poison.seq, poison.reason)
        self.subjects.difference_update(poison.subjects)
        return []


async def _split(connection: Connection, aside: Quarantined, entry: Entry) -> None:
    parts = [
        part if isinstance(part, Poison) else Poison(part.event.seq, subjects_of(part.event), skus_of(part.event), "")
        for part in placed_events([entry])
    ]
    if any(subject.kind == SubjectKind.ENTRY for part in parts for subject in part.subjects):
        return
    for part in parts:
        await set_aside(connection, part._replace(reason=aside.reason), aside.at_ms)
    await _readmit(connection, {Subject(aside.kind, aside.name)}, entry.at_ms)


async def _make_room(connection: Connection, partition: int, entries: Sequence[Entry], course: Replaying) -> None:
    """Drop what an earlier try, or events behind an entry that could not be read, have left of the subjects."""
    events = [placed.event for placed in placed_events(entries) if isinstance(placed, PlacedEvent)]
    owned = [event for event in events if course.takes(owner_of(event))]
    skus = {change.sku for event in events for change in event.changes if course.takes(sku_subject(change.sku))}
    await connection.execute(QUERIES["drop_events"], partition, [event.seq for event in owned])
    await connection.execute(QUERIES["drop_changes"], partition, [event.seq for event in events], sorted(skus))
    opened = [(event.subject, event.seq) for event in owned if event.type == EventType.RESERVE]
    if opened:
        names = [name for name, _ in opened]
        await connection.execute(QUERIES["drop_lines"], names)
        await connection.execute(QUERIES["drop_allocations"], names)
        await connection.execute(QUERIES["drop_dispatches"], names)
        await connection.execute(QUERIES["drop_reservations"], *columns(opened))


async def _readmit(connection: Connection, subjects: set[Subject], at_ms: int) -> None:
    """They are followed again, and their alarms close."""
    for subject in sorted(subjects):
        await connection.execute(QUERIES["readmit"], *subject)
        await connection.execute(QUERIES["close_alerts"], [QUARANTINED], [cause_of(subject)], at_ms)
