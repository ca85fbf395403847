"""One connection that hears what is announced in Postgres."""

from collections.abc import Callable, Mapping
from contextlib import suppress

import asyncpg

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.pool import Connection, Pool, answering
from inventory_service.ledger.queries import QUERIES

Heard = Callable[[str], None]  # gets the payload


class Ear:
    """Takes a connection of the pool while it listens. What is said while there is none is lost: look as well."""

    def __init__(self, pool: Pool, channels: Mapping[str, Heard]) -> None:
        self._pool = pool
        self._channels = channels
        self._connection: Connection | None = None

    async def listen(self) -> None:
        """Listen, if it does not by now. Raises NotReady."""
        if await self._hears():
            return
        await self.stop()
        async with answering():
            connection = await self._pool.acquire()
        self._connection = connection
        try:
            async with answering():
                for channel in self._channels:
                    await connection.add_listener(channel, self._hear)
        except BaseException:
            _end(connection)  # one that hears a part of it would pass for one that hears
            raise

    async def _hears(self) -> bool:
        """It is asked each time: of a server that went without a word the connection says nothing, for hours."""
        if self._connection is None:
            return False
        try:
            async with answering():
                await self._connection.fetchval(QUERIES["postgres_now"])
        except NotReady:
            _end(self._connection)
            return False
        return True

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


def _end(connection: Connection) -> None:
    """The pool takes a connection back that dies, and then it refuses every call, this one too."""
    with suppress(asyncpg.InterfaceError):
        connection.terminate()
