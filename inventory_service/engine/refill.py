"""Filling Redis anew, load by load: one is gathered while Redis writes and fsyncs the one before it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from inventory_service.engine.link import Words

_LOAD_ROWS = 5_000  # two loads are in memory at most: some 3 MB

Write = Callable[[Sequence[Words]], Awaitable[None]]


class Refill:
    """Leave it to have everything written. What `write` raises is raised by a later call or when it is left."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._load: defaultdict[tuple[str, str], list[str | bytes]] = defaultdict(list)
        self._rows = 0
        self._writing: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is None:
            await self._send()
            await self._written()
        elif self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def add(self, command: str, key: str, *row: str | bytes) -> None:
        """One row of a command that takes many, as HSET takes fields with their values."""
        self._load[command, key] += row
        self._rows += 1
        if self._rows >= _LOAD_ROWS:
            await self._send()

    async def _send(self) -> None:
        await self._written()
        load = [(command, key, *rows) for (command, key), rows in self._load.items()]
        self._load.clear()
        self._rows = 0
        if load:
            self._writing = asyncio.ensure_future(self._write(load))

    async def _written(self) -> None:
        if self._writing is not None:
            await self._writing
