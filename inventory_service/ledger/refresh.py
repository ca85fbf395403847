"""Keeps what every process knows by heart at most 2 s behind Postgres."""

from collections.abc import Sequence
from typing import Protocol

REFRESH_S = 1.0


class Refreshed(Protocol):
    async def refresh(self) -> None:
        """Read it again. Raises NotReady."""


class Refresh:
    """`run_once` is a `Loop`: while it raises NotReady, everything goes on with what it knew last."""

    def __init__(self, parts: Sequence[Refreshed]) -> None:
        self._parts = parts

    async def run_once(self) -> float:
        for part in self._parts:
            await part.refresh()
        return REFRESH_S
