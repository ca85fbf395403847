"""A proxy between the engine and Redis that hurts the connection in a chosen place."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from urllib.parse import urlsplit


class FaultyProxy:
    """Forwards bytes both ways; each reply to an EVALSHA is first shown to `lose_replies`."""

    def __init__(self, redis_url: str, path: Path) -> None:
        parts = urlsplit(redis_url)
        self._upstream = parts.path
        self.url = redis_url.replace(parts.path, str(path))
        self._path = path
        self.lose_replies = 0  # so many replies to scripts are swallowed, and the connection with them
        self.double_replies = 0  # so many replies to scripts are given twice
        self.on_loss: Callable[[], Awaitable[object]] | None = None  # awaited before the connection goes
        self.hold_requests = asyncio.Event()  # cleared: what is sent to Redis waits here
        self.hold_requests.set()
        self.requests = 0
        self.request_seen = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    async def stop(self) -> None:
        """Let go of everything before the event loop ends."""
        if self._server:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        with suppress(ConnectionError, asyncio.CancelledError), closing(writer):
            await self._relay(reader, writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self._upstream)
        script_asked = asyncio.Event()
        forward = asyncio.create_task(self._forward(reader, up_writer, script_asked))
        try:
            while chunk := await up_reader.read(1 << 20):
                if script_asked.is_set() and self.lose_replies > 0:
                    self.lose_replies -= 1
                    if self.on_loss is not None:
                        await self.on_loss()
                    break
                if script_asked.is_set() and self.double_replies > 0:
                    self.double_replies -= 1
                    chunk += chunk
                script_asked.clear()
                writer.write(chunk)
                await writer.drain()
        finally:
            forward.cancel()
            up_writer.close()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, script_asked: asyncio.Event
    ) -> None:
        while chunk := await reader.read(1 << 20):
            if b"EVALSHA" in chunk:
                self.requests += 1
                script_asked.set()
                self.request_seen.set()
            await self.hold_requests.wait()
            writer.write(chunk)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def faulty_proxy(redis_url: str, folder: Path) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(redis_url, folder / "proxy.sock")
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
