"""`serve`: the stores if none are given, one worker and the API processes, under one supervisor."""

import asyncio
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager

import msgspec
import structlog

from inventory_service.bootstrap.limits import API_DRAIN_MAX_S, HUB_END_MAX_S, WORKER_DRAIN_MAX_S
from inventory_service.bootstrap.notices import notices_file
from inventory_service.bootstrap.stores import given_urls, keep_running, with_urls
from inventory_service.embedded import EmbeddedServers
from inventory_service.settings import (
    Settings,
    SettingsError,
    masked_url,
    option_name,
    to_environment,
    variable_name,
    without_settings,
)
from inventory_service.telemetry.processes import MULTIPROCESS_DIR, PROCESS_NAME
from inventory_service.workers.shutdown import Shutdown, until
from inventory_service.workers.supervisor import Child, Supervisor

log = structlog.get_logger()

Announce = Callable[[str], None]

PROGRAM = (sys.executable, "-m", "inventory_service")
END_MARGIN_S = 5.0  # beyond what a process allows itself for draining


async def serve(settings: Settings, environment: Mapping[str, str], announce: Announce) -> int:
    """Everything, until SIGTERM or Ctrl-C; 0 when all of it ended by itself. `announce` gets one line once it is ready.

    `environment` is what the processes inherit beside their settings.
    Raises SettingsError, EmbeddedError, GaveUp.
    """
    notices_file(settings, environment)
    shutdown = Shutdown()
    shutdown.listen()
    with reserve_port(settings) as held:
        settings = _on_port(settings, held)
        async with _located(settings, shutdown) as located:
            if located is None:
                return 0
            stages = [[_worker(settings)], _hubs(settings), _apis(settings)]
            with _metrics_folder(settings) as metrics:
                inherited = {**environment, MULTIPROCESS_DIR: metrics}
                clean = await _supervise(stages, located, inherited, shutdown, lambda: announce(ready_line(settings)))
    return 0 if clean else 1


async def serve_apis(settings: Settings, environment: Mapping[str, str], announce: Announce) -> int:
    """Only the API processes, against given URLs; as `serve` otherwise."""
    given_urls(settings)
    shutdown = Shutdown()
    shutdown.listen()
    with reserve_port(settings) as held:
        settings = _on_port(settings, held)
        stages = [_apis(settings)]
        with _metrics_folder(settings) as metrics:
            inherited = {**environment, MULTIPROCESS_DIR: metrics}
            clean = await _supervise(stages, settings, inherited, shutdown, lambda: announce(ready_line(settings)))
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
    except (OSError, UnicodeError) as error:  # the second: no host can have this name
        names = f"{variable_name('host')} ({option_name('host')}), {variable_name('port')} ({option_name('port')})"
        place = f"{settings.host}:{settings.port}"
        raise SettingsError(
            [f"{names}: cannot listen on {place}: {getattr(error, 'strerror', None) or error}"]
        ) from error
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
    except Exception:  # whatever it is: nobody would start them again
        shutdown.request()
        raise


async def _supervise(
    stages: Sequence[Sequence[Child]],
    located: Settings,
    environment: Mapping[str, str],
    shutdown: Shutdown,
    when_ready: Callable[[], None],
) -> bool:
    """Whether every process ended by itself. Raises GaveUp."""
    supervisor = Supervisor(stages, without_settings(environment) | to_environment(located))
    try:
        if await supervisor.start(shutdown):
            when_ready()
            await supervisor.run(shutdown)
    finally:
        clean = await supervisor.stop(shutdown)
    return clean


@contextmanager
def _metrics_folder(settings: Settings) -> Iterator[str]:
    """An empty folder: nobody's old numbers are counted, and a process that is restarted goes on with its own.

    It lies in the data folder where that is ours, so that what a kill left behind is found and emptied.
    """
    if not settings.embedded:
        with tempfile.TemporaryDirectory(prefix="inventory-metrics-") as folder:
            yield folder
        return
    ours = settings.data_dir.resolve() / "metrics"
    shutil.rmtree(ours, ignore_errors=True)
    ours.mkdir(parents=True)
    try:
        yield str(ours)
    finally:
        shutil.rmtree(ours, ignore_errors=True)


def _on_port(settings: Settings, held: socket.socket) -> Settings:
    return msgspec.structs.replace(settings, port=held.getsockname()[1])


def _worker(settings: Settings) -> Child:
    # Our own empty Redis may be filled without asking: nobody else can be answering from another one.
    flags = ["--migrate", "--rebuild-empty"] if settings.embedded else ["--migrate"]
    return Child("worker", [*PROGRAM, "worker", *flags], WORKER_DRAIN_MAX_S + END_MARGIN_S, {PROCESS_NAME: "worker"})


def _apis(settings: Settings) -> list[Child]:
    """Each has a slot of its own for its metrics."""
    grace_s = settings.drain_delay_seconds + API_DRAIN_MAX_S + END_MARGIN_S
    names = [f"api-{slot}" for slot in range(settings.workers)]
    return [Child(name, [*PROGRAM, "api"], grace_s, {PROCESS_NAME: name}) for name in names]


def _hubs(settings: Settings) -> list[Child]:
    """None without the keys that credentials are sealed with: there is no shop that it could open."""
    if settings.sealing_keys is None:
        return []
    return [Child("hub", [*PROGRAM, "hub"], HUB_END_MAX_S + END_MARGIN_S, {PROCESS_NAME: "hub"})]
