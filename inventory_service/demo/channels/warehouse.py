"""The warehouse: reads what it is to ship, and answers every entry, some of them twice as a WMS does."""

import asyncio
from random import Random

from inventory_service.demo.channels.board import Board, Row
from inventory_service.demo.client import InventoryClient

LOOK_SECONDS = 0.5
ANSWERED_TWICE_SHARE = 0.1
PAGE = 200
PAGES_MAX = 1000


class Warehouse:
    """`work` goes on until cancelled. `skip`: what lies in the feed from before."""

    def __init__(self, client: InventoryClient, board: Board, run: str, random: Random) -> None:
        self._client = client
        self._board = board
        self._run = run
        self._random = random
        self._cursor = "0"

    async def skip(self) -> None:
        for _ in range(PAGES_MAX):
            if not await self._read():
                return

    async def work(self) -> None:
        while True:
            entries = await self._read()
            self._board.entries += entries
            await asyncio.gather(*(self._answer(entry) for entry in entries))
            if not entries:
                await asyncio.sleep(LOOK_SECONDS)

    async def _read(self) -> list[Row]:
        path = f"/v1/wms/outbound-orders?limit={PAGE}&cursor={self._cursor}"
        answer = await self._client.settle("feed", "GET", path)
        if answer.status != 200:
            return []
        self._cursor = answer.body["next_cursor"]
        return list(answer.body["data"])

    async def _answer(self, entry: Row) -> None:
        """What is to be shipped will be; of what is taken back nothing has left."""
        saying = "not-shipped" if entry["kind"] == "cancel" else "ack"
        path = f"/v1/wms/outbound-orders/{entry['order_no']}/{saying}"
        body = {
            "answer_id": f"demo-{self._run}-{entry['position']}",
            "warehouse": entry["warehouse"],
            "position": entry["position"],
        }
        for _ in range(2 if self._random.random() < ANSWERED_TWICE_SHARE else 1):
            answer = await self._client.settle("answer", "POST", path, body)
            if answer.status != 200:
                self._board.claims.append(f"{saying} {entry['order_no']}: {answer.status} {answer.code}")
                return
        self._board.answered.add(entry["position"])
