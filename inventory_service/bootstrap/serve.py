"""`serve`: the stores if none are given, one worker and the API processes, under one supervisor."""

import asyncio
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import msgspec
import structlog

from inventory_service.bootstrap.limits import API_DRAIN_MAX_S, WORKER_DRAIN_MAX_S
from inventory_service.bootstrap.stores import keep_running, with_urls
from inventory_service.embedded import EmbeddedError, EmbeddedServers
from inventory_service.settings import (
    Settings,
    SettingsError,
    masked_url,
    option_name,
    to_environment,
    variable_name,
    without_settings,
)
from inventory_service.telemetry import MULTIPROCESS_DIR, PROCESS_NAME
from inventory_service.workers.shutdown import Shutdown, until
from inventory_service.workers.supervisor import Child, Supervisor

log = structlog.get_logger()

END_MARGIN_S = 5.0  # beyond what a process allows itself for draining


async def serve(settings: Settings, environment: Mapping[str, str], announce: Callable[[str], None]) -> int:
    """Run until SIGTERM or Ctrl-C; 0 when everything ended by itself. `announce` gets one line once all is ready.

    `environment` is what the processes inherit beside their settings.
    Raises SettingsError, EmbeddedError, GaveUp.
    """
    shutdown = Shutdown()
    shutdown.listen()
    clean = True
    with reserve_port(settings) as held, tempfile.TemporaryDirectory(prefix="inventory-metrics-") as metrics:
        settings = msgspec.structs.replace(settings, port=held.getsockname()[1])
        async with _located(settings, shutdown) as located:
            if located is not None:
                inherited = without_settings(environment) | to_environment(located) | {MULTIPROCESS_DIR: metrics}
                supervisor = Supervisor(_stages(settings), inherited)
                clean = await _run(supervisor, shutdown, lambda: announce(ready_line(settings)))
    return 0 if clean else 1


def reserve_port(settings: Settings) -> socket.socket:
    """Hold the port for the API processes, which come and go; port 0 becomes a free one.

    The first bind, without SO_REUSEPORT, fails when any other process listens there: with it alone two services
    would silently share the callers. Raises SettingsError.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            port = int(probe.getsockname()[1])
        held = socket.socket(family)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((address[0], port, *address[2:]))
    except OSError as error:
        names = f"{variable_name('host')} ({option_name('host')}), {variable_name('port')} ({option_name('port')})"
        place = f"{settings.host}:{settings.port}"
        raise SettingsError([f"{names}: cannot listen on {place}: {error.strerror}"]) from error
    return held


def ready_line(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{settings.port}"
    if settings.redis_url is None or settings.database_url is None:
        stores = f"embedded Redis and Postgres in {settings.data_dir.absolute()}"
    else:
        stores = f"Redis at {masked_url(settings.redis_url)}, Postgres at {masked_url(settings.database_url)}"
    return f"Ready: {url} - documentation: {url}/docs - {stores}"


@asynccontextmanager
async def _located(settings: Settings, shutdown: Shutdown) -> AsyncIterator[Settings | None]:
    """Settings with URLs, of embedded servers that are kept running where none are given.

    None when the end was requested before they were up. Raises EmbeddedError.
    """
    if not settings.embedded:
        yield settings
        return
    servers = EmbeddedServers(settings.data_dir)
    try:
        urls = await until(shutdown.requested, servers.start())
        if urls is None:
            yield None
            return
        located = with_urls(settings, urls)
        keeping = asyncio.create_task(_keep_servers(servers, located, shutdown))
        try:
            yield located
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        if keeping.done() and not keeping.cancelled():
            keeping.result()
    finally:
        await servers.stop()


async def _keep_servers(servers: EmbeddedServers, located: Settings, shutdown: Shutdown) -> None:
    """Without its stores the service is nothing: when they cannot be kept running, it ends."""
    try:
        await keep_running(servers, located, shutdown)
    except EmbeddedError:
        shutdown.request()
        raise


async def _run(supervisor: Supervisor, shutdown: Shutdown, announce: Callable[[], None]) -> bool:
    """Whether every process ended by itself. Raises GaveUp."""
    try:
        if await supervisor.start(shutdown):
            announce()
            await supervisor.run(shutdown)
    finally:
        clean = await supervisor.stop(shutdown)
    return clean


def _stages(settings: Settings) -> tuple[list[Child], list[Child]]:
    """The worker, and the API processes, which end first. Each API process has a slot of its own for its metrics."""
    program = [sys.executable, "-m", "inventory_service"]
    # Our own empty Redis may be filled without asking: nobody else can be answering from another one.
    flags = ["--migrate", "--rebuild-empty"] if settings.embedded else ["--migrate"]
    worker = Child("worker", [*program, "worker", *flags], WORKER_DRAIN_MAX_S + END_MARGIN_S, {PROCESS_NAME: "worker"})
    grace_s = settings.drain_delay_seconds + API_DRAIN_MAX_S + END_MARGIN_S
    names = [f"api-{slot}" for slot in range(settings.workers)]
    apis = [Child(name, [*program, "api"], grace_s, {PROCESS_NAME: name}) for name in names]
    return [worker], apis
