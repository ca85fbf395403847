"""Keeps what every process knows by heart close behind Postgres: told of a change at once, and asking every second."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import asyncpg

from inventory_service.domain.errors import NotReady
from inventory_service.ledger.pool import Connection, Pool, answering

REFRESH_S = 1.0
CHANNEL = "registries"  # queries.sql announces here what other processes should know at once


class Refreshed(Protocol):
    async def refresh(self) -> None:
        """Read it again. Raises NotReady."""


class Refresh:
    """`run_once` is a `Loop`: while it raises NotReady, everything goes on with what it knew last.

    It keeps one connection of the pool for listening; `stop` gives it back.
    """

    def __init__(self, pool: Pool, parts: Sequence[Refreshed]) -> None:
        self._pool = pool
        self._parts = parts
        self._changed = asyncio.Event()
        self._ear: Connection | None = None

    async def run_once(self) -> float:
        """Read everything, then wait for a change or a second. The wait stands behind: no change is slept through."""
        await self._listen()
        self._changed.clear()
        await self.read()
        with suppress(TimeoutError):
            async with asyncio.timeout(REFRESH_S):
                await self._changed.wait()
        return 0.0

    async def read(self) -> None:
        """Read everything once. Raises NotReady."""
        for part in self._parts:
            await part.refresh()

    async def stop(self) -> None:
        ear, self._ear = self._ear, None
        if ear is None:
            return
        with suppress(NotReady):  # it died: then there is nothing to take back
            async with answering():
                await ear.remove_listener(CHANNEL, self._hear)
        with suppress(NotReady):
            async with answering():
                await self._pool.release(ear)

    async def _listen(self) -> None:
        if self._ear is not None and _hears(self._ear):
            return
        await self.stop()
        async with answering():
            self._ear = await self._pool.acquire()
            await self._ear.add_listener(CHANNEL, self._hear)

    def _hear(self, *_: object) -> None:
        self._changed.set()


def _hears(ear: Connection) -> bool:
    """The pool takes a connection back that dies, and then it refuses every question, this one too."""
    try:
        return not ear.is_closed()
    except asyncpg.InterfaceError:
        return False
