"""Where Redis and the ledger differ: an alarm with the events behind it. And the ledger's side of the walk."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from inventory_service.domain.reservation import Reservation
from inventory_service.domain.stock import Stock
from inventory_service.ledger.alarms import DIFFERENCE
from inventory_service.ledger.events import event_id
from inventory_service.ledger.pool import Pool, answering
from inventory_service.ledger.queries import QUERIES
from inventory_service.telemetry import alarms, books
from inventory_service.usecases.ledger_ports import Difference, SubjectKind

_EVENTS_MAX = 10  # the newest: what went wrong is behind the last event on which both agreed
_COUNTERS = ("on_hand", "held", "committed", "unavailable", "incoming")
_NAMES = {SubjectKind.SKU: "skus_after", SubjectKind.RESERVATION: "open_reservations_after"}
_EVENTS = {SubjectKind.SKU: "newest_events_of_sku", SubjectKind.RESERVATION: "newest_events_of_reservation"}


class PostgresDifferenceBook:
    """Implements `usecases.ledger_ports.DifferenceBook` and `LedgerWalk`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def names(self, kind: SubjectKind, after: str, limit: int) -> Sequence[str]:
        async with answering():
            return [row["name"] for row in await self._pool.fetch(QUERIES[_NAMES[kind]], after, limit)]

    async def tell(self, difference: Difference) -> None:
        cause = f"{difference.kind} {difference.name}"
        async with answering():
            events = await self._pool.fetch(QUERIES[_EVENTS[difference.kind]], difference.name, _EVENTS_MAX)
            detail = _detail(difference, [_event(row) for row in events])
            row = ([DIFFERENCE], [cause], [1], [msgspec.json.encode(detail).decode()], [_now_ms()])
            await self._pool.execute(QUERIES["raise_alerts"], *row)
        alarms.tell_alarm(DIFFERENCE, cause, 1, detail)

    async def open(self, kind: SubjectKind, limit: int) -> Sequence[str]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["open_causes"], DIFFERENCE, f"{kind} ", limit)
        return [row["cause"].removeprefix(f"{kind} ") for row in rows]

    async def close(self, kind: SubjectKind, name: str) -> None:
        async with answering():
            await self._pool.execute(QUERIES["close_alerts"], [DIFFERENCE], [f"{kind} {name}"], _now_ms())

    def compared(self, kind: SubjectKind, records: int) -> None:
        books.reconciled(kind, records)

    async def round_ended(self, differences: int) -> None:
        books.reconcile_round(differences)


def _detail(difference: Difference, events: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    here, there = _fields(difference.hot), _fields(difference.stored)
    names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    return {
        "kind": difference.kind.value,
        "name": difference.name,
        "ledger_seq": difference.ledger_seq,
        "redis": {name: here.get(name) for name in names} if difference.hot else None,
        "ledger": {name: there.get(name) for name in names} if difference.stored else None,
        "events": events,
    }


def _fields(record: Stock | Reservation | None) -> Mapping[str, object]:
    """By name, levels by warehouse; what a customer's attributes say is nobody's business here."""
    if record is None:
        return {}
    fields = record._asdict()
    if isinstance(record, Stock):
        del fields["levels"]
        return fields | {f"level {level.warehouse}": level._asdict() for level in record.levels}
    fields["lines"] = [line._asdict() for line in record.lines]
    return fields | {"attributes": f"{len(record.attributes)} characters"}


def _event(row: Any) -> Mapping[str, object]:
    return {
        "event_id": event_id(row["seq"]),
        "at_ms": row["at_ms"],
        "type": row["type"],
        "subject": row["subject"],
        "status": row["status"],
        "changes": msgspec.json.decode(row["changes"]) if row["changes"] else [],
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
