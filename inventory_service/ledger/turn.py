"""Whose turn it is to be the worker, or the hub. A second one stands by instead of getting in the way of the first.

Only a courtesy: what keeps two writers apart is the owner epoch in `ledger_offsets`, and all that a hub does may be
done twice.
"""

from contextlib import suppress
from typing import Any, NamedTuple

import asyncpg

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.pool import CONNECT_TIMEOUT_S, PASSING, Pool, postgres_away, postgres_errors
from inventory_service.ledger.queries import QUERIES

LOOK_S = 1.0


class Role(NamedTuple):
    name: str
    lock_key: int  # an advisory lock of our own


WORKER = Role("worker", 0x576F726B6572)
HUB = Role("hub", 0x687562)


async def is_taken(pool: Pool, role: Role) -> bool:
    """Whether one is at work. Raises NotReady."""
    with postgres_errors():
        halves = (role.lock_key >> 32, role.lock_key & 0xFFFFFFFF)
        taken: bool = await pool.fetchval(QUERIES["turn_is_taken"], *halves)
    return taken


async def shops_without_hub(pool: Pool) -> int:
    """How many shops are to be called while no hub is at work. Raises NotReady."""
    if await is_taken(pool, HUB):
        return 0
    with postgres_errors():
        shops: int = await pool.fetchval(QUERIES["shops_to_call"])
    return shops


class TurnLost(Exception):
    """The connection that held it is gone: another one may have taken it."""


class Turn:
    """Holds the lock as long as its own connection lives: a process that died has given it back."""

    def __init__(self, database_url: str, role: Role) -> None:
        self._database_url = database_url
        self._role = role
        self._connection: Any = None

    async def take(self) -> None:
        """Raises NotReady while another one has it, or Postgres is away."""
        with postgres_away():
            connection = await asyncpg.connect(self._database_url, timeout=CONNECT_TIMEOUT_S)
            if await connection.fetchval(QUERIES["try_turn_lock"], self._role.lock_key):
                self._connection = connection
                return
            await connection.close()
        raise NotReady(f"Another {self._role.name} is at work on this ledger; this one stands by.")

    async def check(self) -> float:
        """A loop's: raises TurnLost."""
        try:
            await self._connection.fetchval(QUERIES["postgres_now"], timeout=CONNECT_TIMEOUT_S)
        except PASSING as error:
            raise TurnLost(f"the connection that held the turn of the {self._role.name} is gone") from error
        return LOOK_S

    async def give_back(self) -> None:
        if self._connection is not None:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.close(timeout=CONNECT_TIMEOUT_S)
