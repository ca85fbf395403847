"""The LedgerWriter port on Postgres: one transaction per flush, exactly once, fenced by one row."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg

from inventory_service.domain.errors import Branched, Fenced, NotReady
from inventory_service.domain.events import Entry, Position
from inventory_service.faultpoints import reached
from inventory_service.ledger.alarms import raise_alarms, raise_duplicates
from inventory_service.ledger.pool import Connection, Pool, postgres_away, postgres_errors
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Flush, Row, allocation_rows, columns, gather, line_rows
from inventory_service.ledger.tally import tell_committed
from inventory_service.telemetry.books import tell_alarm
from inventory_service.usecases.ports import Ownership

_ENTRY_COLUMNS = ("partition", "seq", "epoch", "before_epoch", "before_seq", "at_ms", "events")
_EVENT_COLUMNS = ("partition", "seq", "epoch", "at_ms", "type", "client", "op_id", "subject", "status", "details")
_CHANGE_COLUMNS = (
    *("partition", "seq", "n", "sku", "warehouse"),
    *("on_hand_delta", "held_delta", "committed_delta", "unavailable_delta", "incoming_delta"),
    *("on_hand", "held", "committed", "unavailable", "incoming"),
    *("type", "reason", "reference", "reservation_id", "client", "at_ms"),
)
_LINE_COLUMNS = ("reservation_id", "sku", "requested", "quantity", "released", "opened_seq")
_ALLOCATION_COLUMNS = ("reservation_id", "sku", "warehouse", "quantity", "shipped", "opened_seq")

Step = Callable[[Connection, Flush], Awaitable[None]]


class PostgresLedgerWriter:
    """Implements `usecases.ports.LedgerWriter`. It owns nothing until `claim`."""

    def __init__(self, pool: Pool, partition: int = 0) -> None:
        self._pool = pool
        self._partition = partition
        self._owner_epoch = -1

    async def claim(self) -> Ownership:
        with postgres_errors():
            row = await self._pool.fetchrow(QUERIES["claim_ledger"], self._partition)
        if row is None:
            raise NotReady(f"The ledger has no partition {self._partition}.")
        self._owner_epoch = row["owner_epoch"]
        return Ownership(Position(row["epoch"], row["seq"]), row["highest_epoch"])

    async def advance_epoch(self, epoch: int) -> None:
        with postgres_errors():
            answer = await self._pool.execute(QUERIES["claim_epoch"], self._partition, epoch, self._owner_epoch)
        if answer != "UPDATE 1":
            raise Fenced("Another writer has claimed the ledger, or a higher epoch.")

    async def append(self, entries: Sequence[Entry]) -> Position:
        try:
            return await self._append(entries)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise Branched(f"The ledger already holds a row of these entries: {error}") from error

    async def _append(self, entries: Sequence[Entry]) -> Position:
        started = time.perf_counter()
        with postgres_away():
            async with self._pool.acquire() as connection, connection.transaction():
                position = await self._lock_offset(connection)
                fresh = continuation(entries, position)
                if not fresh:
                    return position
                flush = gather(fresh, self._partition)
                for step in self.steps():
                    await step(connection, flush)
                reached("flush.before_commit")
        reached("flush.committed")
        tell_committed(flush, fresh[0].at_ms, time.perf_counter() - started)
        for alarm in flush.alarms:
            tell_alarm(*alarm)
        return flush.position

    def steps(self) -> tuple[Step, ...]:
        """What one flush does, in order. The offset moves first: whoever is fenced writes nothing."""
        return (
            self._move_offset,
            self._add_entries,
            self._add_events,
            self._add_changes,
            self._add_applied_ids,
            self._set_stock,
            self._set_policies,
            self._set_reservations,
            self._add_new_lines,
            self._replace_lines,
            self._book_exceptions,
            raise_alarms,
            self._announce,
        )

    async def _lock_offset(self, connection: Connection) -> Position:
        """Where the ledger stands. Read afresh each time: a commit whose reply was lost may have moved it."""
        row = await connection.fetchrow(QUERIES["lock_offset"], self._partition)
        if row is None or row["owner_epoch"] != self._owner_epoch:
            raise Fenced("Another writer has claimed the ledger.")
        return Position(row["epoch"], row["seq"])

    async def _move_offset(self, connection: Connection, flush: Flush) -> None:
        old, new = flush.before, flush.position
        reached("flush.before_offset")
        answer = await connection.execute(
            QUERIES["move_offset"], self._partition, self._owner_epoch, *old, *new, flush.as_of_ms
        )
        if answer != "UPDATE 1":
            raise Fenced(f"The ledger is no longer at {old.epoch}-{old.seq} under this owner.")
        reached("flush.after_offset")

    async def _add_entries(self, connection: Connection, flush: Flush) -> None:
        await _copy(connection, "ledger_entries", _ENTRY_COLUMNS, flush.entries)

    async def _add_events(self, connection: Connection, flush: Flush) -> None:
        await _copy(connection, "ledger_events", _EVENT_COLUMNS, flush.events)

    async def _add_changes(self, connection: Connection, flush: Flush) -> None:
        await _copy(connection, "stock_changes", _CHANGE_COLUMNS, flush.changes)

    async def _add_applied_ids(self, connection: Connection, flush: Flush) -> None:
        """An id that is there already was older than what Redis remembers: it counts, and it is alarmed."""
        opened = [reservation_id for reservation_id, _ in flush.opened]
        flush.reopened.update(*await connection.fetch(QUERIES["known_reservations"], opened))
        added: set[tuple[str, int]] = set()
        if flush.applied_ids:
            rows = sorted(applied[:5] for applied in flush.applied_ids)
            added = {tuple(row) for row in await connection.fetch(QUERIES["add_applied_ids"], *columns(rows))}
        repeated = [applied for applied in flush.applied_ids if (applied.digest, applied.seq) not in added]
        again = [(reservation_id, seq) for reservation_id, seq in flush.opened if reservation_id in flush.reopened]
        await raise_duplicates(connection, flush, repeated, again)

    async def _set_stock(self, connection: Connection, flush: Flush) -> None:
        await _upsert(connection, "add_skus", list(flush.skus.items()))
        await _upsert(connection, "set_levels", list(flush.levels.values()))

    async def _set_policies(self, connection: Connection, flush: Flush) -> None:
        policies = flush.policies.values()
        defaults = [(p.sku, p.safety_stock, p.warn_below, p.seq) for p in policies if not p.warehouse]
        await _upsert(connection, "set_sku_policies", defaults)
        await _upsert(connection, "set_level_policies", [p for p in policies if p.warehouse])

    async def _set_reservations(self, connection: Connection, flush: Flush) -> None:
        await _upsert(connection, "set_reservations", list(flush.reservations.values()))

    async def _add_new_lines(self, connection: Connection, flush: Flush) -> None:
        """Most reservations of a flush are new: COPY takes their lines several times faster than INSERT."""
        new = {name: flush.lines_of[name] for name, _ in flush.opened if name not in flush.reopened}
        opened_seqs = dict(flush.opened)
        lines = [(*row, opened_seqs[row[0]]) for row in line_rows(new)]
        allocations = [(*row, opened_seqs[row[0]]) for row in allocation_rows(new)]
        await _copy(connection, "reservation_lines", _LINE_COLUMNS, lines)
        await _copy(connection, "reservation_allocations", _ALLOCATION_COLUMNS, allocations)

    async def _replace_lines(self, connection: Connection, flush: Flush) -> None:
        new = {name for name, _ in flush.opened} - flush.reopened
        older = {name: record for name, record in flush.lines_of.items() if name not in new}
        if older:
            await connection.execute(QUERIES["drop_lines"], sorted(older))
            await connection.execute(QUERIES["drop_allocations"], sorted(older))
        await _upsert(connection, "add_lines", line_rows(older))
        await _upsert(connection, "add_allocations", allocation_rows(older))

    async def _book_exceptions(self, connection: Connection, flush: Flush) -> None:
        await _upsert(connection, "add_exceptions", flush.exceptions)
        await _upsert(connection, "resolve_exceptions", flush.resolutions)

    async def _announce(self, connection: Connection, flush: Flush) -> None:
        """Told to listeners when the transaction commits: "partition epoch-seq"."""
        position = flush.position
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


async def _copy(connection: Connection, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
    if rows:
        await connection.copy_records_to_table(table, records=rows, columns=names)


async def _upsert(connection: Connection, query: str, rows: Sequence[Any]) -> None:
    """Rows in the order of their keys, so that concurrent transactions never lock each other crosswise."""
    if rows:
        await connection.execute(QUERIES[query], *columns(sorted(rows)))
