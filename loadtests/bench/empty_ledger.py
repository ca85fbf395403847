"""A ledger in which nothing has happened yet: what a fresh store is built from."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from inventory_service.domain.events import Position
from inventory_service.domain.reservation import Dispatch
from inventory_service.domain.stock import Stock
from inventory_service.domain.transfer import Transfer
from inventory_service.usecases.ledger_ports import Quarantined


class EmptyLedger:
    """Implements `usecases.ports.LedgerSnapshot`."""

    position = Position(0, 0)

    async def quarantined(self) -> Sequence[Quarantined]:
        return ()

    def stocks(self) -> AsyncIterator[tuple[str, Stock]]:
        return _nothing()

    def reservations(self) -> AsyncIterator[tuple[str, bytes]]:
        return _nothing()

    async def places(self, since_day: int) -> Mapping[Dispatch, int]:  # noqa: ARG002  # the port's shape
        return {}

    def transfers(self) -> AsyncIterator[tuple[str, Transfer]]:
        return _nothing()

    async def transfers_of(self, transfer_ids: Sequence[str]) -> Mapping[str, Transfer]:  # noqa: ARG002
        return {}

    def remembered(self, since_ms: int) -> AsyncIterator[tuple[str, str, int]]:  # noqa: ARG002  # the port's shape
        return _nothing()


async def _nothing() -> AsyncIterator[Any]:
    nothing: tuple[Any, ...] = ()
    for row in nothing:
        yield row
