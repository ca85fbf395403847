"""The Decisions port on Postgres."""

import msgspec

from inventory_service.domain.events import EventType
from inventory_service.ledger.arrival import Arrival
from inventory_service.ledger.circuit import Circuit
from inventory_service.ledger.cursors import decode_cursor, page
from inventory_service.ledger.pool import Pool
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.allocation_ports import Decision, OpenAt

_DECIDING = [EventType.RESERVE, EventType.REACQUIRE, EventType.REALLOCATE, EventType.SHORT_PICK]


class PostgresDecisions:
    """Implements `usecases.allocation_ports.Decisions`."""

    def __init__(self, pool: Pool, arrival: Arrival) -> None:
        self._pool = pool
        self._arrival = arrival
        self._circuit = Circuit()

    async def decision(self, reservation_id: str) -> Decision | None:
        async with self._circuit.answering():
            await self._arrival.wait()
            row = await self._pool.fetchrow(QUERIES["decision_of"], reservation_id, _DECIDING)
        if row is None:
            return None
        units = msgspec.json.decode(row["units"] or "[]", type=list[tuple[str, str, int]])
        return Decision(row["type"], row["at_ms"], row["basis"] or "", row["verdicts"] or "", units)

    async def open_at(self, warehouse: str, limit: int, cursor: str) -> OpenAt:
        after = decode_cursor("open_at", cursor, int) if cursor else -1
        async with self._circuit.answering():
            await self._arrival.wait()
            rows = await self._pool.fetch(QUERIES["open_at_warehouse"], warehouse, after, limit + 1)
        shown = page("open_at", rows, limit, lambda row: row["opened_seq"], lambda row: str(row["reservation_id"]))
        return OpenAt(shown.data, shown.next_cursor)
