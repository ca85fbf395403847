"""One connection to Redis, and what each of its errors says of the command: certainly not run, or in doubt.

redis-py's own retries stay off: they repeat send and read together, so a lost reply would run a command twice.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import hiredis
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from inventory_service.engine.script import Script
from inventory_service.faultpoints import reached

_CONNECT_SECONDS = 2.0
# A connection that broke. RuntimeError: what uvloop says of a transport that a reset has closed.
_BROKEN = (RedisError, OSError, TimeoutError, RuntimeError)

Words = Sequence[str | bytes | int]


class NotExecuted(Exception):
    """Redis certainly did not run the command."""


class InDoubt(Exception):
    """The command was sent and no answer of its own came: it may have run."""


class OutOfMemory(Exception):
    """Refused before it began: memory is full and the script has no allow-oom flag."""


class ScriptMissing(NotExecuted):
    """The server's script cache does not hold the script."""


class NotAllowed(NotExecuted):
    """The account may not."""


class ScriptFailed(Exception):
    """The script raised an error; the text is Redis's."""


# Whatever fails before a connection stands (refused, no answer, wrong password, too many clients) is NotExecuted;
# whatever breaks it behind the sending (time is up, reset, closed, cancelled) is InDoubt. No pool can be exhausted.
# An error that Redis answers is judged by its first word. All but the last come before anything runs: a script that
# may write is refused at its start, since its text begins with `#!lua`. Any other word is an error of the script.
VERDICTS: Mapping[str, type[Exception]] = {
    "LOADING": NotExecuted,  # it is still reading its log
    "MASTERDOWN": NotExecuted,  # a replica that lost its primary
    "CLUSTERDOWN": NotExecuted,
    "TRYAGAIN": NotExecuted,  # the slot is on the move
    "MOVED": NotExecuted,  # the slot is another server's
    "ASK": NotExecuted,
    "READONLY": NotExecuted,  # a replica
    "NOREPLICAS": NotExecuted,  # fewer replicas than min-replicas-to-write
    "MISCONF": NotExecuted,  # it cannot write to its disk
    "BUSY": NotExecuted,  # another script runs for too long
    "NOAUTH": NotExecuted,
    "WRONGPASS": NotExecuted,
    "NOPERM": NotAllowed,
    "NOSCRIPT": ScriptMissing,
    "OOM": OutOfMemory,
    "UNBLOCKED": InDoubt,  # somebody ended our wait by hand
}


class Link:
    """One connection, used by one task at a time, so that batches keep their order."""

    def __init__(self, redis_url: str) -> None:
        pool = ConnectionPool.from_url(redis_url, retry=Retry(NoBackoff(), 0), protocol=2)
        self._connection: AbstractConnection = pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py leaves it bare
        self._connections = 0

    @property
    def connection_number(self) -> int:
        """Which connection this is, from 1, 0: none. What was seen over an earlier one may be of another server."""
        return self._connections if self._connection.is_connected else 0

    async def call(self, timeout_seconds: float, *words: str | bytes | int) -> Any:
        """One command and its reply. Raises NotExecuted, InDoubt, OutOfMemory, ScriptFailed."""
        return (await self._exchange(timeout_seconds, words))[0]

    async def call_all(self, timeout_seconds: float, commands: Sequence[Words]) -> None:
        """In one breath, so that Redis fsyncs once for all of them. Raises as `call`, if any of them fails."""
        replies = await self._exchange(timeout_seconds, *commands)
        for reply in replies:
            if isinstance(reply, RedisError):
                raise _classified(reply)
        if len(replies) < len(commands):
            raise InDoubt("The connection broke between the replies.")

    async def run(
        self, timeout_seconds: float, script: Script, keys: tuple[str, ...], *arguments: str | bytes | int
    ) -> Any:
        """Run a script by its hash, loading it where the server does not have it (its cache is volatile)."""
        return (await self.run_and(timeout_seconds, (), script, keys, *arguments))[0]

    async def run_and(
        self,
        timeout_seconds: float,
        behind: Sequence[Words],
        script: Script,
        keys: tuple[str, ...],
        *arguments: str | bytes | int,
    ) -> tuple[Any, list[Any]]:
        """As `run`, and in the same breath the commands `behind` it; its reply and theirs.

        The script has run when those are answered, so an error that Redis gave to one of them stands in its place, and
        replies that were lost are missing.
        """
        commands = (("EVALSHA", script.sha, len(keys), *keys, *arguments), *behind)
        try:
            replies = await self._exchange(timeout_seconds, *commands)
        except ScriptMissing:
            await self.call(timeout_seconds, "SCRIPT", "LOAD", script.text)
            replies = await self._exchange(timeout_seconds, *commands)
        return replies[0], replies[1:]

    async def close(self) -> None:
        await self._connection.disconnect()

    async def _connect(self) -> None:
        if self._connection.is_connected:
            return
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._connection.connect()  # type: ignore[no-untyped-call]  # redis-py leaves it bare
        except _BROKEN as error:
            await self._connection.disconnect(nowait=True)
            raise NotExecuted(f"Redis cannot be reached: {str(error) or type(error).__name__}") from error
        self._connections += 1

    async def _exchange(self, timeout_seconds: float, *commands: Words) -> list[Any]:
        """The replies to `commands`, at least to the first; raises if that one is an error or was lost."""
        await self._connect()
        replies: list[Any] = []
        try:
            async with asyncio.timeout(timeout_seconds):
                packed = [hiredis.pack_command(tuple(words)) for words in commands]  # type: ignore[arg-type]  # its stub means a tuple of one
                await self._connection.send_packed_command(packed)
                reached("redis.sent")
                while len(replies) < len(commands):
                    replies.append(await self._reply())
        except _BROKEN as error:
            await self._connection.disconnect(nowait=True)
            if not replies:
                raise InDoubt(str(error) or type(error).__name__) from error
        except BaseException:  # cancelled: the reply that nobody waits for must not be read as the next one's
            await self._connection.disconnect(nowait=True)
            raise
        if isinstance(replies[0], RedisError):
            raise _classified(replies[0]) from replies[0]
        return replies

    async def _reply(self) -> Any:
        """The next reply. An error that is one is returned, so that those behind it are read as well."""
        try:
            return await self._connection.read_response()
        except RedisError as error:
            if error.status_code or isinstance(error, ResponseError):
                return error
            raise


def _classified(error: RedisError) -> Exception:
    text = str(error)
    word = error.status_code or text.partition(" ")[0]
    return VERDICTS.get(word, ScriptFailed)(text)
