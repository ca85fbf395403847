"""The HTTP server: aiohttp's, with the time limits that it lacks, problem bodies of its own, and draining."""

import asyncio
from collections.abc import Callable

import structlog
from aiohttp import http_parser, web

from inventory_service.web.connection import Connection
from inventory_service.web.connections import OpenConnections, fitting
from inventory_service.web.doorkeeper import Doorkeeper
from inventory_service.web.endpoint import ENDPOINTS
from inventory_service.web.limits import DEFAULT_LIMITS, Limits
from inventory_service.web.listener import Listener
from inventory_service.web.matching import Matcher
from inventory_service.web.services import PROCESS
from inventory_service.web.whole import WholeCalls

log = structlog.get_logger()


def has_c_parser() -> bool:
    """Whether aiohttp's parser is the one in C; the one in Python took what no proxy takes (CVE-2026-111750)."""
    return http_parser.HttpRequestParser is not http_parser.HttpRequestParserPy


class Server:
    """Listens, and drains. One per process and app."""

    def __init__(self, app: web.Application, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._process = app[PROCESS]
        self._matcher = Matcher(app[ENDPOINTS])
        self._calls = WholeCalls(self._process)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        self._listener = Listener(self._connection, lambda: self._process.admission.is_busy)
        self._open_connections = OpenConnections(fitting(limits.connections_max))
        self._doorkeeper = Doorkeeper(self._process.admission)

    async def start(self, host: str, port: int) -> int:
        """Listen; several processes may share a port. Returns the port (useful where it was 0). Raises OSError."""
        await self._runner.setup()
        return await self._listener.open(host, port)

    def _connection(self) -> Connection:
        return Connection(
            self._runner.server,
            self._process,
            self._doorkeeper,
            self._matcher,
            self._calls,
            self._limits,
            self._open_connections,
            loop=asyncio.get_running_loop(),
            access_log=None,
            keepalive_timeout=self._limits.keepalive_seconds,
            lingering_time=self._limits.lingering_seconds,
            auto_decompress=False,
        )

    async def drain(self, announce_seconds: float = 0.0) -> None:
        """Finish what was begun, then end. /readyz says no for `announce_seconds` before the listener closes."""
        self._process.draining = True
        self._process.waiting.close()
        self._doorkeeper.pace.hurry()
        await asyncio.sleep(announce_seconds)
        await self._listener.close()
        await self._wait_for_idle_connections()
        await self._wait_for_calls()
        await self._runner.cleanup()

    async def _wait_for_idle_connections(self) -> None:
        """Each answer closes its connection; who sends nothing for the grace is closed without one."""
        try:
            async with asyncio.timeout(self._limits.idle_grace_seconds):
                await self._open_connections.wait_for_none()
        except TimeoutError:
            log.info("connections.idle", count=self._open_connections.count)

    async def _wait_for_calls(self) -> None:
        """Also the calls whose callers have been told that the outcome is unknown."""
        if self._process.in_flight:
            await asyncio.wait(self._process.in_flight, timeout=self._limits.drain_seconds)


async def serve_app(
    app: web.Application,
    host: str,
    port: int,
    stopping: asyncio.Event,
    *,
    announce_seconds: float = 0.0,
    limits: Limits = DEFAULT_LIMITS,
    on_listening: Callable[[int], None] | None = None,
) -> None:
    """Serve until `stopping` is set, then drain. `on_listening` is told the port once calls are accepted.

    Raises OSError when the address cannot be used.
    """
    server = Server(app, limits)
    bound = await server.start(host, port)
    if on_listening is not None:
        on_listening(bound)
    await stopping.wait()
    await server.drain(announce_seconds)
