"""A proxy between the engine and Redis that hurts the connection in a chosen place."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
        self.hold_requests = asyncio.Event()  # cleared: what is sent to Redis waits here
        self.hold_requests.set()
        self.requests = 0
        self.request_seen = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    async def stop(self) -> None:
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self._upstream)
        script_asked = asyncio.Event()
        forward = asyncio.create_task(self._forward(reader, up_writer, script_asked))
        try:
            while chunk := await up_reader.read(1 << 20):
                if script_asked.is_set() and self.lose_replies > 0:
                    self.lose_replies -= 1
                    break
                script_asked.clear()
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            forward.cancel()
            writer.close()
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


@asynccontextmanager
async def faulty_proxy(redis_url: str, folder: Path) -> AsyncIterator[FaultyProxy]:
    proxy = FaultyProxy(redis_url, folder / "proxy.sock")
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
