"""The sale: the crowd, the packing hall and a watcher of the hot SKU's stock, all at once over HTTP."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from inventory_service.demo.client import InventoryClient, Pulse
from inventory_service.demo.crowd import Shopper
from inventory_service.demo.options import DemoOptions
from inventory_service.demo.packing import PackingHall
from inventory_service.demo.shopping import Shop
from inventory_service.demo.told import Bookkeeping

WATCH_SECONDS = 0.4
LAST_CALL_S = 2.0  # after the last hold of the rush has expired: what it leaves still finds a buyer
QUIET_TIMEOUT_S = 30.0  # beyond the holds' own time


@dataclass(slots=True)
class Board:
    """What there is to see while it runs. `stock` is the service's last answer about the hot SKU."""

    options: DemoOptions
    hot_sku: str
    crowd: Sequence[Shopper]
    pulse: Pulse
    book: Bookkeeping = field(default_factory=Bookkeeping)
    started: float = field(default_factory=time.monotonic)
    phase: str = "sale"
    arrived: int = 0
    stock: Mapping[str, Any] = field(default_factory=dict)
    overpromised_looks: int = 0  # answers in which more was promised than stood on the shelves

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started


async def hold_sale(client: InventoryClient, board: Board, run: str, random: Random) -> None:
    """From the opening until every shopper has left, every parcel is scanned and no hold is open."""
    hall = PackingHall(client, board.book, run, random)
    hold_seconds = board.options.hold_seconds
    last_chance_s = board.options.seconds + hold_seconds + LAST_CALL_S
    shop = Shop(client, board.book, run, hold_seconds, last_chance_s, hall.put, random)
    board.started = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        watcher = tasks.create_task(_watch(client, board, shop))
        packers = tasks.create_task(hall.work())
        async with asyncio.TaskGroup() as crowd:
            for shopper in board.crowd:
                crowd.create_task(shop.visit(shopper))
        hall.close()
        board.phase = "last parcels and expiries"
        await packers
        await _until_quiet(client, board)
        watcher.cancel()


async def _watch(client: InventoryClient, board: Board, shop: Shop) -> None:
    while True:
        answer = await client.settle("stock", "GET", f"/v1/stock/{board.hot_sku}")
        if answer.status == 200:
            board.stock = answer.body
            board.overpromised_looks += answer.body["deficit"] > 0
        board.arrived = shop.arrived
        await asyncio.sleep(WATCH_SECONDS)


async def _until_quiet(client: InventoryClient, board: Board) -> None:
    """Wait for the last expiries; if they take too long the proof shows what is still held."""
    give_up = time.monotonic() + board.options.hold_seconds + QUIET_TIMEOUT_S
    while time.monotonic() < give_up:
        answer = await client.settle("stock", "GET", f"/v1/stock/{board.hot_sku}")
        if answer.status == 200 and not answer.body["held"]:
            board.stock = answer.body
            return
        await asyncio.sleep(WATCH_SECONDS)
