"""A writer that lost the ledger to another one goes on: it takes whatever owner the ledger has for itself.

Seen by: of two writers one stops.
"""

from inventory_service.domain.events import Position
from inventory_service.ledger.pool import Connection
from inventory_service.ledger.queries import QUERIES
from inventory_service.ledger.writer import PostgresLedgerWriter
from tests.faults.planting import replace

FAULTS = "two-workers"


def plant() -> None:
    lock = PostgresLedgerWriter._lock_offset

    async def lock_as_anybody(self: PostgresLedgerWriter, connection: Connection) -> Position:
        row = await connection.fetchrow(QUERIES["lock_offset"], self._partition)
        assert row is not None
        self._owner_epoch = row["owner_epoch"]
        return await lock(self, connection)

    replace(PostgresLedgerWriter, "_lock_offset", lock_as_anybody)
