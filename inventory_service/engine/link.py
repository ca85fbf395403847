"""One connection to Redis, and the split of its errors into what did not happen and what may have.

redis-py's own retries stay off: they repeat send and read together, so a lost reply would run a command twice.
"""

import asyncio
from typing import Any

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    MasterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from inventory_service.engine.script import Script
from inventory_service.faultpoints import reached

_CONNECT_SECONDS = 2.0
# Answers that Redis gives before it runs anything: those that redis-py knows by class, and by their first word.
_REFUSALS = (AuthenticationError, BusyLoadingError, MasterDownError, NoPermissionError, ReadOnlyError)
_REFUSAL_WORDS = ("BUSY ", "MISCONF ", "NOREPLICAS ", "NOAUTH ", "UNKILLABLE ")
# A connection that broke. RuntimeError: what uvloop says of a transport that a reset has closed.
_BROKEN = (RedisError, OSError, TimeoutError, RuntimeError)


class NotExecuted(Exception):
    """Redis certainly did not run the command."""


class InDoubt(Exception):
    """The command was sent and no answer came: it may have run."""


class OutOfMemory(Exception):
    """Refused before it began: memory is full and the script has no allow-oom flag."""


class ScriptMissing(NotExecuted):
    """The server's script cache does not hold the script."""


class ScriptFailed(Exception):
    """The script raised an error; the text is Redis's."""


class Link:
    """One connection, used by one task at a time, so that batches keep their order."""

    def __init__(self, redis_url: str) -> None:
        pool = ConnectionPool.from_url(redis_url, retry=Retry(NoBackoff(), 0), protocol=2)
        self._connection: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py leaves it bare

    async def call(self, timeout_seconds: float, *words: str | bytes | int) -> Any:
        """One command and its reply. Raises NotExecuted, InDoubt, OutOfMemory, ScriptFailed."""
        await self._connect()
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._connection.send_command(*words)
                reached("redis.sent")
                return await self._connection.read_response()
        except (ResponseError, *_REFUSALS) as error:
            raise _classified(error) from error
        except _BROKEN as error:
            await self._connection.disconnect(nowait=True)
            raise InDoubt(str(error) or type(error).__name__) from error

    async def run(
        self, timeout_seconds: float, script: Script, keys: tuple[str, ...], *arguments: str | bytes | int
    ) -> Any:
        """Run a script by its hash, loading it where the server does not have it (its cache is volatile)."""
        try:
            return await self.call(timeout_seconds, "EVALSHA", script.sha, len(keys), *keys, *arguments)
        except ScriptMissing:
            await self.call(timeout_seconds, "SCRIPT", "LOAD", script.text)
        return await self.call(timeout_seconds, "EVALSHA", script.sha, len(keys), *keys, *arguments)

    async def close(self) -> None:
        await self._connection.disconnect()

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._connection.connect()  # type: ignore[no-untyped-call]  # redis-py leaves it bare
        except _BROKEN as error:
            await self._connection.disconnect(nowait=True)
            raise NotExecuted(f"Redis cannot be reached: {str(error) or type(error).__name__}") from error


def _classified(error: RedisError) -> Exception:
    text = str(error)
    if isinstance(error, NoScriptError):
        return ScriptMissing(text)
    if isinstance(error, OutOfMemoryError):
        return OutOfMemory(text)
    if isinstance(error, _REFUSALS) or text.startswith(_REFUSAL_WORDS):
        return NotExecuted(text)
    return ScriptFailed(text)
