"""The CaseBook port on Postgres: what people do with exceptions and alerts."""

import time
from collections.abc import Sequence

from inventory_service.ledger.events import exception_seq, number_in
from inventory_service.ledger.pool import Pool, answering, changing
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.reader import alert, scan_exception
from inventory_service.usecases.ports import Alert, ParkedCandidate


class PostgresCaseBook:
    """Implements `usecases.ports.CaseBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def resolve_exception(self, exception_id: str, resolution: str, note: str, by: str) -> bool:
        arguments = (exception_seq(exception_id), resolution, note, by, _now_ms())
        async with changing(self._pool) as connection:
            return await connection.execute(QUERIES["resolve_exception"], *arguments) == "UPDATE 1"

    async def acknowledge_alert(self, alert_id: str, by: str) -> Alert | None:
        async with changing(self._pool) as connection:
            row = await connection.fetchrow(QUERIES["acknowledge_alert"], number_in(alert_id, "alr_"), by)
        return alert(row) if row else None

    async def parked_candidates(self, limit: int) -> Sequence[ParkedCandidate]:
        async with answering():
            rows = await self._pool.fetch(QUERIES["parked_candidates"], limit)
        return [ParkedCandidate(scan_exception(row), row["tied_to"]) for row in rows]


def _now_ms() -> int:
    """When a person acted: their moment, not the kernel's."""
    return time.time_ns() // 1_000_000
