"""The LedgerSnapshots port on Postgres: consistent views, read row by row from server-side cursors."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from itertools import chain
from operator import itemgetter
from typing import Any

import msgspec

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Entry, Position
from inventory_service.domain.ids import digest
from inventory_service.domain.reservation import Dispatch, Reservation
from inventory_service.domain.stock import Arrival, Change, Level, Stock, Threshold
from inventory_service.domain.transfer import Transfer
from inventory_service.ledger.events import decode_record, decode_transfer
from inventory_service.ledger.pool import Connection, Pool, postgres_errors
from inventory_service.ledger.quarantine import quarantined
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.subjects import Poison, Subject, owner_of, placed_events, sku_subject
from inventory_service.usecases.ledger_ports import (
    AuditedChange,
    AuditedDuplicate,
    AuditedEntry,
    Promise,
    Quarantined,
    SubjectKind,
    Transition,
)
from inventory_service.usecases.standing import Gap, Ownership

_PREFETCH_ROWS = 1000
_PREFETCH_ENTRIES = 20  # an entry has up to some 80 KB
_STOCK_VERSION = 1
_counters = itemgetter(*Level._fields[:-2])
_arrivals = msgspec.json.Decoder(tuple[Arrival, ...]).decode
_thresholds = msgspec.json.Decoder(tuple[Threshold, ...]).decode


class PostgresSnapshots:
    """Implements `usecases.ports.LedgerSnapshots`. Give it the primary: a standby may show commits out of order."""

    def __init__(self, pool: Pool, partition: int = 0) -> None:
        self._pool = pool
        self._partition = partition

    @asynccontextmanager
    async def audit(self) -> AsyncIterator["PostgresSnapshot"]:
        """One REPEATABLE READ transaction. Raises NotReady, also while it is read."""
        with postgres_errors():
            async with (
                self._pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                row = await connection.fetchrow(QUERIES["ledger_position"], self._partition)
                if row is None:
                    raise NotReady(f"The ledger has no partition {self._partition}.")
                yield PostgresSnapshot(connection, Position(row["epoch"], row["seq"]), self._partition)

    def snapshot(self) -> Any:
        return self.audit()

    async def standing(self) -> Ownership:
        with postgres_errors():
            row = await self._pool.fetchrow(QUERIES["standing"], self._partition)
        if row is None:
            raise NotReady(f"The ledger has no partition {self._partition}.")
        return ownership_of(row)

    async def has_entry(self, position: Position) -> bool:
        if position.seq == 0:
            return True
        with postgres_errors():
            return bool(await self._pool.fetchval(QUERIES["has_entry"], self._partition, *position))

    async def now_ms(self) -> int:
        with postgres_errors():
            return int(await self._pool.fetchval(QUERIES["postgres_now"]))

    async def deployment(self) -> str:
        with postgres_errors():
            return str(await self._pool.fetchval(QUERIES["deployment"]))


class PostgresSnapshot:
    """Implements `usecases.ports.LedgerAudit`, and so LedgerSnapshot."""

    def __init__(self, connection: Connection, position: Position, partition: int) -> None:
        self._connection = connection
        self._partition = partition
        self.position = position

    async def stocks(self) -> AsyncIterator[tuple[str, Stock]]:
        rows: list[Any] = []
        async for row in self._rows("all_stock"):
            if rows and rows[0]["sku"] != row["sku"]:
                yield rows[0]["sku"], stock_of(rows)
                rows = []
            rows.append(row)
        if rows:
            yield rows[0]["sku"], stock_of(rows)

    async def reservations(self) -> AsyncIterator[tuple[str, bytes]]:
        async for row in self._rows("open_reservations"):
            yield row["reservation_id"], row["record"]

    async def transfers(self) -> AsyncIterator[tuple[str, Transfer]]:
        async for row in self._rows("open_transfers"):
            yield row["transfer_id"], decode_transfer(row["record"])

    async def transfers_of(self, transfer_ids: Sequence[str]) -> Mapping[str, Transfer]:
        rows = await self._connection.fetch(QUERIES["transfers_of"], list(transfer_ids))
        return {row["transfer_id"]: decode_transfer(row["record"]) for row in rows}

    async def open_records(self) -> AsyncIterator[tuple[str, Reservation]]:
        async for reservation_id, packed in self.reservations():
            yield reservation_id, decode_record(packed)

    async def remembered(self, since_ms: int) -> AsyncIterator[tuple[str, str, int]]:
        async for row in self._rows("ended_reservations", since_ms):
            yield digest("reservation", row["reservation_id"]), row["fingerprint"], row["ended_ms"]
        async for row in self._rows("applied_since", since_ms):
            yield row["digest"], row["fingerprint"], row["at_ms"]

    async def places(self, since_day: int) -> Mapping[Dispatch, int]:
        rows = await self._connection.fetch(QUERIES["places_since"], since_day)
        return {Dispatch(row["warehouse"], row["day"]): row["taken"] for row in rows}

    async def gaps(self) -> Sequence[Gap]:
        rows = await self._connection.fetch(QUERIES["gaps"], self._partition)
        return [Gap(Position(row[0], row[1]), Position(row[2], row[3]), row[4]) for row in rows]

    async def entries(self) -> AsyncIterator[AuditedEntry]:
        aside = {Subject(each.kind, each.name): each.seq for each in await self.quarantined()}
        async for row in self._rows("audited_entries", self._partition, prefetch=_PREFETCH_ENTRIES):
            before = Position(row["before_epoch"], row["before_seq"])
            entry = Entry(Position(row["epoch"], row["seq"]), before, row["at_ms"], row["events"])
            yield _audited(entry, row["event_rows"], row["change_rows"], aside)

    async def changes(self) -> AsyncIterator[AuditedChange]:
        async for row in self._rows("audited_changes", self._partition):
            seq, kind, ahead, *fields = row
            yield AuditedChange(seq, kind, Change(*fields), ahead)

    async def transitions(self) -> AsyncIterator[Transition]:
        async for row in self._rows("transitions", self._partition):
            yield Transition(*row)

    async def promises(self) -> AsyncIterator[Promise]:
        async for row in self._rows("promises"):
            yield Promise(*row)

    async def duplicates(self) -> AsyncIterator[AuditedDuplicate]:
        async for row in self._rows("all_duplicate_ids"):
            yield AuditedDuplicate(*row)

    async def open_allocations(self, reservation_ids: Sequence[str]) -> Mapping[str, Mapping[tuple[str, str], int]]:
        found: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        for name, sku, warehouse, units in await self._connection.fetch(
            QUERIES["open_allocations"], list(reservation_ids)
        ):
            found[name][sku, warehouse] = units
        return found

    async def known_skus(self, skus: Sequence[str]) -> AbstractSet[str]:
        return {row["sku"] for row in await self._connection.fetch(QUERIES["known_skus"], list(skus))}

    async def quarantined(self) -> Sequence[Quarantined]:
        return await quarantined(self._connection)

    async def records_of(self, reservation_ids: Sequence[str]) -> Mapping[str, Reservation]:
        rows = await self._connection.fetch(QUERIES["records_of"], list(reservation_ids))
        return {row["reservation_id"]: decode_record(row["record"]) for row in rows}

    async def stocks_of(self, skus: Sequence[str]) -> Mapping[str, Stock]:
        rows_by_sku: dict[str, list[Any]] = {}
        for row in await self._connection.fetch(QUERIES["stocks_of"], list(skus)):
            rows_by_sku.setdefault(row["sku"], []).append(row)
        return {sku: stock_of(rows) for sku, rows in rows_by_sku.items()}

    async def _rows(self, query: str, *arguments: object, prefetch: int = _PREFETCH_ROWS) -> AsyncIterator[Any]:
        async for row in self._connection.cursor(QUERIES[query], *arguments, prefetch=prefetch):
            yield row


def _audited(entry: Entry, event_rows: int, change_rows: int, aside: Mapping[Subject, int]) -> AuditedEntry:
    seqs: list[int] = []
    events = changes = 0
    for part in placed_events([entry]):
        if isinstance(part, Poison):
            unreadable = part.subjects[0].kind == SubjectKind.ENTRY
            seqs += range(entry.before.seq + 1, entry.position.seq + 1) if unreadable else (part.seq,)
            continue
        event = part.event
        seqs.append(event.seq)
        events += aside.get(owner_of(event), event.seq + 1) > event.seq
        changes += sum(aside.get(sku_subject(change.sku), event.seq + 1) > event.seq for change in event.changes)
    return AuditedEntry(entry.position, entry.before, seqs, events, event_rows, changes, change_rows)


def ownership_of(row: Any) -> Ownership:
    """Of a row of `ledger_offsets`."""
    return Ownership(Position(row["epoch"], row["seq"]), row["highest_epoch"], row["opened_epoch"])


def stock_of(rows: Sequence[Any]) -> Stock:
    """One SKU from its rows of `all_stock` or `stocks_of`: one per warehouse, or a single one without."""
    first = rows[0]
    levels = [_level(row) for row in rows if row["warehouse"] is not None]
    return Stock(
        version=_STOCK_VERSION,
        changed_seq=max(chain((first["sku_seq"],), (row["seq"] for row in rows if row["warehouse"] is not None))),
        safety_stock=first["default_safety_stock"],
        warn_below=first["default_warn_below"],
        levels=levels,
        preorder_limit=first["preorder_limit"],
        thresholds=_thresholds(first["thresholds"]),
    )


def _level(row: Any) -> Level:
    arrivals = () if row["arrivals"] == "[]" else _arrivals(row["arrivals"])
    return Level._make((*_counters(row), arrivals, row["in_transit"]))
