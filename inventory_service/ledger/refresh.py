"""Keeps what every process knows by heart close behind Postgres: told of a change at once, and asking every second."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from inventory_service.ledger.ear import Ear, Heard
from inventory_service.ledger.pool import Pool

REFRESH_S = 1.0
CHANNEL = "registries"  # queries.sql announces here what other processes should know at once


class Refreshed(Protocol):
    async def refresh(self) -> None:
        """Read it again. Raises NotReady."""


class Refresh:
    """`run_once` is a `Loop`: while it raises NotReady, everything goes on with what it knew last.

    It keeps one connection of the pool for listening, to `announced` as well, by channel; `stop` gives it back.
    """

    def __init__(self, pool: Pool, parts: Sequence[Refreshed], announced: Mapping[str, Heard] | None = None) -> None:
        self._parts = parts
        self._changed = asyncio.Event()
        self._ear = Ear(pool, {CHANNEL: self._hear, **(announced or {})})

    async def run_once(self) -> float:
        """Read everything, then wait for a change or a second. The wait stands behind: no change is slept through."""
        await self._ear.listen()
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
        await self._ear.stop()

    def _hear(self, _changed: str) -> None:
        self._changed.set()
