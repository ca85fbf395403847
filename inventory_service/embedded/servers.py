"""Both servers of one data folder, for one service at a time."""

import asyncio
import os
from pathlib import Path

from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.errors import EmbeddedError
from inventory_service.embedded.places import (
    SERVICE_LOCK,
    Running,
    Urls,
    forget_running,
    lock_file,
    lock_service,
    password,
    read_running,
    write_running,
)
from inventory_service.embedded.postgres import PostgresServer, cluster_major
from inventory_service.embedded.processes import is_alive
from inventory_service.embedded.redis import RedisServer


def running(data_dir: Path) -> Urls | None:
    """The servers that run on this data folder now, for a command beside the service; None when they do not."""
    known = read_running(data_dir.absolute())
    return known.urls if known and is_alive(known.redis) and is_alive(known.postgres) else None


def in_use(data_dir: Path) -> bool:
    """Whether a service, or a command alone, has this data folder now. Its servers may outlive it."""
    lock = lock_file(data_dir.absolute() / SERVICE_LOCK)
    if lock is not None:
        os.close(lock)
    return lock is None


def last_known(data_dir: Path) -> Urls | None:
    """Where the servers of this data folder were last, whether or not they still run; None: stopped in good order."""
    known = read_running(data_dir.absolute())
    return known.urls if known else None


class EmbeddedServers:
    """Redis and Postgres with their data under `data_dir`. Whoever starts them stops them last of all."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.absolute()
        self._lock: int | None = None
        self._redis: RedisServer | None = None
        self._postgres: PostgresServer | None = None

    async def start(self) -> Urls:
        """Start both, or adopt those that a killed service left running.

        Raises MissingServers, DataDirInUse, ServerFailed, EmbeddedError; then neither runs.
        """
        try:
            return await self._start()
        except OSError as error:
            await self.stop()
            raise EmbeddedError(f"the data folder {self._data_dir} cannot be used: {error}") from error
        except BaseException:
            await self.stop()
            raise

    async def revive(self) -> None:
        """Start again whichever has died, at the same address; one that lives is not touched. Raises ServerFailed."""
        if self._redis and self._postgres:
            await asyncio.gather(self._redis.start(), self._postgres.start())
            urls = Urls(self._redis.url, self._postgres.url)
            write_running(self._data_dir, Running(urls, self._redis.identity, self._postgres.identity))

    async def stop(self) -> None:
        """Stop both and let go of the data folder; harmless when nothing runs."""
        await asyncio.gather(*(server.stop() for server in (self._redis, self._postgres) if server))
        if self._redis and self._postgres:
            forget_running(self._data_dir)
        self._redis = self._postgres = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _start(self) -> Urls:
        binaries = find_binaries(cluster_major=cluster_major(self._data_dir))
        (self._data_dir / "logs").mkdir(parents=True, exist_ok=True)
        self._data_dir = self._data_dir.resolve()
        self._lock = lock_service(self._data_dir)
        secret = password(self._data_dir)
        self._redis = RedisServer(binaries.redis, self._data_dir, secret)
        self._postgres = PostgresServer(binaries, self._data_dir, secret)
        results = await asyncio.gather(self._redis.start(), self._postgres.start(), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        urls = Urls(self._redis.url, self._postgres.url)
        write_running(self._data_dir, Running(urls, self._redis.identity, self._postgres.identity))
        return urls
