"""`serve`: the stores if none are given, one worker and the API processes, under one supervisor."""

import asyncio
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import msgspec
import structlog

from inventory_service.bootstrap.limits import API_DRAIN_MAX_S, WORKER_DRAIN_MAX_S
from inventory_service.bootstrap.stores import keep_running, with_urls
from inventory_service.embedded import EmbeddedError, EmbeddedServers
from inventory_service.settings import (
    Settings,
    SettingsError,
    masked_url,
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

    Raises SettingsError, EmbeddedError, GaveUp.
    """
    shutdown = Shutdown()
    shutdown.listen()
    with reserved_port(settings) as port, tempfile.TemporaryDirectory(prefix="inventory-metrics-") as metrics:
        settings = msgspec.structs.replace(settings, port=port)
        if not settings.embedded:
            return await _supervise(settings, _ready_line(settings), environment, metrics, shutdown, announce)


class Service:
    pass


@contextmanager
def reserved_port(settings: Settings) -> Iterator[int]:
    """The port, ours alone among services while the API processes come and go; port 0 becomes a free one.

    The first bind, without SO_REUSEPORT, fails when any other process listens there: with it alone two services
    would silently share the callers. Raises SettingsError.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family) as probe, socket.socket(family) as held:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            port = int(probe.getsockname()[1])
            probe.close()
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind((address[0], port, *address[2:]))
            yield port
    except OSError as error:
        what = f"{variable_name('host')}, {variable_name('port')}"
        raise SettingsError([f"{what}: cannot listen on {settings.host}:{settings.port}: {error.strerror}"]) from error
