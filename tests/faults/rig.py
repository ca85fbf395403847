"""A production-like house of real processes: two API processes, one worker, Redis, Postgres, a proxy on every way."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.acceptance.ports import free_port
from tests.acceptance.processes import alive
from tests.acceptance.waiting import eventually, pause
from tests.faults.board import Board
from tests.faults.caller import Caller
from tests.faults.fork_server import ForkServer
from tests.faults.load import Load
from tests.faults.proxy import FaultProxy
from tests.faults.redis_server import FaultyRedis
from tests.faults.servers import Postgres
from tests.servers import server_folder

KEY = "key-of-the-fault-harness-0123456789"
APIS = ("api-0", "api-1")
WORKER = "worker"
READY_SECONDS = 30.0
KEEP_SECONDS = 0.1
ENDS_BY_ITSELF = {0, 3, -signal.SIGKILL}  # asked to; a worker that was fenced; at a fault point


class Process:
    """One process of the service, whoever fills the place at the moment."""

    def __init__(self, name: str, folder: Path, forks: ForkServer, arguments: Sequence[str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.board = Board.create(folder / f"{name}.board")
        self.arguments = arguments
        self.environment: dict[str, str] = {}
        self.pid = 0
        self.ended: list[int] = []  # exit statuses, minus the signal
        self._forks = forks
        self._started_at = 0  # bytes of the log

    @property
    def alive(self) -> bool:
        return self.pid != 0 and alive(self.pid)

    def start(self) -> None:
        assert not self.alive, self.name
        self._reap()
        environment = {**self.environment, "FAULT_BOARD": str(self.board.path)}
        self.log.touch()
        self._started_at = self.log.stat().st_size
        self.pid = self._forks.start(self.arguments, environment, self.log)

    def said(self, text: str) -> bool:
        """Whether it logged that since its start."""
        with self.log.open("rb") as log:
            log.seek(self._started_at)
            return text.encode() in log.read()

    def signal(self, number: signal.Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def gone(self, within_seconds: float = READY_SECONDS) -> int:
        """Its exit status, once it has ended."""

        async def dead() -> bool:
            return not self.alive and self._reap()

        await eventually(dead, f"{self.name} has ended", within_seconds)
        return self.ended[-1]

    async def kill(self) -> None:
        """SIGKILL, whatever it is doing; nothing where it has ended."""
        if self.pid:
            self.signal(signal.SIGKILL)
            await self.gone()

    async def end(self) -> int:
        """SIGTERM and its exit status."""
        self.signal(signal.SIGTERM)
        return await self.gone()

    def _reap(self) -> bool:
        """Whether it is over: a process with threads may look dead a moment before it can be waited for."""
        if self.pid:
            status = self._forks.exit_status(self.pid)
            if status is not None:
                self.ended.append(status)
                self.pid = 0
        return self.pid == 0


class Rig:
    """Everything of one harness process. `heal` undoes whatever a fault did; `fresh` empties both stores."""

    def __init__(self, folder: Path, forks: ForkServer, redis: FaultyRedis, postgres: Postgres) -> None:
        self.folder = folder
        self.redis = redis
        self.postgres = postgres
        self.seen: Counter[str] = Counter()  # evidence of everything that happened
        self.proxies = {
            name: FaultProxy(upstream, self.seen)
            for name, upstream in {
                "api-redis": redis.upstream,
                "worker-redis": redis.upstream,
                "api-postgres": postgres.upstream,
                "worker-postgres": postgres.upstream,
            }.items()
        }
        self.ports = {name: free_port() for name in APIS}
        self.processes = {name: Process(name, folder, forks, self._arguments(name)) for name in (*APIS, WORKER)}
        self.spares: list[Process] = []  # started by a fault, ended by `heal`
        self.database = ""
        self.load: Load | None = None  # of the scenario that runs
        self.findings: list[str] = []  # processes that ended as none may
        self.down: set[str] = set()  # processes that a fault has ended: they stay so until `heal`
        self._forks = forks
        self._databases = 0

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{port}" for port in self.ports.values()]

    @property
    def apis(self) -> list[Process]:
        return [self.processes[name] for name in APIS]

    @property
    def worker(self) -> Process:
        return self.processes[WORKER]

    @property
    def database_url(self) -> str:
        """Past the proxies, for checkers."""
        return self.postgres.url_of(self.database)

    def caller(self) -> Caller:
        return Caller(self.urls, KEY, self.seen)

    async def fresh(self) -> None:
        """Stop the service, give it an empty Redis and a new database, start it, open its warehouses."""
        await self.stop_service()
        self._databases += 1
        if self.database:
            await self.postgres.drop_database(self.database)
        self.database = f"faults_{self._databases}"
        await self.postgres.make_database(self.database)
        await empty(self.redis.url)
        for process in self.processes.values():
            process.environment = self._environment(process.name)
            process.start()
        self.down.clear()
        await self.until_ready()

    async def keep_running(self) -> None:
        """What a supervisor does all the time: start again what ended by itself. What may not end so is a finding."""
        while True:
            for name, process in self.processes.items():
                if name not in self.down and process.pid and not process.alive:
                    status = await process.gone()
                    self.seen[f"{name.partition('-')[0]}.ended_with_{status}"] += 1
                    if status not in ENDS_BY_ITSELF:
                        self.findings.append(f"{name} ended by itself with {status}")
                    process.start()
            await pause(KEEP_SECONDS)

    async def stop_service(self) -> None:
        self.down |= self.processes.keys()
        await self.end_spares()
        await asyncio.gather(*(process.kill() for process in self.processes.values()))

    async def heal(self) -> None:
        """Servers up, processes up and running, ways open."""
        for proxy in self.proxies.values():
            proxy.heal()
        await self.end_spares()
        for place, server in (("redis", self.redis), ("postgres", self.postgres)):
            if server.pid:
                self.signal(place, signal.SIGCONT)
        await asyncio.gather(self.redis.start(), self.postgres.start())
        for process in self.processes.values():
            process.board.disarm()
            process.signal(signal.SIGCONT)
            if not process.alive:
                process.start()
        self.down.clear()

    async def until_ready(self, within_seconds: float = READY_SECONDS) -> None:
        """Every API process says that it is ready, and puts off nobody: lists are the first to be refused."""
        caller = self.caller()
        deadline = time.monotonic() + within_seconds

        async def ready(url: str) -> bool:
            answers = [await caller.get(path, url) for path in ("/readyz", "/v1/reservations?limit=1")]
            return all(answer is not None and answer[0] == 200 for answer in answers)

        try:
            for url in self.urls:
                left = max(0.0, deadline - time.monotonic())
                await eventually(lambda url=url: ready(url), f"{url} is ready", left)  # type: ignore[misc]
        finally:
            await caller.close()

    async def calls_in_flight(self) -> int:
        """How many there are, at a moment when there are some; 0: there were none for seconds."""
        load = self.load
        assert load is not None, "no load runs"
        with suppress(AssertionError):
            await eventually(lambda: _true(load.in_flight > 0), "a call is in flight", 5.0)
        return load.in_flight

    async def kill(self, place: str) -> None:
        """SIGKILL to a process of the service, or to `redis` or `postgres`. Returns when it is dead, and counts it."""
        if place in self.processes:
            self.down.add(place)
            process = self.processes[place]
            await process.kill()
            assert process.ended[-1] == -signal.SIGKILL, process.ended
        elif place == "redis":
            assert self.redis.pid, "it is down already"
            # Gone for its parent too: while its threads still end it looks dead, and cannot be waited for yet.
            await self.redis.kill()
        else:
            pid = self.postgres.pid
            self.postgres.kill()
            await eventually(lambda: _true(not alive(pid)), "Postgres is dead")
        self.seen[f"kill.{place.partition('-')[0]}"] += 1

    async def end(self, place: str) -> None:
        """SIGTERM to a process of the service; it stays away until `start` or `heal`."""
        self.down.add(place)
        await self.processes[place].end()

    async def start(self, place: str) -> None:
        """What a supervisor does with what is dead; `heal` does it for everything."""
        if place in self.processes:
            self.processes[place].start()
            self.down.discard(place)
        elif place == "redis":
            await self.redis.start()
        else:
            await self.postgres.start()

    def signal(self, place: str, number: signal.Signals) -> None:
        """To a process, or to a server with all of its processes."""
        if place in self.processes:
            self.processes[place].signal(number)
        elif place == "redis":
            os.kill(self.redis.pid, number)
        else:
            os.killpg(self.postgres.pid, number)

    def spare(self, *arguments: str) -> Process:
        """A process beside the others with the worker's connections, not started yet: a second worker, a command."""
        spare = Process(f"spare-{len(self.spares)}", self.folder, self._forks, arguments)
        spare.environment = self._environment(WORKER)
        self.spares.append(spare)
        return spare

    async def end_spares(self) -> None:
        await asyncio.gather(*(spare.kill() for spare in self.spares))
        self.spares.clear()

    def _arguments(self, name: str) -> list[str]:
        return ["api", "--port", str(self.ports[name])] if name in APIS else ["worker"]

    def _environment(self, name: str) -> dict[str, str]:
        side = "worker" if name == WORKER else "api"
        redis, postgres = self.proxies[f"{side}-redis"], self.proxies[f"{side}-postgres"]
        planted = {name: text for name, text in os.environ.items() if name == "FAULT_PLANTED"}
        return planted | {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(self.folder),
            "INVENTORY_REDIS_URL": f"redis://:{self.redis.password}@127.0.0.1:{redis.port}/0",
            "INVENTORY_DATABASE_URL": self.postgres.proxied_url(self.database, postgres.port),
            "INVENTORY_BOOTSTRAP_KEY": KEY,
            "INVENTORY_WORKERS": "1",
        }


@asynccontextmanager
async def running_rig() -> AsyncIterator[Rig]:
    """Servers up, nothing of the service started yet: `fresh` does."""
    with server_folder() as folder, ForkServer(os.environ) as forks:
        redis, postgres = FaultyRedis(folder / "redis"), Postgres(folder)
        started: list[FaultProxy] = []
        keeping: asyncio.Task[None] | None = None
        try:
            await redis.start()
            await postgres.start()
            await postgres.make_template()
            rig = Rig(folder, forks, redis, postgres)
            for proxy in rig.proxies.values():
                await proxy.start()
                started.append(proxy)
            keeping = asyncio.create_task(rig.keep_running(), name="keeper")
            yield rig
            await rig.stop_service()
            redis = rig.redis  # a failover may have put another in its place
        finally:
            if keeping is not None:
                keeping.cancel()
            for proxy in started:
                await proxy.stop()
            await asyncio.gather(redis.stop(), postgres.stop(), return_exceptions=True)


async def _true(value: bool) -> bool:
    return value


async def empty(redis_url: str) -> None:
    """Nothing is left in that Redis."""
    from redis.asyncio import Redis as Client

    async with Client.from_url(redis_url) as client:
        await client.flushall()
