"""Whose turn it is to be the worker. A second one stands by instead of fencing the first for ever.

Only a courtesy: what keeps two writers apart is the owner epoch in `ledger_offsets`.
"""

from contextlib import suppress
from typing import Any

import asyncpg

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.pool import CONNECT_TIMEOUT_S, postgres_away
from inventory_service.ledger.queries import QUERIES

LOCK_KEY = 0x576F726B6572  # "Worker": an advisory lock of our own


class WorkerTurn:
    """Holds the lock as long as its own connection lives: a worker that died has given it back."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._connection: Any = None

    async def take(self) -> None:
        """Raises NotReady while another worker has it, or Postgres is away."""
        with postgres_away():
            connection = await asyncpg.connect(self._database_url, timeout=CONNECT_TIMEOUT_S)
            if await connection.fetchval(QUERIES["try_worker_lock"], LOCK_KEY):
                self._connection = connection
                return
            await connection.close()
        raise NotReady("Another worker is at work on this ledger; this one stands by.")

    async def give_back(self) -> None:
        if self._connection is not None:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.close(timeout=CONNECT_TIMEOUT_S)
