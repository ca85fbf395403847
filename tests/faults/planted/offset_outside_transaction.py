"""The ledger's offset moves in a transaction of its own, before the rows are written.

Seen by: the log has no gap, and every row was written.
"""

from inventory_service.domain.events import Position
from inventory_service.ledger.pool import Connection
from inventory_service.ledger.writer import Append, PostgresLedgerWriter
from tests.faults.planting import replace

FAULTS = "kill-worker,kill-postgres,reset-postgres,kill-at-flush"


def plant() -> None:
    lock, move = PostgresLedgerWriter._lock_offset, PostgresLedgerWriter._move_offset

    async def lock_elsewhere(self: PostgresLedgerWriter, _: Connection) -> Position:
        async with self._pool.acquire() as other:
            return await lock(self, other)

    async def move_elsewhere(self: PostgresLedgerWriter, _: Connection, append: Append) -> None:
        async with self._pool.acquire() as other:
            await move(self, other, append)

    replace(PostgresLedgerWriter, "_lock_offset", lock_elsewhere)
    replace(PostgresLedgerWriter, "_move_offset", move_elsewhere)
