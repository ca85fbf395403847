"""The LedgerWriter port on Postgres: one transaction per flush, exactly once, fenced by one row."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import asyncpg

from inventory_service.domain.errors import Branched, Fenced, NotReady
from inventory_service.domain.events import Correction, Entry, Position
from inventory_service.faultpoints import reached
from inventory_service.ledger.duplicates import RETENTION_MS
from inventory_service.ledger.events import entry_of
from inventory_service.ledger.pool import Connection, Pool, postgres_away, postgres_errors
from inventory_service.ledger.projections import Projections, copy
from inventory_service.ledger.quarantine import Following, subjects_aside
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Flush, entry_rows
from inventory_service.ledger.snapshots import ownership_of
from inventory_service.ledger.tally import tell_committed
from inventory_service.telemetry.alarms import tell_alarm
from inventory_service.usecases.standing import Gap, Ownership

_ENTRY_COLUMNS = ("partition", "seq", "epoch", "before_epoch", "before_seq", "at_ms", "events")


@dataclass(slots=True)
class Append:
    """What one transaction appends: consecutive entries, at least one, and what their events left in projections."""

    entries: Sequence[Entry]
    flushes: Sequence[Flush] = ()

    @property
    def before(self) -> Position:
        return self.entries[0].before

    @property
    def position(self) -> Position:
        return self.entries[-1].position


Step = Callable[[Connection, Append], Awaitable[None]]


class PostgresLedgerWriter:
    """Implements `usecases.ports.LedgerWriter`. It owns nothing until `claim`."""

    def __init__(self, pool: Pool, partition: int = 0, *, retention_ms: int = RETENTION_MS) -> None:
        self._pool = pool
        self._partition = partition
        self._projections = Projections(partition, retention_ms)
        self._owner_epoch = -1

    async def claim(self) -> Ownership:
        with postgres_errors():
            row = await self._pool.fetchrow(QUERIES["claim_ledger"], self._partition)
        if row is None:
            raise NotReady(f"The ledger has no partition {self._partition}.")
        self._owner_epoch = row["owner_epoch"]
        return ownership_of(row)

    async def position(self) -> Position:
        with postgres_errors():
            row = await self._pool.fetchrow(QUERIES["standing"], self._partition)
        if row is None or row["owner_epoch"] != self._owner_epoch:
            raise Fenced("Another writer has claimed the ledger.")
        return Position(row["epoch"], row["seq"])

    async def note_opening(self, epoch: int) -> None:
        with postgres_errors():
            answer = await self._pool.execute(QUERIES["note_opening"], self._partition, epoch, self._owner_epoch)
        if answer != "UPDATE 1":
            raise Fenced("Another writer has claimed the ledger.")

    async def advance_epoch(self, epoch: int) -> None:
        with postgres_errors():
            answer = await self._pool.execute(QUERIES["claim_epoch"], self._partition, epoch, self._owner_epoch)
        if answer != "UPDATE 1":
            raise Fenced("Another writer has claimed the ledger, or a higher epoch.")

    async def append(self, entries: Sequence[Entry]) -> Position:
        try:
            return await self._append(entries)
        except asyncpg.IntegrityConstraintViolationError as error:  # of the entries: nothing else gets here
            raise Branched(f"The ledger already holds a row of these entries: {error}") from error

    async def _append(self, entries: Sequence[Entry]) -> Position:
        started = time.perf_counter()
        with postgres_away():
            async with self._pool.acquire() as connection, connection.transaction():
                position = await self._lock_offset(connection)
                fresh = continuation(entries, position)
                if not fresh:
                    return position
                append = Append(fresh)
                for step in self.steps():
                    await step(connection, append)
                reached("flush.before_commit")
        reached("flush.committed")
        tell_committed(append.flushes, append.position, fresh[0].at_ms, time.perf_counter() - started)
        for flush in append.flushes:
            for alarm in flush.alarms:
                tell_alarm(*alarm)
        return append.position

    async def bridge(self, gap: Gap, epoch: int, slices: AsyncIterator[Sequence[Correction]]) -> Position:
        with postgres_away():
            async with self._pool.acquire() as connection, connection.transaction():
                if await self._lock_offset(connection) != gap.before:
                    raise Fenced(f"The ledger no longer ends at {_text(gap.before)}.")
                where = (*gap.before, *gap.after, gap.at_ms)
                await connection.execute(QUERIES["record_gap"], self._partition, *where)
                await connection.execute(QUERIES["move_offset"], self._partition, self._owner_epoch, *where)
                position = gap.after
                async for corrections in slices:
                    append = Append([entry_of(corrections, position, epoch, gap.at_ms)])
                    for step in self.steps():
                        await step(connection, append)
                    position = append.position
        return position

    def steps(self) -> tuple[Step, ...]:
        """What one flush does, in order. The offset moves first: whoever is fenced writes nothing."""
        return (
            self._move_offset,
            self._add_entries,
            self._project,
            self._announce,
        )

    async def _lock_offset(self, connection: Connection) -> Position:
        """Where the ledger stands. Read afresh each time: a commit whose reply was lost may have moved it."""
        row = await connection.fetchrow(QUERIES["lock_offset"], self._partition)
        if row is None or row["owner_epoch"] != self._owner_epoch:
            raise Fenced("Another writer has claimed the ledger.")
        return Position(row["epoch"], row["seq"])

    async def _move_offset(self, connection: Connection, append: Append) -> None:
        old, as_of_ms = append.before, append.entries[-1].at_ms
        reached("flush.before_offset")
        answer = await connection.execute(
            QUERIES["move_offset"], self._partition, self._owner_epoch, *old, *append.position, as_of_ms
        )
        if answer != "UPDATE 1":
            raise Fenced(f"The ledger is no longer at {old.epoch}-{old.seq} under this owner.")
        reached("flush.after_offset")

    async def _add_entries(self, connection: Connection, append: Append) -> None:
        await copy(connection, "ledger_entries", _ENTRY_COLUMNS, entry_rows(append.entries, self._partition))

    async def _project(self, connection: Connection, append: Append) -> None:
        """Whatever goes wrong here is set aside, and the ledger goes on without it."""
        course = Following(await subjects_aside(connection))
        append.flushes = await self._projections.follow(connection, append.entries, course)

    async def _announce(self, connection: Connection, append: Append) -> None:
        """Told to listeners when the transaction commits: "partition epoch-seq quarantine"."""
        position = append.position
        await connection.execute(QUERIES["announce"], f"{self._partition} {position.epoch}-{position.seq}")


def continuation(entries: Sequence[Entry], position: Position) -> Sequence[Entry]:
    """The entries behind `position`; those at or before it were committed already.

    Raises Branched when one does not continue where the one before it ended.
    """
    fresh = [entry for entry in entries if entry.position > position]
    for entry in fresh:
        if entry.before != position or entry.position.seq <= position.seq:
            raise Branched(f"Entry {_text(entry.position)} follows {_text(entry.before)}, not {_text(position)}.")
        position = entry.position
    return fresh


def _text(position: Position) -> str:
    return f"{position.epoch}-{position.seq}"
