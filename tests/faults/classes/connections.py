"""Connections hurt on their way: reset with a reply awaited, torn, late, half-open, swallowed, black hole."""

import random
from collections.abc import Awaitable, Callable

from tests.acceptance.waiting import pause
from tests.faults.fault import Plain
from tests.faults.proxy import FaultProxy
from tests.faults.rig import WORKER, Rig

WAYS = ("api-redis", "worker-redis", "api-postgres", "worker-postgres")

Hurt = Callable[[FaultProxy, random.Random], Awaitable[str]]


async def reset(proxy: FaultProxy, rng: random.Random) -> str:
    """RST on every connection at a moment when somebody waits for a reply; several times in a row."""
    hit = 0
    for _ in range(rng.randint(1, 4)):
        await proxy.until(lambda: proxy.asked)
        hit += proxy.reset_all()
    return f"reset {hit} connections with a reply awaited" if hit else ""


async def tear(proxy: FaultProxy, rng: random.Random) -> str:
    """A reply, or a request, ends in the middle."""
    way = rng.choice((proxy.to_client, proxy.to_server))
    before = proxy.seen["proxy.torn"]
    way.cut_within = rng.choice((2, 20, 1 << 16))
    await proxy.until(lambda: way.cut_within == 0)
    return "tore a message" if proxy.seen["proxy.torn"] > before else ""


async def lose_reply(proxy: FaultProxy, rng: random.Random) -> str:
    """The server has done it, the reply vanishes, and the connection with it."""
    before = proxy.seen["proxy.swallowed"]
    proxy.to_client.swallow = True
    for wanted in range(1, rng.randint(2, 4)):
        await proxy.until_seen("proxy.swallowed", before + wanted)
        proxy.reset_all()
    lost = proxy.seen["proxy.swallowed"] - before
    return f"lost {lost} replies" if lost else ""


async def delay(proxy: FaultProxy, rng: random.Random) -> str:
    before = proxy.seen["proxy.delayed"]
    proxy.to_server.delay_seconds = rng.choice((0.0, 0.02, 0.3))
    proxy.to_client.delay_seconds = rng.choice((0.02, 0.1, 1.2))
    await pause(rng.uniform(0.5, 1.5))
    return _counted(proxy, "proxy.delayed", before, "messages were late")


async def half_open(proxy: FaultProxy, rng: random.Random) -> str:
    """Requests arrive, replies do not, for longer than an attempt."""
    before = proxy.seen["proxy.held"]
    proxy.to_client.hold()
    await pause(rng.uniform(0.3, 2.5))
    return _counted(proxy, "proxy.held", before, "replies were held")


async def late_requests(proxy: FaultProxy, rng: random.Random) -> str:
    """Requests wait on the way, their callers give up and repeat; then the originals arrive after all."""
    before = proxy.seen["proxy.held"]
    proxy.to_server.hold()
    await pause(rng.uniform(0.3, 2.5))
    proxy.to_server.heal()
    return _counted(proxy, "proxy.held", before, "requests arrived late")


async def black_hole(proxy: FaultProxy, rng: random.Random) -> str:
    before = proxy.seen["proxy.swallowed"]
    proxy.to_client.swallow = proxy.to_server.swallow = True
    await pause(rng.uniform(0.5, 2.5))
    proxy.reset_all()
    return _counted(proxy, "proxy.swallowed", before, "messages vanished")


async def refuse(proxy: FaultProxy, rng: random.Random) -> str:
    """The server is away: connections end and none can be made."""
    before = proxy.seen["proxy.refused"]
    proxy.refuses = True
    proxy.reset_all()
    await pause(rng.uniform(0.3, 2.0))
    await proxy.until_seen("proxy.refused", before + 1)  # a process that was killed as well takes a moment to come
    return _counted(proxy, "proxy.refused", before, "connections were refused")


def _counted(proxy: FaultProxy, name: str, before: int, what: str) -> str:
    count = proxy.seen[name] - before
    return f"{count} {what}" if count else ""


class Connections(Plain):
    """One way to hurt connections to one store, of the API or of the worker."""

    def __init__(self, name: str, store: str, hurt: Hurt) -> None:
        super().__init__(f"{name}-{store}")
        self._ways = [way for way in WAYS if way.endswith(store)]
        self._hurt = hurt

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        way = rng.choice(self._ways)
        evidence = await self._hurt(rig.proxies[way], rng)
        if not evidence and way.startswith(WORKER) and WORKER in rig.down:  # by another fault: nobody came
            way = next(each for each in self._ways if not each.startswith(WORKER))
            evidence = await self._hurt(rig.proxies[way], rng)
        return f"{way}: {evidence}" if evidence else ""


_HURTS: dict[str, Hurt] = {
    "reset": reset,
    "tear": tear,
    "lose-reply": lose_reply,
    "delay": delay,
    "half-open": half_open,
    "late-requests": late_requests,
    "black-hole": black_hole,
    "refuse": refuse,
}
FAULTS = tuple(Connections(name, store, hurt) for name, hurt in _HURTS.items() for store in ("redis", "postgres"))
