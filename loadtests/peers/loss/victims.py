"""Who is killed: processes on stores that live on, and what Redis and Postgres say of its orders afterwards."""

import asyncio
import os
import secrets
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import aiohttp
import asyncpg
from redis.asyncio import Redis

from inventory_service.engine.redis_state import RedisState
from inventory_service.outside.service import HOST, SETTINGS_PREFIX, free_port
from loadtests.peers.loss.stores import Stores
from loadtests.peers.redis_decr import STOCK

UNITS = 1_000_000  # of each SKU
WAREHOUSE = "W"
WAIT_SECONDS = 60.0
LOOK_APART_SECONDS = 0.05
LOG_TAIL_BYTES = 2_000
DAY_MS = 86_400_000
BACKLOG_LIMIT = 2_000_000  # the service's own default


class Victim(ABC):
    """`headers`: what its callers send. `kept`: reads the ids that Postgres has."""

    name: ClassVar[str]
    kept: ClassVar[str]
    headers: Mapping[str, str]

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._port = free_port(0)
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @abstractmethod
    async def start(self) -> None:
        """Returns once it answers, and has done whatever it does behind a kill."""

    @abstractmethod
    async def receive(self, skus: Sequence[str]) -> None:
        """UNITS of each."""

    @abstractmethod
    async def taken(self, skus: Sequence[str]) -> int:
        """Units that Redis sells to nobody else."""

    async def owned(self) -> set[str]:
        """Orders that Postgres has."""
        connection = await asyncpg.connect(self._stores.postgres.url)
        try:
            return {str(row[0]) for row in await connection.fetch(self.kept)}
        finally:
            await connection.close()

    async def kill(self) -> None:
        """SIGKILL to every process of it."""
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.kill()
        for process in self._processes.values():
            await process.wait()
        self._processes.clear()

    async def _run(self, name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        """`python -m …`, its words in a log of this start."""
        with self._log(name).open("wb") as log:
            self._processes[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *arguments),
                env={**_inherited(), **(environment or {})},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is ours first
            )

    async def _until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        """Raises TimeoutError, or RuntimeError when a process has ended by itself."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not await condition():
                for name, process in self._processes.items():
                    if process.returncode is not None:
                        raise RuntimeError(f"{name} ended before {what}:\n{self._said(name)[-LOG_TAIL_BYTES:]}")
                await asyncio.sleep(LOOK_APART_SECONDS)

    def _log(self, name: str) -> Path:
        return self._stores.logs / f"{name}.log"

    def _said(self, name: str) -> str:
        return self._log(name).read_text(errors="replace")


def _inherited() -> dict[str, str]:
    """No setting of the shell's reaches a child."""
    return {name: text for name, text in os.environ.items() if not name.startswith(SETTINGS_PREFIX)}


class FlashSalePattern(Victim):
    name = "redis-decr"
    kept = "SELECT reservation_id FROM peer_redis_decr.reservations WHERE status = 'held'"
    headers: Mapping[str, str] = {}

    async def start(self) -> None:
        stores = ("--database-url", self._stores.postgres.url, "--redis-url", self._stores.redis.url)
        await self._run("peer", "loadtests.peers", self.name, "--port", str(self._port), *stores)
        await self._until(self._ready, "it was ready")

    async def receive(self, skus: Sequence[str]) -> None:
        async with aiohttp.ClientSession(self.url, raise_for_status=True) as session:
            for sku in skus:
                async with session.post("/stock", json={"sku": sku, "quantity": UNITS}):
                    pass

    async def taken(self, skus: Sequence[str]) -> int:
        async with Redis.from_url(self._stores.redis.url) as client:
            left = await client.mget([STOCK + sku for sku in skus])
        return sum(UNITS - int(each or 0) for each in left)

    async def _ready(self) -> bool:
        return self._said("peer").startswith("ready\n")


class Ours(Victim):
    """One API process and the worker, as the pattern has one process for both."""

    name = "this service"
    kept = "SELECT reservation_id FROM reservations WHERE status = 'held'"

    def __init__(self, stores: Stores) -> None:
        super().__init__(stores)
        key = "loss-" + secrets.token_urlsafe(24)
        self.headers = {"Authorization": f"Bearer {key}"}
        self._environment = {
            "INVENTORY_REDIS_URL": stores.redis.url,
            "INVENTORY_DATABASE_URL": stores.postgres.url,
            "INVENTORY_BOOTSTRAP_KEY": key,
            "INVENTORY_WORKERS": "1",
        }

    async def start(self) -> None:
        program = "inventory_service"
        place = ("--host", HOST, "--port", str(self._port))
        await self._run("api", program, "api", *place, environment=self._environment)
        await self._run("worker", program, "worker", "--migrate", "--rebuild-empty", environment=self._environment)
        await self._until(self._ready, "the service was ready")
        hot = RedisState(self._stores.redis.url, DAY_MS, BACKLOG_LIMIT)
        try:
            await self._until(lambda: self._written(hot), "the ledger had everything")
        finally:
            await hot.close()

    async def receive(self, skus: Sequence[str]) -> None:
        kind = {"type": "receive", "warehouse": WAREHOUSE, "quantity": UNITS}
        movements = [{"movement_id": f"delivery-{sku}", "sku": sku, **kind} for sku in skus]
        async with self._session() as session:
            async with session.put(f"/v1/warehouses/{WAREHOUSE}", json={"name": WAREHOUSE, "kind": "warehouse"}):
                pass
            async with session.post("/v1/stock/movements", json={"movements": movements}):
                pass

    async def taken(self, skus: Sequence[str]) -> int:
        total = 0
        async with self._session() as session:
            for sku in skus:
                async with session.get(f"/v1/stock/{sku}") as answer:
                    total += UNITS - (await answer.json())["available"]
        return total

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(self.url, headers=self.headers, raise_for_status=True)

    async def _ready(self) -> bool:
        with suppress(aiohttp.ClientError):
            async with aiohttp.ClientSession(self.url) as session, session.get("/readyz") as answer:
                return answer.status == 200
        return False

    async def _written(self, hot: RedisState) -> bool:
        return (await hot.inspect()).backlog_events == 0
