"""A TCP proxy in front of one server that hurts connections: late, torn, half-open, swallowed, reset, refused."""

import asyncio
import random
import socket
import struct
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

_CHUNK = 1 << 16
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: the kernel sends RST instead of FIN


class Direction:
    """What happens to bytes on one of the two ways through every connection."""

    def __init__(self) -> None:
        self.delay_seconds = 0.0  # for each chunk
        self.swallow = False  # bytes vanish, the connection stays
        self.cut_within = 0  # bytes: of the next chunk less than so many pass, then the connection is reset
        self._open = asyncio.Event()
        self._open.set()

    def hold(self) -> None:
        """Bytes wait until `heal`, and then arrive late."""
        self._open.clear()

    def heal(self) -> None:
        self.delay_seconds, self.swallow, self.cut_within = 0.0, False, 0
        self._open.set()

    async def wait(self, seen: Counter[str]) -> None:
        if self.delay_seconds:
            seen["proxy.delayed"] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(self.delay_seconds):
                    await asyncio.Event().wait()
        if not self._open.is_set():
            seen["proxy.held"] += 1
            await self._open.wait()


class Pipe:
    """One connection through the proxy. `asked`: a request went to the server, and no byte has come back since."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.asked = False

    def reset(self) -> None:
        for writer in (self.client, self.server):
            abort(writer)


class FaultProxy:
    """Listens on a free port of loopback. `upstream`: path of a Unix socket, or (host, port); may be changed."""

    def __init__(self, upstream: str | tuple[str, int], seen: Counter[str]) -> None:
        self.upstream = upstream
        self.seen = seen  # evidence, under names of `evidence.py`
        self.to_server = Direction()
        self.to_client = Direction()
        self.refuses = False
        self._rng = random.Random(0)
        self._pipes: set[Pipe] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stirred = asyncio.Event()  # at every chunk
        self._stopped = False
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._stopped = True
        if self._server is not None:
            self._server.close()
        self.reset_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def connections(self) -> int:
        return len(self._pipes)

    @property
    def asked(self) -> int:
        """Connections on which a reply is awaited."""
        return sum(pipe.asked for pipe in self._pipes)

    def reset_all(self) -> int:
        """RST on every connection; on how many of them a reply was awaited."""
        awaited = self.asked
        self.seen["proxy.reset"] += len(self._pipes)
        self.seen["proxy.reset_with_reply_awaited"] += awaited
        for pipe in list(self._pipes):
            pipe.reset()
        return awaited

    async def until(self, condition: Callable[[], object], within_seconds: float = 5.0) -> bool:
        """Whether it came true, looked at whenever bytes pass."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                while not condition():
                    self._stirred.clear()
                    await self._stirred.wait()
        return bool(condition())

    async def until_seen(self, name: str, count: int) -> bool:
        """Whether that evidence came to be, so often."""
        return await self.until(lambda: self.seen[name] >= count)

    def heal(self) -> None:
        self.refuses = False
        self.to_server.heal()
        self.to_client.heal()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """No task of the server's own, which would be unknown to `stop` until it has begun."""
        if self._stopped:
            abort(writer)
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if task.cancelled():  # before it began
                abort(writer)

        task.add_done_callback(ended)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._connect(reader, writer)
        except (OSError, asyncio.CancelledError):
            abort(writer)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            self.seen["proxy.refused"] += 1
            self._stirred.set()
            abort(writer)
            return
        up_reader, up_writer = await self._dial()
        pipe = Pipe(writer, up_writer)
        self._pipes.add(pipe)
        ways = [
            asyncio.create_task(self._pump(reader, pipe, self.to_server, to_server=True)),
            asyncio.create_task(self._pump(up_reader, pipe, self.to_client, to_server=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._pipes.discard(pipe)
            for way in ways:
                way.cancel()
            writer.close()  # before the wait: `stop` may cancel it, and then they stayed open
            up_writer.close()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.upstream, str):
            return await asyncio.open_unix_connection(self.upstream, limit=_CHUNK)
        return await asyncio.open_connection(*self.upstream, limit=_CHUNK)

    async def _pump(self, source: asyncio.StreamReader, pipe: Pipe, way: Direction, *, to_server: bool) -> None:
        target = pipe.server if to_server else pipe.client
        with suppress(OSError):
            while chunk := await source.read(_CHUNK):
                pipe.asked = to_server
                self._stirred.set()
                await way.wait(self.seen)
                if way.swallow:
                    self.seen["proxy.swallowed"] += 1
                    continue
                if way.cut_within:
                    target.write(chunk[: self._rng.randrange(min(way.cut_within, len(chunk)))])
                    way.cut_within = 0
                    self.seen["proxy.torn"] += 1
                    pipe.reset()
                    return
                target.write(chunk)
                await target.drain()


def abort(writer: asyncio.StreamWriter) -> None:
    """End a connection at once; on TCP with RST."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.family == socket.AF_INET:
        with suppress(OSError, ValueError):  # uvloop raises ValueError for a socket that is closed already
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
