"""A ledger of a million SKUs in minutes: the rows that the writer would have made, copied into tables that lack them.

Kernel and writer would take ten times as long. That the rows are right is for `verify` to say, behind a rebuild.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from inventory_service.domain.events import Entry, EventType, MovementDetails, Position, ReserveDetails
from inventory_service.domain.ids import digest, fingerprint
from inventory_service.domain.movements import MovementType
from inventory_service.domain.reservation import RECORD_VERSION, Allocation, Line, Operation, Reservation, Status
from inventory_service.domain.stock import Change
from inventory_service.ledger.pool import Connection, Pool
from inventory_service.ledger.rows import Flush, allocation_rows, entry_rows, gather, line_rows
from inventory_service.ledger.subjects import PlacedEvent, placed_events

WAREHOUSE, CLIENT = "SHA", "size"
UNITS = 100
TTL_MS = 86_400_000
_ENTRY_EVENTS = 250
_SLICE_ENTRIES = 40


def sku_of(n: int) -> str:
    return f"SKU-{n:07d}"


async def grow(pool: Pool, first: int, last: int, holds: int) -> None:
    """SKUs number `first` to `last` - 1 receive 100 units each; every one below `holds` has one of them held."""
    async with pool.acquire() as connection, connection.transaction():
        (where,) = await connection.fetch("SELECT epoch, seq, highest_epoch FROM ledger_offsets WHERE partition = 0")
        now_ms = await connection.fetchval("SELECT (extract(epoch FROM now()) * 1000)::bigint")
        position, epoch = Position(where["epoch"], where["seq"]), where["highest_epoch"]
        events = _events(position.seq, now_ms, range(first, last), holds)
        while entries := list(islice(_entries(events, position, epoch, now_ms), _SLICE_ENTRIES)):
            placed = [each for each in placed_events(entries) if isinstance(each, PlacedEvent)]
            await _copy(connection, entries, gather(placed, 0))
            position = entries[-1].position
        await connection.execute("UPDATE ledger_offsets SET epoch = $1, seq = $2, as_of_ms = $3", *position, now_ms)


def _entries(events: Iterator[Any], position: Position, epoch: int, at_ms: int) -> Iterator[Entry]:
    while batch := list(islice(events, _ENTRY_EVENTS)):
        behind = Position(epoch, batch[-1][0])
        yield Entry(behind, position, at_ms, msgspec.msgpack.encode(batch))
        position = behind


def _events(seq: int, at_ms: int, numbers: range, holds: int) -> Iterator[Any]:
    for n in numbers:
        seq += 1
        yield _receipt(seq, at_ms, n)
        if n < holds:
            seq += 1
            yield _hold(seq, at_ms, n)


def _receipt(seq: int, at_ms: int, n: int) -> tuple[Any, ...]:
    name = f"m{n}"
    change = Change(sku_of(n), WAREHOUSE, UNITS, 0, 0, 0, 0, UNITS, 0, 0, 0, 0)
    details = MovementDetails(digest("movement", CLIENT, name), fingerprint({"name": name}), UNITS, "", "", False)
    return (seq, at_ms, MovementType.RECEIVE, CLIENT, name, name, [change], None, details)


def _hold(seq: int, at_ms: int, n: int) -> tuple[Any, ...]:
    name, sku = f"r{n}", sku_of(n)
    change = Change(sku, WAREHOUSE, 0, 1, 0, 0, 0, UNITS, 1, 0, 0, 0)
    times = (at_ms, at_ms + TTL_MS, at_ms, 0, 0)
    lines, operations = [Line(sku, 1, 1, 0, [Allocation(WAREHOUSE, 1, 0)])], [Operation(f"op-{name}", "held")]
    head = (RECORD_VERSION, Status.HELD, *times, seq, fingerprint({"name": name}), CLIENT)
    record = Reservation(*head, lines, operations, "{}")
    details = ReserveDetails(digest("reservation", name))
    return (seq, at_ms, EventType.RESERVE, CLIENT, f"op-{name}", name, [change], record, details)


async def _copy(connection: Connection, entries: Sequence[Entry], flush: Flush) -> None:
    opened = dict(flush.opened)
    lines = [(*row, opened[row[0]]) for row in line_rows(flush.lines_of)]
    allocations = [(*row, opened[row[0]]) for row in allocation_rows(flush.lines_of)]
    levels = [(*row[:7], -1, -1, *row[7:], "[]", 0) for row in flush.levels.values()]  # with the SKU's policy
    tables: Sequence[tuple[str, Sequence[Any]]] = (
        ("ledger_entries", entry_rows(entries, 0)),
        ("ledger_events", flush.events),
        ("stock_changes", flush.changes),
        ("applied_ids", [row[:5] for row in flush.applied_ids]),
        ("stock_skus", [(sku, 0, 0, seq, -1, "[]") for sku, seq in flush.skus.items()]),
        ("stock_levels", levels),
        ("reservations", list(flush.reservations.values())),
        ("reservation_lines", lines),
        ("reservation_allocations", allocations),
    )
    for table, rows in tables:
        await connection.copy_records_to_table(table, records=rows)
