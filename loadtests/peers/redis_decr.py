"""The flash sale pattern: count down in Redis, answer, and let Postgres hear of it later.

DECRBY; where that ends below zero, the units are given back and the order is refused. What was answered lies in this
process's memory until a batch with it is in Postgres, so a kill forgets it, while Redis counts it as sold for ever.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec
from redis.asyncio import Redis

from loadtests.peers.pipelined import Pipelined, Words
from loadtests.peers.postgres import Pool, open_pool
from loadtests.peers.surface import NO_STOCK, NOT_FOUND, RELEASED, Answer, Line, Order, Reservation
from loadtests.peers.write_behind import Row, WriteBehind

SCHEMA = "peer_redis_decr"
KEYS = "peer:"
STOCK = KEYS + "stock:"  # + sku: how many are left
ORDER = KEYS + "order:"  # + id: a Taken
END = KEYS + "end:"  # + id: confirmed or released; none while it is held


class Taken(msgspec.Struct, array_like=True, frozen=True):
    """What Redis knows of an order."""

    sku: str
    quantity: int
    expires_at: datetime


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Taken).decode


class RedisDecr:
    """One process: it tells callers with the same id apart by itself, and remembers which SKUs are sold out."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._database_url = database_url
        self._redis_url = redis_url
        self._redis = Pipelined(redis_url)
        self._at_work: dict[str, asyncio.Event] = {}
        self._sold_out: set[str] = set()
        self._pool: Pool
        self._behind: WriteBehind

    async def open(self) -> None:
        self._pool = await open_pool(self._database_url, SCHEMA)
        self._behind = WriteBehind(self._pool)

    async def close(self) -> None:
        await self._behind.close()
        await self._pool.close()
        await self._redis.close()

    async def prepare(self) -> None:
        await self._pool.execute("TRUNCATE reservations")
        async with Redis.from_url(self._redis_url) as client:
            async for key in client.scan_iter(KEYS + "*", count=1000):
                await client.unlink(key)
        self._sold_out.clear()

    async def receive(self, line: Line) -> None:
        await self._give(line.sku, line.quantity)

    async def reserve(self, order: Order) -> Answer:
        reservation_id, line = order.reservation_id, order.line
        async with self._alone(reservation_id):
            if line.sku not in self._sold_out:
                taken = Taken(line.sku, line.quantity, order.expires_at())
                if await self._take(reservation_id, taken):
                    return Answer(201, self._tell(reservation_id, taken, "held"))
            found = await self._look(reservation_id)
            return NO_STOCK if found is None else Answer(200, found)

    async def confirm(self, reservation_id: str) -> Answer:
        return await self._end(reservation_id, "confirmed", "NX")

    async def release(self, reservation_id: str) -> Answer:
        return await self._end(reservation_id, "released")

    async def _take(self, reservation_id: str, taken: Taken) -> bool:
        known, left = await self._redis.run(
            ("SET", ORDER + reservation_id, _encode(taken), "NX", "GET"), ("DECRBY", STOCK + taken.sku, taken.quantity)
        )
        if known is not None:
            await self._give(taken.sku, taken.quantity)
        elif left < 0:
            self._sold_out.add(taken.sku)
            await self._give(taken.sku, taken.quantity, ("DEL", ORDER + reservation_id))
        else:
            return True
        return False

    async def _give(self, sku: str, quantity: int, *also: Words) -> None:
        """Units go back. Who finds an SKU sold out gives back behind that, so the last one to give sees how it is."""
        left, *_ = await self._redis.run(("INCRBY", STOCK + sku, quantity), *also)
        if left > 0:
            self._sold_out.discard(sku)

    async def _end(self, reservation_id: str, status: str, *unless_ended: str) -> Answer:
        """The first end stays, but that a paid order may be released. An id that nobody has leaves no trace."""
        async with self._alone(reservation_id):
            known, before = await self._redis.run(
                ("GET", ORDER + reservation_id), ("SET", END + reservation_id, status, *unless_ended, "GET")
            )
            if known is None:
                await self._redis.run(("DEL", END + reservation_id))
                return NOT_FOUND
            taken = _decode(known)
            if before == b"released":
                told = Reservation(reservation_id, "released", taken.expires_at)
                return Answer(200, told) if status == "released" else RELEASED
            if status == "released":
                await self._give(taken.sku, taken.quantity)
            return Answer(200, self._tell(reservation_id, taken, status))

    async def _look(self, reservation_id: str) -> Reservation | None:
        known, end = await self._redis.run(("GET", ORDER + reservation_id), ("GET", END + reservation_id))
        if known is None:
            return None
        return Reservation(reservation_id, (end or b"held").decode(), _decode(known).expires_at)

    def _tell(self, reservation_id: str, taken: Taken, status: str) -> Reservation:
        """Whoever waits for the answer, and later Postgres."""
        self._behind.put(Row(reservation_id, taken.sku, taken.quantity, status, taken.expires_at))
        return Reservation(reservation_id, status, taken.expires_at)

    @asynccontextmanager
    async def _alone(self, reservation_id: str) -> AsyncIterator[None]:
        """One call about an order at a time: a second one would see the first one's order before it stands."""
        while (other := self._at_work.get(reservation_id)) is not None:
            await other.wait()
        self._at_work[reservation_id] = asyncio.Event()
        try:
            yield
        finally:
            self._at_work.pop(reservation_id).set()
