"""Servers of our own, durable as in production, with one API process and one worker on them as real processes."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from inventory_service.embedded.postgres import PostgresServer
from inventory_service.embedded.processes import is_alive
from inventory_service.embedded.redis import RedisServer
from inventory_service.engine.redis_state import RedisState
from inventory_service.outside.service import HOST, SETTINGS_PREFIX, free_port
from loadtests.bench.servers import running_servers

READY_SECONDS = 60.0
END_SECONDS = 40.0
LOOK_APART_SECONDS = 0.05
VERIFY_SECONDS = 1800.0  # it reads the whole ledger
LOG_TAIL_BYTES = 2_000
RETENTION_MS = 7 * 86_400_000
BACKLOG_LIMIT = 2_000_000  # the service's own default


@dataclass
class House:
    """`api_url` answers once `open_house` yields."""

    folder: Path
    redis: RedisServer
    postgres: PostgresServer
    hot: RedisState
    port: int = field(default_factory=lambda: free_port(0))
    key: str = field(default_factory=lambda: "steady-" + secrets.token_urlsafe(24))
    children: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> Mapping[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(SETTINGS_PREFIX)}
        return kept | {
            "INVENTORY_REDIS_URL": self.redis.url,
            "INVENTORY_DATABASE_URL": self.postgres.url,
            "INVENTORY_BOOTSTRAP_KEY": self.key,
            "INVENTORY_WORKERS": "1",
        }

    async def start(self, *arguments: str) -> None:
        with (self.folder / "logs" / f"{arguments[0]}.log").open("wb") as log:
            self.children[arguments[0]] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "inventory_service", *arguments),
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C is ours first
            )

    async def end(self) -> None:
        """The API first, so that the worker can drain. What does not end in time is killed."""
        for child in self.children.values():
            await end_child(child, END_SECONDS)

    def check_children(self) -> None:
        """Raises RuntimeError with the end of its log when one has ended by itself."""
        for name, child in self.children.items():
            if child.returncode is not None:
                log = (self.folder / "logs" / f"{name}.log").read_bytes()[-LOG_TAIL_BYTES:]
                raise RuntimeError(f"{name} ended with {child.returncode}\n{log.decode(errors='replace')}")

    async def backlog_events(self) -> int:
        """What Redis has logged and Postgres lacks."""
        return (await self.hot.inspect()).backlog_events

    async def kill_postgres(self) -> None:
        """SIGKILL; returns when it is gone. Its backends leave a moment after it, as the next start waits for."""
        identity = self.postgres.identity
        os.killpg(identity.pid, signal.SIGKILL)
        await eventually(lambda: _true(not is_alive(identity)), "Postgres is dead", END_SECONDS)

    async def verify(self) -> tuple[bool, str]:
        """Whether every invariant holds, and what the command printed."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "inventory_service", "verify"),
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(child.communicate(), VERIFY_SECONDS)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        return child.returncode == 0, output.decode(errors="replace").strip()


async def end_child(child: asyncio.subprocess.Process, within_seconds: float) -> None:
    """SIGTERM, and SIGKILL for what does not end in time."""
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), within_seconds)
    except TimeoutError:
        child.kill()
        await child.wait()


@asynccontextmanager
async def open_house() -> AsyncIterator[House]:
    """Ready for calls. Everything that was started has ended behind it, whatever happened."""
    async with AsyncExitStack() as stack:
        folder, redis, postgres = await stack.enter_async_context(running_servers("steady"))
        hot = RedisState(redis.url, RETENTION_MS, BACKLOG_LIMIT)
        stack.push_async_callback(hot.close)
        house = House(folder, redis, postgres, hot)
        stack.push_async_callback(house.end)
        await house.start("api", "--host", HOST, "--port", str(house.port))
        await house.start("worker", "--migrate", "--rebuild-empty")
        await _until_ready(house)
        yield house


async def _until_ready(house: House) -> None:
    async with aiohttp.ClientSession(house.api_url) as session:

        async def ready() -> bool:
            house.check_children()
            with suppress(aiohttp.ClientError):
                async with session.get("/readyz") as answer:
                    return answer.status == 200
            return False

        await eventually(ready, "the service is ready", READY_SECONDS)


async def eventually(condition: Callable[[], Awaitable[bool]], what: str, within_seconds: float) -> None:
    """Raises TimeoutError saying what did not come to be."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_seconds
    while not await condition():
        if loop.time() > deadline:
            raise TimeoutError(f"not within {within_seconds:g} s: {what}")
        await asyncio.sleep(LOOK_APART_SECONDS)


async def _true(value: bool) -> bool:
    return value
