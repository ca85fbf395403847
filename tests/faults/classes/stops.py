"""SIGSTOP past every lease, and a second worker that takes over meanwhile."""

import random
import signal
from collections.abc import Callable

from tests.acceptance.waiting import eventually, pause
from tests.faults.fault import Plain
from tests.faults.rig import APIS, WORKER, Rig

# An attempt takes 1 s at the most, a batch 2.5 s, a call 5 s.
STOPPED_SECONDS = (0.5, 1.5, 3.0, 5.5)
TURN_SECONDS = 20.0
STANDS_BY = "stands by"
OPENED = '"gate.opened"'


class StopProcess(Plain):
    weight = 2

    def __init__(self, name: str, places: tuple[str, ...]) -> None:
        super().__init__(name)
        self._places = places

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        place, seconds = rng.choice(self._places), rng.choice(STOPPED_SECONDS)
        in_flight = await rig.calls_in_flight()
        rig.signal(place, signal.SIGSTOP)
        await pause(seconds)
        rig.signal(place, signal.SIGCONT)
        return f"SIGSTOP of {place} for {seconds} s with {in_flight} calls in flight" if in_flight else ""


class TwoWorkers(Plain):
    """A second worker stands by; it takes over from one that is stopped, which is fenced when it wakes up."""

    weight = 3

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        await rig.end(WORKER)  # one whose lock went with Postgres in an earlier scenario never asks for it again
        await rig.start(WORKER)
        await until(lambda: rig.worker.said(OPENED), "the first worker has its turn")
        second = rig.spare(WORKER)
        second.start()
        await until(lambda: second.said(STANDS_BY), "the second worker stands by")
        fenced = rig.seen["worker.ended_with_3"]
        rig.signal(WORKER, signal.SIGSTOP)
        rig.proxies["worker-postgres"].reset_all()  # its lock goes with its connection
        await until(lambda: second.said(OPENED), "the second worker takes over")
        await pause(rng.uniform(0.0, 2.0))
        rig.signal(WORKER, signal.SIGCONT)
        await until(lambda: rig.seen["worker.ended_with_3"] > fenced, "the first worker is fenced")
        return "the worker that was stopped came back and was fenced"


async def until(condition: Callable[[], bool], what: str) -> None:
    async def true() -> bool:
        return condition()

    await eventually(true, what, TURN_SECONDS)


FAULTS = (
    StopProcess("stop-api", APIS),
    StopProcess("stop-worker", (WORKER,)),
    StopProcess("stop-redis", ("redis",)),
    StopProcess("stop-postgres", ("postgres",)),
    TwoWorkers("two-workers"),
)
