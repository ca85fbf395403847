"""A Redis that can be hurt: on a loopback port of its own, so that it keeps its address whatever is done to it."""

import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from inventory_service.embedded.append_only_file import FOLDER, repair
from inventory_service.embedded.binaries import find_binaries
from inventory_service.embedded.redis import DURABLE
from tests.acceptance.ports import free_port
from tests.acceptance.waiting import eventually
from tests.faults.append_only_file import Mark, log_end

HOST = "127.0.0.1"
PASSWORD = "only-for-tests"
READY_SECONDS = 30.0
END_SECONDS = 20.0
ANSWER_SECONDS = 5.0
LOG_TAIL = 2_000  # characters
# A replica follows at once: the default waits 5 s for others to come.
REPLICATION = {"repl-diskless-sync": "yes", "repl-diskless-sync-delay": "0", "masterauth": PASSWORD}


class FaultyRedis:
    """One durable Redis or Valkey. `settings` replace single ones of its configuration at the next start; so does
    `environment`.
    """

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.settings = {**DURABLE, **REPLICATION, **(settings or {})}
        self.environment: Mapping[str, str] = {}
        self.port = free_port()
        self.log_path = home / "log"
        self._child: subprocess.Popen[bytes] | None = None
        home.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@{HOST}:{self.port}/0"

    @property
    def upstream(self) -> str | tuple[str, int]:
        return HOST, self.port

    @property
    def password(self) -> str:
        return PASSWORD

    @property
    def pid(self) -> int:
        """0 while it is down."""
        return self._child.pid if self._child is not None and self._child.poll() is None else 0

    async def start(self) -> None:
        """Start it, unless it runs, and wait until it answers. AssertionError with its log when it does not come up."""
        if not self.pid:
            self.launch()
        assert await self._came_up(), f"Redis did not start:\n{self.log_text()[-LOG_TAIL:]}"

    async def recover(self) -> bool:
        """Start it as after a power cut: repair its log where Redis refuses it; whether it did."""
        self.launch()
        broken = not await self._came_up()
        if broken:
            repair(find_binaries().redis, self.home)
            await self.start()
        return broken

    def launch(self) -> None:
        """Start it without waiting."""
        assert not self.pid, "it runs already"
        program = find_binaries().redis
        own = {"port": str(self.port), "bind": HOST, "requirepass": PASSWORD, "dir": str(self.home), "logfile": ""}
        words = [word for name, text in {**own, **self.settings}.items() for word in (f"--{name}", text)]
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                [str(program), *words],
                cwd=self.home, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    async def stop(self) -> None:
        """SIGTERM, as an operator does; it saves what it has. Harmless when it does not run."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        await self._end(signal.SIGKILL)

    def pause(self) -> None:
        """SIGSTOP: connections stay, nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def ended(self, within_seconds: float = END_SECONDS) -> int:
        """Its exit code once it has ended; a signal's number is negative."""

        async def code() -> list[int]:
            assert self._child is not None, "not started"
            found = self._child.poll()
            return [] if found is None else [found]

        return (await eventually(code, f"Redis on port {self.port} ends", within_seconds))[0]

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Any]:
        """A connection of the test's own; a lost one is an error at once. Replies are bytes, whatever redis-py's types
        say, hence Any.
        """
        client = Redis.from_url(self.url, socket_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0))
        try:
            yield client
        finally:
            await client.aclose()

    async def configure(self, name: str, text: str) -> None:
        """CONFIG SET; forgotten at the next start."""
        async with self.client() as client:
            await client.config_set(name, text)

    async def info(self, section: str) -> dict[str, str]:
        async with self.client() as client:
            return {name: str(value) for name, value in (await client.info(section)).items()}

    async def follow(self, primary: "FaultyRedis") -> None:
        """Become a replica of `primary`, and be in step with it: what this one had more is gone."""
        async with self.client() as client:
            await client.replicaof(HOST, primary.port)
        await eventually(lambda: self._in_step_with(primary), f"port {self.port} follows {primary.port}", READY_SECONDS)

    async def lose_primary(self) -> None:
        """The link breaks for good: what the primary acknowledges from now on, this replica never hears of."""
        async with self.client() as client:
            await client.replicaof(HOST, free_port())

    async def promote(self) -> None:
        async with self.client() as client:
            await client.replicaof("NO", "ONE")

    def log_end(self) -> Mark:
        """Where its append-only file ends now: what is written behind it is newer than this moment."""
        return log_end(self.home)

    def delete_data(self) -> None:
        """Everything that it would find at its next start. Not while it runs."""
        assert not self.pid, "it runs"
        shutil.rmtree(self.home / FOLDER)

    def log_text(self) -> str:
        return self.log_path.read_text(errors="replace")

    async def _came_up(self) -> bool:
        await eventually(self._answers_or_ended, f"Redis on port {self.port} answers", READY_SECONDS)
        return self.pid != 0

    async def _answers_or_ended(self) -> bool:
        if not self.pid:
            return True
        try:
            async with self.client() as client:
                return bool(await client.ping())  # refused while the log is still being replayed
        except (RedisError, OSError, RuntimeError):  # RuntimeError: what uvloop says of a transport that is closed
            return False

    async def _in_step_with(self, primary: "FaultyRedis") -> bool:
        mine, theirs = await self.info("replication"), await primary.info("replication")
        same = mine["master_replid"] == theirs["master_replid"]
        return same and mine.get("master_link_status") == "up" and await self._has_logged_all()

    async def _has_logged_all(self) -> bool:
        """What a replica took over is in its log once that is rewritten: killed before, it comes back without it."""
        persistence = await self.info("persistence")
        return persistence["aof_rewrite_in_progress"] == persistence["aof_rewrite_scheduled"] == "0"

    async def _end(self, number: signal.Signals) -> None:
        if not self.pid:
            return
        os.kill(self.pid, number)
        os.kill(self.pid, signal.SIGCONT)  # one that is paused hears SIGTERM only afterwards
        try:
            await self.ended()
        except AssertionError:
            os.kill(self.pid, signal.SIGKILL)
            await self.ended()


@asynccontextmanager
async def faulty_redis(home: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[FaultyRedis]:
    """One that runs; whatever was done to it, it is gone afterwards."""
    server = FaultyRedis(home, settings)
    try:
        await server.start()
        yield server
    finally:
        await server.kill()
