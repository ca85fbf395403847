"""The Postgres of a rig; `redis_server.py` has its Redis."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.postgres import PostgresServer
from tests import servers
from tests.acceptance.processes import alive

# Losing processes is the matter here, not power: what is committed must survive a SIGKILL, so commits are awaited, but
# no disk is flushed, which would only slow the rigs down.
_POSTGRES = servers.FORGETFUL_POSTGRES | {"synchronous_commit": "on", "full_page_writes": "on"}


class Postgres:
    """One cluster, and a migrated template in it."""

    def __init__(self, folder: Path) -> None:
        self._server = PostgresServer(find_binaries(), folder, servers.PASSWORD, _POSTGRES)

    @property
    def upstream(self) -> str:
        return self._server.url.partition("host=")[2].partition("&")[0] + "/.s.PGSQL.5432"

    @property
    def pid(self) -> int:
        return _living(self._server)

    def url_of(self, database: str) -> str:
        """Past the proxies."""
        return self._server.url_of(database)

    def proxied_url(self, database: str, port: int) -> str:
        return f"postgresql://inventory:{servers.PASSWORD}@127.0.0.1:{port}/{database}?sslmode=disable"

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    async def make_template(self) -> None:
        await servers.make_template(self._server)

    async def make_database(self, name: str) -> None:
        await servers.administer(self._server, f"CREATE DATABASE {name} TEMPLATE {servers.TEMPLATE}")

    async def drop_database(self, name: str) -> None:
        await servers.administer(self._server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def kill(self) -> None:
        """SIGKILL to the whole server, its backends included: they hold the lock and the memory of the cluster."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def _living(server: PostgresServer) -> int:
    try:
        pid = server.identity.pid
    except RuntimeError:
        return 0
    return pid if alive(pid) else 0
