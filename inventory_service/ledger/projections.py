"""What the ledger's projections make of events. What cannot be projected is set aside, and the rest goes on."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import asyncpg

from inventory_service.domain.events import Entry
from inventory_service.ledger.alarms import raise_alarms
from inventory_service.ledger.chain import check_chain
from inventory_service.ledger.duplicates import RETENTION_MS, note_duplicates
from inventory_service.ledger.pool import PASSING, Connection, first_line
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.rows import Flush, Row, allocation_rows, columns, dispatch_rows, gather, line_rows
from inventory_service.ledger.subjects import PlacedEvent, Poison, Subject, Takes, placed_events, skus_of, subjects_of
from inventory_service.ledger.totals import raise_total_alarms
from inventory_service.ledger.transfers import set_transfers

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


class Course(Protocol):
    """Whose events are followed, and what becomes of those that cannot be."""

    def takes(self, subject: Subject) -> bool: ...
    async def poisoned(self, connection: Connection, poison: Poison, at_ms: int) -> Sequence[Flush]:
        """From now on it does not take these subjects."""


class Projections:
    """Runs inside the transaction that appends the entries, behind them."""

    def __init__(self, partition: int = 0, retention_ms: int = RETENTION_MS) -> None:
        self._partition = partition
        self._retention_ms = retention_ms

    def steps(self) -> tuple[Step, ...]:
        """What one flush does, in order."""
        return (
            self._add_events,
            self._add_changes,
            self._add_applied_ids,
            check_chain,
            self._set_stock,
            self._set_policies,
            self._set_reservations,
            self._add_new_lines,
            self._replace_lines,
            self._set_dispatches,
            self._book_exceptions,
            set_transfers,
            raise_alarms,
            raise_total_alarms,
        )

    async def follow(self, connection: Connection, entries: Sequence[Entry], course: Course) -> list[Flush]:
        """Project the entries as far as the course takes their subjects; what cannot be projected it is told."""
        flushes: list[Flush] = []
        events: list[PlacedEvent] = []
        for placed in placed_events(entries):
            if isinstance(placed, PlacedEvent):
                events.append(placed)
                continue
            flushes += await self._project(connection, events, course)
            flushes += await course.poisoned(connection, placed, entries[-1].at_ms)
            events = []
        return flushes + await self._project(connection, events, course)

    async def _project(self, connection: Connection, events: Sequence[PlacedEvent], course: Course) -> list[Flush]:
        """All at once; where that fails by halves, until the one event that it is stands alone."""
        if not events:
            return []
        try:
            return [await self._attempt(connection, events, course.takes)]
        except Exception as error:
            if _is_nobodys_fault(error):
                raise
        if len(events) == 1:
            return await self._isolate(connection, events[0], course)
        middle = len(events) // 2
        first = await self._project(connection, events[:middle], course)
        return first + await self._project(connection, events[middle:], course)

    async def _isolate(self, connection: Connection, placed: PlacedEvent, course: Course) -> list[Flush]:
        """Each of the event's subjects by itself: only those that fail are poisoned."""
        flushes: list[Flush] = []
        event = placed.event
        for subject in filter(course.takes, subjects_of(event)):
            try:
                flushes.append(await self._attempt(connection, [placed], subject.__eq__))
            except Exception as error:
                if _is_nobodys_fault(error):
                    raise
                poison = Poison(event.seq, [subject], skus_of(event), f"{type(error).__name__}: {first_line(error)}")
                flushes += await course.poisoned(connection, poison, event.at_ms)
        return flushes

    async def _attempt(self, connection: Connection, events: Sequence[PlacedEvent], takes: Takes) -> Flush:
        async with connection.transaction():
            flush = gather(events, self._partition, takes)
            for step in self.steps():
                await step(connection, flush)
            return flush

    async def _add_events(self, connection: Connection, flush: Flush) -> None:
        await copy(connection, "ledger_events", _EVENT_COLUMNS, flush.events)

    async def _add_changes(self, connection: Connection, flush: Flush) -> None:
        await copy(connection, "stock_changes", _CHANGE_COLUMNS, flush.changes)

    async def _add_applied_ids(self, connection: Connection, flush: Flush) -> None:
        await note_duplicates(connection, flush, self._retention_ms)

    async def _set_stock(self, connection: Connection, flush: Flush) -> None:
        await upsert(connection, "add_skus", list(flush.skus.items()))
        await upsert(connection, "set_levels", list(flush.levels.values()))
        await upsert(connection, "set_arrivals", [(*key, arrivals) for key, arrivals in flush.arrivals.items()])
        await upsert(connection, "set_in_transit", [(*key, units) for key, units in flush.in_transit.items()])

    async def _set_policies(self, connection: Connection, flush: Flush) -> None:
        policies = flush.policies.values()
        own = [(p.sku, p.warehouse, p.safety_stock, p.warn_below, p.seq) for p in policies if p.warehouse]
        await upsert(connection, "set_sku_policies", [(p.sku, *p[2:]) for p in policies if not p.warehouse])
        await upsert(connection, "set_level_policies", own)

    async def _set_reservations(self, connection: Connection, flush: Flush) -> None:
        await upsert(connection, "set_reservations", list(flush.reservations.values()))

    async def _add_new_lines(self, connection: Connection, flush: Flush) -> None:
        """Most reservations of a flush are new: COPY takes their lines several times faster than INSERT."""
        new = {name: flush.lines_of[name] for name, _ in flush.opened if name not in flush.reopened}
        opened_seqs = dict(flush.opened)
        lines = [(*row, opened_seqs[row[0]]) for row in line_rows(new)]
        allocations = [(*row, opened_seqs[row[0]]) for row in allocation_rows(new)]
        await copy(connection, "reservation_lines", _LINE_COLUMNS, lines)
        await copy(connection, "reservation_allocations", _ALLOCATION_COLUMNS, allocations)

    async def _replace_lines(self, connection: Connection, flush: Flush) -> None:
        new = {name for name, _ in flush.opened} - flush.reopened
        older = {name: record for name, record in flush.lines_of.items() if name not in new}
        if older:
            await connection.execute(QUERIES["drop_lines"], sorted(older))
            await connection.execute(QUERIES["drop_allocations"], sorted(older))
        await upsert(connection, "add_lines", line_rows(older))
        await upsert(connection, "add_allocations", allocation_rows(older))

    async def _set_dispatches(self, connection: Connection, flush: Flush) -> None:
        new = {name for name, _ in flush.opened} - flush.reopened
        older = sorted(flush.dispatches_of.keys() - new)
        if older:
            await connection.execute(QUERIES["drop_dispatches"], older)
        await upsert(connection, "add_dispatches", dispatch_rows(flush.dispatches_of))

    async def _book_exceptions(self, connection: Connection, flush: Flush) -> None:
        await upsert(connection, "add_exceptions", flush.exceptions)
        await upsert(connection, "resolve_exceptions", flush.resolutions)
        if flush.parked_again:
            await connection.execute(QUERIES["dismiss_parked_again"], sorted(flush.parked_again))


def _is_nobodys_fault(error: Exception) -> bool:
    """A repeat may cure it, or no event can be written at all: a schema that is not the one of this program.

    Values that asyncpg cannot send are its InterfaceError as well, and ValueErrors: those are the event's.
    """
    return isinstance(error, (*PASSING, asyncpg.SyntaxOrAccessError)) and not isinstance(error, ValueError)


async def copy(connection: Connection, table: str, names: Sequence[str], rows: Sequence[Row]) -> None:
    if rows:
        await connection.copy_records_to_table(table, records=rows, columns=names)


async def upsert(connection: Connection, query: str, rows: Sequence[Any]) -> None:
    """Rows in the order of their keys, so that concurrent transactions never lock each other crosswise."""
    if rows:
        await connection.execute(QUERIES[query], *columns(sorted(rows)))
