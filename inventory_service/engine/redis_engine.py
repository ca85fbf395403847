"""The StockEngine port on Redis: one ordered lane for changes, one for reads that need not wait behind them."""

import asyncio
from collections.abc import Awaitable
from typing import cast

from inventory_service.domain.commands import (
    Movement,
    Preview,
    ReadReservation,
    ReadStock,
    ReservationCommand,
    ScanCommand,
    ShortPick,
    StockCommand,
    TransferCommand,
)
from inventory_service.domain.durability import ON_DISK, Levels
from inventory_service.domain.outcomes import (
    MovementOutcome,
    PreviewOutcome,
    ReservationOutcome,
    ScanOutcome,
    ShortPickOutcome,
    StockOutcome,
    TransferOutcome,
)
from inventory_service.engine.acknowledgement import Acknowledgement, LedgerArrival
from inventory_service.engine.batcher import Batcher
from inventory_service.engine.delivery import Delivery
from inventory_service.engine.kernel import Kernel
from inventory_service.engine.witness import Witness


class RedisEngine:
    """Implements `usecases.ports.StockEngine` and `AllocationEngine`. Connects when first used; start it
    before anything is queued.

    `levels`: what answers wait for; `ledger`: who knows where it stands, for the level of its name; `asserted`: a
    person vouches that Redis keeps what it answers, so nobody looks.
    """

    def __init__(
        self,
        redis_url: str,
        levels: Levels = ON_DISK,
        *,
        ledger: LedgerArrival | None = None,
        asserted: bool = False,
    ) -> None:
        witness = Witness(levels, asserted=asserted)
        self._changes = Batcher(Delivery(Kernel(redis_url, witness)), "changes", Acknowledgement(levels, ledger))
        self._reads = Batcher(Delivery(Kernel(redis_url)), "reads", Acknowledgement())
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

    def wait_seconds(self) -> float:
        """How long the oldest command of either lane has waited."""
        return max(self._changes.wait_seconds, self._reads.wait_seconds)

    def reservation(self, command: ReservationCommand) -> Awaitable[ReservationOutcome]:
        lane = self._reads if isinstance(command, ReadReservation) else self._changes
        return cast("Awaitable[ReservationOutcome]", lane.submit(command))

    def movement(self, command: Movement) -> Awaitable[MovementOutcome]:
        return cast("Awaitable[MovementOutcome]", self._changes.submit(command))

    def scan(self, command: ScanCommand) -> Awaitable[ScanOutcome]:
        return cast("Awaitable[ScanOutcome]", self._changes.submit(command))

    def transfer(self, command: TransferCommand) -> Awaitable[TransferOutcome]:
        return cast("Awaitable[TransferOutcome]", self._changes.submit(command))

    def stock(self, command: StockCommand) -> Awaitable[StockOutcome]:
        lane = self._reads if isinstance(command, ReadStock) else self._changes
        return cast("Awaitable[StockOutcome]", lane.submit(command))

    def short_pick(self, command: ShortPick) -> Awaitable[ShortPickOutcome]:
        return cast("Awaitable[ShortPickOutcome]", self._changes.submit(command))

    def preview(self, command: Preview) -> Awaitable[PreviewOutcome]:
        return cast("Awaitable[PreviewOutcome]", self._reads.submit(command))
