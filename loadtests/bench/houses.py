"""Who is measured: servers and processes of our own on loopback, each with a free port and a folder for itself."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import aiohttp

from inventory_service.domain.stock import QUANTITY_MAX
from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.redis import RedisServer
from inventory_service.outside.service import HOST, free_port
from loadtests.bench.calls import HOT
from loadtests.bench.servers import running_servers, server_folder
from loadtests.bench.steady.house import House, end_child, eventually, open_house

READY = b"ready"
READY_SECONDS = 30.0
LOG_BYTES = 100_000
END_SECONDS = 5.0
WAREHOUSE = "W"
RECEIPTS = 60  # of a million units each: more than a list of 200 reserves takes in five minutes
PEER_UNITS = 200_000  # one of the peers has a row for each
# A rewrite of the log in the middle of a turn would be one contender's alone.
NO_REWRITES = {"auto-aof-rewrite-percentage": "0"}
_REPOSITORY = Path(__file__).parents[2]


class NotStarted(Exception):
    """A process did not become ready; carries the end of what it said."""


@dataclass(frozen=True, slots=True)
class Stores:
    redis_url: str
    database_url: str


@asynccontextmanager
async def redis_alone() -> AsyncIterator[str]:
    """Its URL; durable as in production."""
    with server_folder() as folder:
        server = RedisServer(find_binaries().redis, folder, "bench", NO_REWRITES)
        try:
            await server.start()
            yield server.url
        finally:
            await server.stop()


@asynccontextmanager
async def stores() -> AsyncIterator[Stores]:
    """An empty Redis and an empty Postgres, durable as the service's own."""
    async with running_servers("bench") as servers:
        yield Stores(servers.redis.url, servers.postgres.url)


@asynccontextmanager
async def service() -> AsyncIterator[House]:
    """One API process and one worker, with as much of the hot SKU as anybody wants."""
    async with open_house() as house:
        headers = {"Authorization": f"Bearer {house.key}"}
        movements = [
            {"movement_id": f"m{n}", "type": "receive", "sku": HOT, "warehouse": WAREHOUSE, "quantity": QUANTITY_MAX}
            for n in range(RECEIPTS)
        ]
        async with aiohttp.ClientSession(house.api_url, headers=headers, raise_for_status=True) as session:
            async with session.put(f"/v1/warehouses/{WAREHOUSE}", json={"name": WAREHOUSE, "kind": "warehouse"}):
                pass
            async with session.post("/v1/stock/movements", json={"movements": movements}) as answer:
                results = (await answer.json())["results"]
        if any(result["result"] != "applied" for result in results):
            raise RuntimeError(f"the goods did not arrive: {results[0]}")
        try:
            yield house
        finally:
            for child in house.children.values():  # its data go too: there is nothing to drain
                with suppress(ProcessLookupError):
                    child.kill()


@asynccontextmanager
async def peer(name: str, stores: Stores | None = None) -> AsyncIterator[int]:
    """The port of one of `loadtests.peers`, with stock of the hot SKU. Raises NotStarted."""
    urls = ("--database-url", stores.database_url, "--redis-url", stores.redis_url) if stores else ()
    async with process("loadtests.peers", name, *urls) as port:
        stock = {"sku": HOT, "quantity": PEER_UNITS}
        url = f"http://{HOST}:{port}/stock"
        async with aiohttp.request("POST", url, json=stock, raise_for_status=True):
            pass
        yield port


@asynccontextmanager
async def constant() -> AsyncIterator[int]:
    """The port of the server that does nothing."""
    async with process("loadtests.bench.constant") as port:
        yield port


@asynccontextmanager
async def process(module: str, *arguments: str) -> AsyncIterator[int]:
    """A module of ours that takes `--port` and prints `ready` once it listens there. Raises NotStarted."""
    port = free_port(0)
    with TemporaryFile() as log:  # a pipe that nobody reads would stop whoever writes into it
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments, "--port", str(port)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            cwd=_REPOSITORY,
            start_new_session=True,  # a Ctrl-C is ours first
        )
        try:
            await _until_ready(child, log, " ".join((module, *arguments[:1])))
            yield port
        finally:
            await end_child(child, END_SECONDS)


async def _until_ready(child: asyncio.subprocess.Process, log: IO[bytes], name: str) -> None:
    async def said_so() -> bool:
        lines = os.pread(log.fileno(), LOG_BYTES, 0).splitlines()  # the child's place in the file is ours too
        if READY not in lines and child.returncode is not None:
            raise NotStarted(f"{name} did not start: {(lines or [b''])[-1].decode(errors='replace')}")
        return READY in lines

    await eventually(said_so, f"{name} is ready", READY_SECONDS)
