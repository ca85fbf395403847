"""The StockEngine port on Redis: one ordered lane for changes, one for reads that need not wait behind them."""

import asyncio
from collections.abc import Awaitable
from typing import cast

from inventory_service.domain.commands import (
    Movement,
    ReadReservation,
    ReadStock,
    ReservationCommand,
    ScanCommand,
    StockCommand,
)
from inventory_service.domain.outcomes import MovementOutcome, ReservationOutcome, ScanOutcome, StockOutcome
from inventory_service.engine.batcher import Batcher
from inventory_service.engine.delivery import Delivery
from inventory_service.engine.kernel import Kernel


class RedisEngine:
    """Implements `usecases.ports.StockEngine`. Connects when first used; start it before anything is queued."""

    def __init__(self, redis_url: str) -> None:
        self._changes = Batcher(Delivery(Kernel(redis_url)))
        self._reads = Batcher(Delivery(Kernel(redis_url)), "reads")
        self._lanes: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._lanes = [
            asyncio.create_task(self._changes.run(), name="batcher of changes"),
            asyncio.create_task(self._reads.run(), name="batcher of reads"),
        ]

    async def stop(self) -> None:
        """Answer everything that is queued, then end. Safe to call twice, or without a start."""
        self._changes.stop()
        self._reads.stop()
        await asyncio.gather(*self._lanes)

    def reservation(self, command: ReservationCommand) -> Awaitable[ReservationOutcome]:
        lane = self._reads if isinstance(command, ReadReservation) else self._changes
        return cast("Awaitable[ReservationOutcome]", lane.submit(command))

    def movement(self, command: Movement) -> Awaitable[MovementOutcome]:
        return cast("Awaitable[MovementOutcome]", self._changes.submit(command))

    def scan(self, command: ScanCommand) -> Awaitable[ScanOutcome]:
        return cast("Awaitable[ScanOutcome]", self._changes.submit(command))

    def stock(self, command: StockCommand) -> Awaitable[StockOutcome]:
        lane = self._reads if isinstance(command, ReadStock) else self._changes
        return cast("Awaitable[StockOutcome]", lane.submit(command))
