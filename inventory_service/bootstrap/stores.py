"""Where Redis and Postgres are: at the given URLs, running already under the data folder, or started by us."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import structlog

from inventory_service.embedded import EmbeddedServers, ServerFailed, Urls, running
from inventory_service.settings import Settings, SettingsError, variable_name
from inventory_service.workers.shutdown import Shutdown

log = structlog.get_logger()

LOOK_EVERY_S = 1.0


def with_urls(settings: Settings, urls: Urls) -> Settings:
    return msgspec.structs.replace(settings, redis_url=urls.redis_url, database_url=urls.database_url)


def given_urls(settings: Settings) -> Urls:
    """Both URLs. Raises SettingsError where they are not set: the caller never starts servers of its own."""
    if settings.redis_url is None or settings.database_url is None:
        missing = f"{variable_name('redis_url')} and {variable_name('database_url')}"
        raise SettingsError([f"{missing}: are needed here; only `serve` starts servers of its own"])
    return Urls(settings.redis_url, settings.database_url)


@asynccontextmanager
async def found_stores(settings: Settings) -> AsyncIterator[Settings]:
    """Settings with both URLs, for a command beside the service, or alone: then with servers for its own time.

    Raises EmbeddedError.
    """
    if not settings.embedded:
        yield settings
    elif (urls := running(settings.data_dir)) is not None:
        yield with_urls(settings, urls)
    else:
        async with own_servers(settings) as (_, own_settings):
            yield own_settings


@asynccontextmanager
async def own_servers(settings: Settings) -> AsyncIterator[tuple[EmbeddedServers, Settings]]:
    """Embedded servers while the context lasts. Raises EmbeddedError."""
    servers = EmbeddedServers(settings.data_dir)
    urls = await servers.start()
    try:
        yield servers, with_urls(settings, urls)
    finally:
        await servers.stop()


async def keep_running(servers: EmbeddedServers, settings: Settings, shutdown: Shutdown) -> None:
    """Start both servers anew when one of them has died, until the shutdown is requested.

    Raises EmbeddedError when they do not come back where every process looks for them.
    """
    while not await shutdown.pause(LOOK_EVERY_S):
        if await asyncio.to_thread(running, settings.data_dir) is None:
            log.error("embedded.died", data_dir=str(settings.data_dir))
            await servers.stop()
            urls = await servers.start()
            if urls != given_urls(settings):
                raise ServerFailed("the embedded servers came back at another address; start the service again")
            log.info("embedded.restarted")
