"""The ledger's events in their order, and those to come as soon as they are committed."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

from inventory_service.ledger.arrival import CHANNEL
from inventory_service.ledger.events import event_id
from inventory_service.ledger.pool import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, postgres_errors
from inventory_service.ledger.queries import QUERIES

LOOK_EVERY_S = 1.0  # should an announcement get lost
STEP_EVENTS = 1000  # an interval of the log that is read at once while following

_COUNTERS = ("on_hand", "held", "committed", "unavailable", "incoming")
_INTERNAL = ("digest", "fingerprint")


@dataclass(frozen=True, slots=True)
class TailFilter:
    """Empty strings do not filter. `subject`: what the event is about, such as a reservation's id."""

    subject: str = ""
    sku: str = ""


@dataclass(frozen=True, slots=True)
class ToldChange:
    """What an event did to one SKU in one warehouse: the counters that moved, by name."""

    sku: str
    warehouse: str
    deltas: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """`status`: of the reservation after the event, "": none was touched."""

    event_id: str
    seq: int
    epoch: int
    at_ms: int
    type: str
    subject: str
    status: str
    client: str
    op_id: str
    changes: Sequence[ToldChange]
    details: Mapping[str, Any]


class EventTail:
    """Reads on one connection of its own."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._committed = asyncio.Event()
        self._seq = 0

    async def last(self, wanted: TailFilter, lines: int) -> list[ToldEvent]:
        """The newest `lines` events, oldest first. Raises NotReady."""
        with postgres_errors():
            self._seq = await self._ledger_seq()
            return await self._between(0, self._seq, lines, wanted)

    async def following(self, wanted: TailFilter) -> AsyncIterator[ToldEvent]:
        """Those behind what `last` told, without end. Raises NotReady when Postgres goes away."""
        with postgres_errors():
            await self._connection.add_listener(CHANNEL, self._hear)
            while True:
                self._committed.clear()
                newest = await self._ledger_seq()
                while self._seq < newest:
                    upto = min(newest, self._seq + STEP_EVENTS)
                    for event in await self._between(self._seq, upto, STEP_EVENTS, wanted):
                        yield event
                    self._seq = upto
                await self._pause()

    async def _between(self, after: int, upto: int, limit: int, wanted: TailFilter) -> list[ToldEvent]:
        rows = await self._connection.fetch(QUERIES["newest_events"], after, upto, limit, wanted.subject, wanted.sku)
        return [_told(row) for row in reversed(rows)]

    async def _ledger_seq(self) -> int:
        row = await self._connection.fetchrow(QUERIES["ledger_position"], 0)
        return int(row["seq"]) if row else 0

    async def _pause(self) -> None:
        """Until something was committed; a second look comes by itself, and finds a connection that died."""
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._committed.wait()
        except TimeoutError:
            return

    def _hear(self, *_: object) -> None:
        self._committed.set()


@asynccontextmanager
async def event_tail(database_url: str) -> AsyncIterator[EventTail]:
    """Raises NotReady."""
    with postgres_errors():
        connection = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_S, command_timeout=READ_TIMEOUT_S)
    try:
        yield EventTail(connection)
    finally:
        connection.terminate()  # at once: whoever follows has pressed Ctrl-C


def _told(row: Any) -> ToldEvent:
    details = msgspec.json.decode(row["details"]) if row["details"] else {}
    changes = msgspec.json.decode(row["changes"]) if row["changes"] else []
    return ToldEvent(
        event_id=event_id(row["seq"]),
        seq=row["seq"],
        epoch=row["epoch"],
        at_ms=row["at_ms"],
        type=row["type"],
        subject=row["subject"],
        status=row["status"],
        client=row["client"],
        op_id=row["op_id"],
        changes=[ToldChange(sku, warehouse, _moved(deltas)) for sku, warehouse, *deltas in changes],
        details={name: value for name, value in details.items() if name not in _INTERNAL},
    )


def _moved(deltas: Sequence[int]) -> dict[str, int]:
    return {name: delta for name, delta in zip(_COUNTERS, deltas, strict=True) if delta}
