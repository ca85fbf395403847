"""One connection that hears what is announced in Postgres."""

from collections.abc import Callable, Mapping
from contextlib import suppress

import asyncpg

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.pool import Connection, Pool, answering

Heard = Callable[[str], None]  # gets the payload


class Ear:
    """Takes a connection of the pool while it listens. What is said while there is none is lost: look as well."""

    def __init__(self, pool: Pool, channels: Mapping[str, Heard]) -> None:
        self._pool = pool
        self._channels = channels
        self._connection: Connection | None = None

    async def listen(self) -> None:
        """Listen, if it does not by now. Raises NotReady."""
        if self._connection is not None and _hears(self._connection):
            return
        await self.stop()
        async with answering():
            self._connection = await self._pool.acquire()
            for channel in self._channels:
                await self._connection.add_listener(channel, self._hear)

    async def stop(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(NotReady):  # it died: then there is nothing to take back
            async with answering():
                for channel in self._channels:
                    await connection.remove_listener(channel, self._hear)
        with suppress(NotReady):
            async with answering():
                await self._pool.release(connection)

    def _hear(self, _connection: object, _pid: object, channel: str, payload: object) -> None:
        self._channels[channel](str(payload))


def _hears(connection: Connection) -> bool:
    """The pool takes a connection back that dies, and then it refuses every question, this one too."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False
