"""The warehouse: packs what was paid and reports every parcel by an outbound scan, some twice, as a WMS does."""

import asyncio
from collections.abc import Sequence
from random import Random

from inventory_service.demo.client import InventoryClient
from inventory_service.demo.told import Bookkeeping, Promise
from inventory_service.outside.orders import Parcel

WAVE_SECONDS = 0.8  # between two batches of scans
SCANS_PER_BATCH_MAX = 200
SCANNED_TWICE_SHARE = 0.05
BATCH_SENT_TWICE_SHARE = 0.15
WAVES_MAX = 10_000


class PackingHall:
    """`put` takes what is paid; `work` sends the scans until `close` was called and everything has left."""

    def __init__(self, client: InventoryClient, book: Bookkeeping, run: str, random: Random) -> None:
        self._client = client
        self._book = book
        self._run = run
        self._random = random
        self._waiting: list[Parcel] = []
        self._closing = asyncio.Event()
        self._scans = 0

    def put(self, promise: Promise) -> None:
        for parcel in promise.parcels:
            half = parcel.quantity // 2 if self._random.random() < 0.5 else 0  # two cartons: a part_shipped order
            for quantity in filter(None, (half, parcel.quantity - half)):
                self._waiting.append(parcel.of(quantity))

    def close(self) -> None:
        self._closing.set()

    async def work(self) -> None:
        for _ in range(WAVES_MAX):
            await self._pause()
            batch, self._waiting = self._waiting[:SCANS_PER_BATCH_MAX], self._waiting[SCANS_PER_BATCH_MAX:]
            if batch:
                await self._send(batch)
            elif self._closing.is_set():
                return

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(WAVE_SECONDS):
                await self._closing.wait()
        except TimeoutError:
            pass

    async def _send(self, parcels: Sequence[Parcel]) -> None:
        scans = [(self._next_id(), parcel) for parcel in parcels]
        scans += [scan for scan in scans if self._random.random() < SCANNED_TWICE_SHARE]
        times = 2 if self._random.random() < BATCH_SENT_TWICE_SHARE else 1
        for _ in range(times):
            await self._report(scans)

    async def _report(self, scans: Sequence[tuple[str, Parcel]]) -> None:
        body = {"scans": [parcel.scan_body(scan_id) | {"package_no": f"PK{scan_id}"} for scan_id, parcel in scans]}
        answer = await self._client.settle("scan", "POST", "/v1/wms/outbound-scans", body)
        if answer.status != 200:
            self._book.claim(f"outbound scans: {answer.status} {answer.code}")
            return
        for (scan_id, parcel), result in zip(scans, answer.body["results"], strict=True):
            self._book.scan_heard(scan_id, parcel, result)

    def _next_id(self) -> str:
        self._scans += 1
        return f"scan-{self._run}-{self._scans:06d}"
