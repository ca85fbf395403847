"""Redis by one connection: what callers ask for while replies are under way goes out together behind them.

So do clients such as lettuce, ioredis (autopipelining) and rueidis. Redis then reads, writes and fsyncs once for all.
"""

import asyncio
from typing import Any

import hiredis
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

Words = tuple[str | bytes | int, ...]
Replies = asyncio.Future[list[Any]]
# RuntimeError: what uvloop says of a transport that a reset has closed.
_BROKEN = (RedisError, OSError, RuntimeError)


class Pipelined:
    """Commands of one call run one behind the other, and calls in their order."""

    def __init__(self, redis_url: str) -> None:
        pool = ConnectionPool.from_url(redis_url, retry=Retry(NoBackoff(), 0), protocol=2)
        self._connection: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py leaves it bare
        self._waiting: list[tuple[tuple[Words, ...], Replies]] = []
        self._exchanging: asyncio.Task[None] | None = None

    async def run(self, *commands: Words) -> list[Any]:
        """The replies. Raises ConnectionError: any of the commands may have run."""
        replies: Replies = asyncio.get_running_loop().create_future()
        self._waiting.append((commands, replies))
        if self._exchanging is None:
            self._exchanging = asyncio.create_task(self._exchange())
        return await replies

    async def close(self) -> None:
        await self._connection.disconnect()

    async def _exchange(self) -> None:
        while lot := self._waiting:
            self._waiting = []
            try:
                await self._serve(lot)
            except _BROKEN as error:
                await self._connection.disconnect(nowait=True)
                for _, replies in lot:
                    if not replies.done():
                        replies.set_exception(ConnectionError(str(error)))
        self._exchanging = None

    async def _serve(self, lot: list[tuple[tuple[Words, ...], Replies]]) -> None:
        if not self._connection.is_connected:
            await self._connection.connect()  # type: ignore[no-untyped-call]  # redis-py leaves it bare
        packed = [hiredis.pack_command(words) for commands, _ in lot for words in commands]  # type: ignore[arg-type]  # its stub means a tuple of one
        await self._connection.send_packed_command(packed)
        for commands, replies in lot:
            received = [await self._connection.read_response() for _ in commands]
            if not replies.done():  # its caller has gone
                replies.set_result(received)
