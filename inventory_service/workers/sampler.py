"""Looks at both stores every few seconds and shows what it saw. A store that is away does not hide the other."""

from collections.abc import Callable

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Position
from inventory_service.engine.redis_figures import RedisFigures
from inventory_service.ledger.figures import PostgresFigures
from inventory_service.telemetry import books

SAMPLE_S = 2.0


class Sampler:
    """`run_once` is a `Loop`; `ledger` tells where the ledger stands."""

    def __init__(self, hot: RedisFigures, cold: PostgresFigures, ledger: Callable[[], Position]) -> None:
        self._hot = hot
        self._cold = cold
        self._ledger = ledger

    async def run_once(self) -> float:
        """Raises NotReady when a store is away, having shown what the other one said."""
        away: list[NotReady] = []
        try:
            books.show_hot(await self._hot.figures(self._ledger()))
        except NotReady as error:
            books.gate_open.set(0)  # a gate that cannot be asked lets nobody through
            away.append(error)
        try:
            books.show_books(await self._cold.figures())
        except NotReady as error:
            away.append(error)
        if away:
            raise away[0]
        return SAMPLE_S
