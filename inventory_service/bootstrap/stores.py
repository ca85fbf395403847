"""Where Redis and Postgres are: at the given URLs, running already under the data folder, or started by us."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import structlog

from inventory_service.embedded import DataDirInUse, EmbeddedError, EmbeddedServers, Urls, in_use, last_known, running
from inventory_service.settings import Settings, SettingsError, variable_name
from inventory_service.workers.shutdown import Shutdown

log = structlog.get_logger()

LOOK_EVERY_S = 0.5  # how soon a server that died is missed
BETWEEN_MAX_S = 30.0
BETWEEN_LOOK_S = 0.1


def with_urls(settings: Settings, urls: Urls) -> Settings:
    return msgspec.structs.replace(settings, redis_url=urls.redis_url, database_url=urls.database_url)


def given_urls(settings: Settings) -> Urls:
    """Both URLs. Raises SettingsError where they are not set: the caller never starts servers of its own."""
    if settings.redis_url is None or settings.database_url is None:
        missing = f"{variable_name('redis_url')} and {variable_name('database_url')}"
        raise SettingsError([f"{missing}: are needed here; only `serve` starts servers of its own"])
    return Urls(settings.redis_url, settings.database_url)


def known_urls(settings: Settings) -> Urls | None:
    """Where the stores are, or were when they died; None: no service runs on the data folder. Starts nothing."""
    return last_known(settings.data_dir) if settings.embedded else given_urls(settings)


@asynccontextmanager
async def found_stores(settings: Settings, *, makes: bool = False) -> AsyncIterator[Settings]:
    """Settings with both URLs, for a command beside the service, or alone: then with servers for its own time.

    `makes`: also where no service ever ran. Elsewhere a mistyped folder is told, not filled.
    Raises EmbeddedError.
    """
    if not settings.embedded:
        yield settings
        return
    if not makes and not (settings.data_dir / "postgres").exists():
        raise EmbeddedError(f"{settings.data_dir.absolute()} holds no data of a service: is --data-dir right?")
    servers = EmbeddedServers(settings.data_dir)
    urls = await _running_or_started(servers, settings)
    try:
        yield with_urls(settings, urls)
    finally:
        await servers.stop()  # does nothing to those of the service


async def _running_or_started(servers: EmbeddedServers, settings: Settings) -> Urls:
    """A service that is just starting, stopping or bringing one of them back is waited for. Servers that a killed one
    left running are taken over, and end with us.
    """
    deadline = time.monotonic() + BETWEEN_MAX_S
    while True:
        urls = running(settings.data_dir)
        if urls is not None and in_use(settings.data_dir):
            return urls
        try:
            return await servers.start()
        except DataDirInUse:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(BETWEEN_LOOK_S)


async def keep_running(servers: EmbeddedServers, settings: Settings, shutdown: Shutdown) -> None:
    """Start a server anew that has died, until the shutdown is requested. Raises EmbeddedError."""
    while not await shutdown.pause(LOOK_EVERY_S):
        if await asyncio.to_thread(running, settings.data_dir) is None:
            log.error("embedded.died", data_dir=str(settings.data_dir))
            await servers.revive()
            log.info("embedded.revived")
