"""A second Redis, and an address that comes to lead to another server; the person who says that the old one is dead."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inventory_service.engine.keys import META
from tests.acceptance.waiting import eventually
from tests.faults.redis_server import FaultyRedis
from tests.faults.rig import Process, Rig

WAYS = ("api-redis", "worker-redis")
OPENED = '"event":"gate.opened"'
WORD = "--old-primary-is-dead"
DECIDED_SECONDS = 20.0
_numbers = itertools.count(1)


@asynccontextmanager
async def replica_of(rig: Rig) -> AsyncIterator[FaultyRedis]:
    """A replica in step with the rig's Redis. Afterwards whichever of the two the rig does not use is gone, and the
    address leads to the other.
    """
    primary = rig.redis
    replica = FaultyRedis(rig.folder / f"redis-{next(_numbers)}", primary.settings)
    try:
        await replica.start()
        await replica.follow(primary)
        yield replica
    finally:
        lead_to(rig, rig.redis)
        for server in (primary, replica):
            if server is not rig.redis:
                await server.kill()
    await _forget_replicas(rig)


async def _forget_replicas(rig: Rig) -> None:
    """For an hour after its last replica left, a primary that restarts looks like a promoted one, and waits for
    a person. Here that hour is a second, until the gate knows that nobody has a copy any more.
    """

    async def forgotten() -> bool:
        async with rig.redis.client() as client:
            return bool(await client.hget(META, "replicated") == b"0")

    await rig.redis.configure("repl-backlog-ttl", "1")
    await eventually(forgotten, "the gate is opened for a server without replicas", DECIDED_SECONDS)
    await rig.redis.configure("repl-backlog-ttl", "3600")
    await rig.until_ready()


def lead_to(rig: Rig, server: FaultyRedis) -> None:
    """The address of Redis leads there from now on: new connections go there, living ones stay where they are."""
    for way in WAYS:
        rig.proxies[way].upstream = server.upstream


def take_over(rig: Rig, server: FaultyRedis) -> None:
    """As a failover behind a virtual address ends: nobody is connected to the old server any more."""
    lead_to(rig, server)
    rig.redis = server
    for way in WAYS:
        rig.proxies[way].reset_all()


def deafen(rig: Rig) -> None:
    """Nobody hears Redis any more: what it does from now on is acknowledged to nobody."""
    for way in WAYS:
        rig.proxies[way].to_client.hold()


async def crash(rig: Rig) -> None:
    """SIGKILL of a Redis that nobody hears: the replies that were on their way are gone with it."""
    await rig.kill("redis")
    for way in WAYS:
        rig.proxies[way].reset_all()
        rig.proxies[way].heal()


async def recover(rig: Rig) -> bool:
    """Wait until the service is ready again, and give a person's word where it asks for it; whether it did without."""
    caller = rig.caller()

    async def verdict() -> list[bool]:
        answer = await caller.get("/readyz", rig.urls[0])
        if answer is None:
            return []
        return [True] if answer[0] == 200 else [False] if WORD in _worker_complaints(rig) else []

    try:
        by_itself = (await eventually(verdict, "the gate opens, or a person is asked", DECIDED_SECONDS))[0]
    finally:
        await caller.close()
    if not by_itself:
        await _give_word(rig)
    await rig.until_ready()
    return by_itself


async def refused(rig: Rig, url: str) -> None:
    """Wait until this API process answers, and says that it may not decide."""
    caller = rig.caller()

    async def not_ready() -> bool:
        answer = await caller.get("/readyz", url)
        return answer is not None and answer[0] == 503

    try:
        await eventually(not_ready, f"{url} is not ready", DECIDED_SECONDS)
    finally:
        await caller.close()


async def _give_word(rig: Rig) -> None:
    """A person made sure that no other Redis answers anybody, and says so."""
    command = Process("rebuild", rig.folder, rig._forks, ("rebuild", WORD))
    command.environment = rig.worker.environment
    command.start()
    status = await command.gone()
    assert status == 0, f"rebuild {WORD} ended with {status}: {command.log.read_text()[-500:]}"


def _worker_complaints(rig: Rig) -> str:
    """What it has said since it last opened the gate."""
    lines = rig.worker.log.read_text(errors="replace").rpartition(OPENED)[2].splitlines()
    return "\n".join(line for line in lines if '"level":"warning"' in line)
