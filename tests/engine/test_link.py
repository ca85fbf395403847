"""What each error of Redis says of the command, on a real server that gives it: certainly not run, or in doubt."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from inventory_service.engine.link import (
    VERDICTS,
    InDoubt,
    Link,
    NotAllowed,
    NotExecuted,
    OutOfMemory,
    ScriptFailed,
    ScriptMissing,
)
from inventory_service.engine.script import Script
from tests import servers
from tests.engine.proxy import FaultyProxy

CALL_SECONDS = 20.0
HEAL_SECONDS = 30.0
COUNT = Script("count", "#!lua\nreturn redis.call('INCR', KEYS[1])\n")
KEYS = ("counter",)


@pytest.fixture(scope="module")
def troubled() -> Iterator[tuple[str, Path]]:
    """A server that may be hurt, and its folder."""
    settings = {
        "appendonly": "no",
        "enable-debug-command": "yes",
        "busy-reply-threshold": "10",
        "loading-process-events-interval-bytes": "1024",
    }
    with servers.server_folder() as folder, servers.redis_server(folder, settings) as server:
        yield server.url, folder / "redis"


@pytest.fixture
async def control(troubled: tuple[str, Path]) -> AsyncIterator[Redis]:
    client = Redis.from_url(troubled[0], retry=Retry(NoBackoff(), 0), socket_timeout=None)
    await client.flushall()
    await client.script_load(COUNT.text)
    yield client
    await client.aclose()


async def asked(control: Redis, *words: str | int) -> Any:
    return await control.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py leaves it bare


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(HEAL_SECONDS):
        while not await holds():  # noqa: ASYNC110  # a server has no event of ours
            await asyncio.sleep(0)


async def refused_with(url: str, word: str) -> bool:
    """Whether a new connection is answered with this error by now."""
    client = Redis.from_url(url, retry=Retry(NoBackoff(), 0))
    try:
        await client.get("counter")
    except RedisError as error:
        return word in (error.status_code, str(error).split(" ")[0])
    finally:
        await client.aclose()
    return False


@asynccontextmanager
async def setting(control: Redis, **values: str | int) -> AsyncIterator[None]:
    names = {name.replace("_", "-"): value for name, value in values.items()}
    before: dict[str, Any] = {name: (await control.config_get(name))[name] for name in names}
    for name, value in names.items():
        await control.config_set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            await control.config_set(name, value)


@asynccontextmanager
async def replica_of_nobody(control: Redis) -> AsyncIterator[None]:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        await control.replicaof("127.0.0.1", taken.getsockname()[1])
        try:
            yield
        finally:
            await control.replicaof("NO", "ONE")


@asynccontextmanager
async def readonly(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    async with replica_of_nobody(control):
        yield


@asynccontextmanager
async def masterdown(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    async with setting(control, replica_serve_stale_data="no"), replica_of_nobody(control):
        yield


@asynccontextmanager
async def noreplicas(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    async with setting(control, min_replicas_to_write=1):
        yield


@asynccontextmanager
async def oom(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    async with setting(control, maxmemory=1):
        yield


@asynccontextmanager
async def misconf(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    """Its snapshot cannot be put in place, since a folder stands there."""
    in_the_way = home / "dump.rdb"
    in_the_way.unlink(missing_ok=True)
    (in_the_way / "x").mkdir(parents=True)
    async with setting(control, save="3600 1000000"):
        await control.bgsave()
        await until(lambda: saved_with(control, "err"))
        try:
            yield
        finally:
            (in_the_way / "x").rmdir()
            in_the_way.rmdir()
            await control.bgsave()
            await until(lambda: saved_with(control, "ok"))


async def saved_with(control: Redis, status: str) -> bool:
    info = await control.info("persistence")
    return not info["rdb_bgsave_in_progress"] and info["rdb_last_bgsave_status"] == status


@asynccontextmanager
async def busy(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    looping: asyncio.Future[Any] = asyncio.ensure_future(control.eval("while true do end", 0))
    await until(lambda: refused_with(url, "BUSY"))
    killer = Redis.from_url(url)
    try:
        yield
    finally:
        await killer.script_kill()
        await killer.aclose()
        with suppress(RedisError):
            await looping


@asynccontextmanager
async def loading(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    await control.mset({f"key-{number}": random.randbytes(1024) for number in range(40)})  # nothing to compress
    async with setting(control, key_load_delay=20_000):
        reloading = asyncio.create_task(asked(control, "DEBUG", "RELOAD"))
        await until(lambda: refused_with(url, "LOADING"))
        yield
        await reloading


@asynccontextmanager
async def noperm(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    await asked(control, "ACL", "SETUSER", "default", "-evalsha")
    try:
        yield
    finally:
        await asked(control, "ACL", "SETUSER", "default", "+@all")


@asynccontextmanager
async def noscript(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    await control.script_flush()
    yield


@asynccontextmanager
async def too_many_clients(control: Redis, url: str, home: Path) -> AsyncIterator[None]:
    async with setting(control, maxclients=1):
        yield


Trouble = Callable[[Redis, str, Path], Any]


@pytest.mark.parametrize(
    ("trouble", "verdict"),
    [
        (readonly, NotExecuted),
        (masterdown, NotExecuted),
        (noreplicas, NotExecuted),
        (oom, OutOfMemory),
        (misconf, NotExecuted),
        (busy, NotExecuted),
        (loading, NotExecuted),
        (noperm, NotAllowed),
        (noscript, ScriptMissing),
        (too_many_clients, NotExecuted),
    ],
)
@pytest.mark.parametrize("connected", [True, False], ids=["standing connection", "new connection"])
async def test_what_redis_refuses_did_not_happen(
    control: Redis, troubled: tuple[str, Path], trouble: Trouble, verdict: type[Exception], connected: bool
) -> None:
    url, home = troubled
    if connected and trouble is too_many_clients:
        return  # it is only told to new ones
    link = Link(url)
    if connected:
        await link.call(CALL_SECONDS, "PING")
    async with trouble(control, url, home):
        with pytest.raises(verdict):
            await link.call(CALL_SECONDS, "EVALSHA", COUNT.sha, 1, "counter")
    assert await control.get("counter") is None
    await control.script_load(COUNT.text)
    assert await link.run(CALL_SECONDS, COUNT, KEYS) == 1  # and it is over
    await link.close()


@pytest.mark.parametrize("password", ["", ":wrong@"], ids=["no password", "wrong password"])
async def test_who_may_not_come_in_did_nothing(control: Redis, troubled: tuple[str, Path], password: str) -> None:
    link = Link(troubled[0].replace(f":{servers.PASSWORD}@", password))
    with pytest.raises(NotExecuted):
        await link.call(CALL_SECONDS, "INCR", "counter")
    assert await control.get("counter") is None
    await link.close()


async def test_a_refused_connection_did_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        link = Link(f"redis://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(NotExecuted, match="cannot be reached"):
            await link.call(CALL_SECONDS, "PING")


async def test_a_wait_that_somebody_ends_by_hand_is_in_doubt(control: Redis, troubled: tuple[str, Path]) -> None:
    link = Link(troubled[0])
    number = await link.call(CALL_SECONDS, "CLIENT", "ID")
    waiting = asyncio.create_task(link.call(CALL_SECONDS, "BLPOP", "nothing", 0))

    async def ended() -> bool:
        return bool(await asked(control, "CLIENT", "UNBLOCK", number, "ERROR"))

    await until(ended)
    with pytest.raises(InDoubt):
        await waiting
    await link.close()


async def test_an_error_of_the_script_is_told_as_one(control: Redis, troubled: tuple[str, Path]) -> None:
    link = Link(troubled[0])
    with pytest.raises(ScriptFailed, match="oops"):
        await link.run(CALL_SECONDS, Script("oops", "#!lua\nreturn redis.error_reply('oops')\n"), ())
    assert await link.call(CALL_SECONDS, "PING") == b"PONG"
    await link.close()


async def test_no_answer_in_time_is_in_doubt(proxy: FaultyProxy, redis: Redis) -> None:
    link = Link(proxy.url)
    await link.call(CALL_SECONDS, "PING")
    proxy.hold_requests.clear()
    with pytest.raises(InDoubt):
        await link.call(0.05, "INCR", "counter")
    proxy.hold_requests.set()

    async def happened() -> bool:
        return await redis.get("counter") == b"1"

    await until(happened)
    await link.close()


async def test_a_connection_that_breaks_behind_the_sending_is_in_doubt(proxy: FaultyProxy, redis: Redis) -> None:
    link = Link(proxy.url)
    await redis.script_load(COUNT.text)
    proxy.lose_replies = 1
    with pytest.raises(InDoubt):
        await link.run(CALL_SECONDS, COUNT, KEYS)
    assert await redis.get("counter") == b"1"
    assert await link.run(CALL_SECONDS, COUNT, KEYS) == 2
    await link.close()


def test_every_word_of_the_table_is_provoked_above_or_known_to_need_a_cluster() -> None:
    provoked = {"READONLY", "MASTERDOWN", "NOREPLICAS", "OOM", "MISCONF", "BUSY", "LOADING", "NOPERM", "NOSCRIPT"}
    provoked |= {"NOAUTH", "WRONGPASS", "UNBLOCKED"}
    of_a_cluster = {"CLUSTERDOWN", "MOVED", "ASK", "TRYAGAIN"}
    assert set(VERDICTS) == provoked | of_a_cluster


async def test_redis_py_never_repeats_by_itself(redis_url: str) -> None:
    link = Link(redis_url)
    await link.call(CALL_SECONDS, "PING")
    retry = link._connection.retry
    assert retry is not None
    assert retry.get_retries() == 0
    await link.close()


async def test_cancelled_calls_leave_no_reply_behind(proxy: FaultyProxy) -> None:
    """The reply that nobody waits for any more must never be read as that of the next command."""
    link, chance = Link(proxy.url), random.Random(7)
    ended = {"cancelled": 0, "answered": 0}
    for number in range(400):
        call = asyncio.create_task(link.call(CALL_SECONDS, "ECHO", f"{number}"))
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)
        if chance.random() < 0.7:
            call.cancel()
        try:
            assert await call == f"{number}".encode()
            ended["answered"] += 1
        except asyncio.CancelledError:
            ended["cancelled"] += 1
    assert min(ended.values()) > 50
    await link.close()
