"""What answers say of how far they got, on servers that do and do not keep what they answer."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from inventory_service.domain.commands import ReadReservation
from inventory_service.domain.durability import ON_DISK, Durability, Levels
from inventory_service.embedded.redis import RedisServer
from inventory_service.engine import witness
from inventory_service.engine.redis_engine import RedisEngine
from inventory_service.engine.redis_state import RedisState
from loadtests.bench.empty_ledger import EmptyLedger
from tests import servers
from tests.engine.commands import confirm, receive, release, reserve
from tests.engine.conftest import BACKLOG_LIMIT, RETENTION_MS

TURN_SECONDS = 30.0
ON_A_REPLICA = Levels(holds=Durability.REPLICA)


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "_LOOKS_APART_SECONDS", 0.05)
    monkeypatch.setattr(witness, "_ASKS_APART_SECONDS", 0.05)


@asynccontextmanager
async def running(url: str, levels: Levels = ON_DISK, *, asserted: bool = False) -> AsyncIterator[RedisEngine]:
    engine = RedisEngine(url, levels, asserted=asserted)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()


async def until_told(said: Callable[[], Awaitable[str]], wanted: str) -> None:
    async with asyncio.timeout(TURN_SECONDS):
        while await said() != wanted:  # noqa: ASYNC110  # a server has no event of ours
            await asyncio.sleep(0)


async def told(engine: RedisEngine) -> str:
    return (await engine.movement(receive(1))).durability


async def test_what_is_acknowledged_is_on_disk_and_nothing_else_says_so(engine: RedisEngine) -> None:
    assert (await engine.movement(receive(2))).durability == "disk"
    first = reserve("r")
    assert (await engine.reservation(first)).durability == "disk"
    assert (await engine.reservation(first)).durability == "disk"
    assert (await engine.reservation(confirm("r"))).durability == "disk"
    assert (await engine.reservation(reserve("greedy", 9))).durability == ""
    assert (await engine.reservation(confirm("nobody"))).durability == ""
    assert (await engine.reservation(ReadReservation("r"))).durability == ""


@pytest.mark.parametrize(
    ("name", "weak", "sound"),
    [
        ("appendfsync", "everysec", "always"),
        ("no-appendfsync-on-rewrite", "yes", "no"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ],
)
async def test_a_setting_that_is_changed_under_a_running_engine_is_noticed(
    engine: RedisEngine, redis: Redis, name: str, weak: str, sound: str
) -> None:
    assert await told(engine) == "disk"
    await redis.config_set(name, weak)
    try:
        with capture_logs() as logs:
            await until_told(lambda: told(engine), "memory")
    finally:
        await redis.config_set(name, sound)
    assert [entry["event"] for entry in logs] == ["durability.insufficient"]
    assert f"{name} {sound}" in logs[0]["advice"]
    await until_told(lambda: told(engine), "disk")


async def test_a_new_connection_is_looked_at_before_it_is_believed(
    state: RedisState, redis: Redis, redis_url: str
) -> None:
    await redis.config_set("appendfsync", "everysec")
    try:
        async with running(redis_url) as engine:
            assert await told(engine) == "memory"
        async with running(redis_url, asserted=True) as engine:
            assert await told(engine) == "disk"
    finally:
        await redis.config_set("appendfsync", "always")


async def test_a_server_that_hides_its_settings_promises_nothing_until_a_person_does(
    state: RedisState, redis: Redis, redis_url: str
) -> None:
    await asked(redis, "ACL", "SETUSER", "hosted", "on", ">hosted", "~*", "+@all", "-config")
    url = redis_url.replace(f":{servers.PASSWORD}@", "hosted:hosted@")
    with capture_logs() as logs:
        async with running(url) as engine:
            assert [await told(engine), await told(engine)] == ["memory", "memory"]
    assert [entry["event"] for entry in logs] == ["durability.unreadable"]
    async with running(url, asserted=True) as engine:
        assert await told(engine) == "disk"
    await asked(redis, "ACL", "DELUSER", "hosted")


async def asked(control: Redis, *words: str | int) -> Any:
    return await control.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py leaves it bare


@dataclass(frozen=True)
class Pair:
    primary: RedisServer
    replica: RedisServer

    @contextmanager
    def replica_stopped(self) -> Iterator[None]:
        os.kill(self.replica.identity.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.replica.identity.pid, signal.SIGCONT)


@asynccontextmanager
async def pair_of(settings: Mapping[str, str]) -> AsyncIterator[Pair]:
    """A primary with an open gate and a replica that follows it, both with fsync before each answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quick = {"port": str(port), "repl-diskless-sync-delay": "0", **settings}
    with (
        servers.server_folder() as one,
        servers.server_folder() as other,
        servers.redis_server(one, quick) as primary,
        servers.redis_server(other, {"masterauth": servers.PASSWORD}) as replica,
    ):
        async with Redis.from_url(replica.url) as control:
            await control.replicaof("127.0.0.1", port)
            await until_told(lambda: link_of(control), "up")
        state = RedisState(primary.url, RETENTION_MS, BACKLOG_LIMIT)
        await state.rebuild(EmptyLedger(), "deployment-1", 1)
        await state.open_gate((await state.inspect()).identity, 1, built=1, after_outage=False)
        await state.close()
        yield Pair(primary, replica)


async def link_of(control: Redis) -> str:
    return str((await control.info("replication"))["master_link_status"])


# Redis 7.0 has no WAITAOF: a server without the command stands for it.
@pytest.mark.parametrize("settings", [{}, {"rename-command WAITAOF": ""}], ids=["waitaof", "wait"])
async def test_a_replica_that_has_it_and_one_that_does_not_answer(settings: Mapping[str, str]) -> None:
    async with pair_of(settings) as pair, running(pair.primary.url, ON_A_REPLICA) as engine:
        assert await told(engine) == "disk"  # nobody waits for a replica in this class
        await until_told(lambda: held(engine), "replica")
        with pair.replica_stopped():
            first = reserve("behind")
            outcome = await engine.reservation(first)
            assert (outcome.code, outcome.durability) == ("held", "disk")
            async with running(pair.primary.url, ON_A_REPLICA) as another:
                # Its connection wrote nothing: a repeat waits for what the original wrote all the same.
                await until_told(lambda: held(another), "disk")
                repeated = await another.reservation(first)
                assert (repeated.code, repeated.durability) == ("held", "disk")
        await until_told(lambda: held(engine), "replica")


async def test_one_command_that_wants_a_replica_takes_its_whole_batch_along() -> None:
    async with pair_of({}) as pair, running(pair.primary.url, ON_A_REPLICA) as engine:
        async with asyncio.timeout(TURN_SECONDS):
            while (said := await batch_of_three(engine)) == ["disk"] * 3:  # it came up short
                pass
        assert said == ["replica"] * 3


async def batch_of_three(engine: RedisEngine) -> list[str]:
    before, wants, behind = engine.movement(receive(1)), engine.reservation(reserve("r")), engine.movement(receive(1))
    return [(await before).durability, (await wants).durability, (await behind).durability]


async def held(engine: RedisEngine) -> str:
    await engine.movement(receive(1))
    outcome = await engine.reservation(reserve("again"))
    await engine.reservation(release("again"))
    await engine.reservation(reserve("again"))
    return outcome.durability
