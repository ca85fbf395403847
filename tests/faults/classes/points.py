"""SIGKILL, and SIGSTOP for longer than anybody waits, at each moment that our own code names."""

import random
import signal
from contextlib import suppress

from inventory_service.faultpoints import POINTS, Point
from tests.acceptance.waiting import eventually, pause
from tests.faults.board import Action
from tests.faults.books import caught_up
from tests.faults.fault import Plain
from tests.faults.parking import park, until_unparked
from tests.faults.rig import APIS, WORKER, Process, Rig

REACHED_SECONDS = 12.0
STOPPED_SECONDS = (0.3, 1.5, 4.0)  # an attempt takes 1 s at the most, a batch 2.5 s
REBUILD = ("rebuild", "--old-primary-is-dead")
SIGNALS = {Action.KILL: "SIGKILL", Action.STOP: "SIGSTOP"}


class AtPoint(Plain):
    """One point: `reach` brings a process to it that was armed before."""

    places: tuple[str, ...] = (WORKER,)
    countdown_max = 4  # the writer flushes some times a second

    def __init__(self, point: Point, action: Action) -> None:
        super().__init__(f"{action.name.lower()}-at-{point}")
        self.yields = "kill" if action is Action.KILL else ""
        self._point = point
        self._action = action

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        process = rig.processes[rng.choice(self.places)]
        countdown = rng.randint(1, self.countdown_max)
        before = process.board.fired(self._point)
        process.board.arm(self._point, self._action, countdown)
        await self.reach(rig)
        return await self._struck(rig, process, before, rng)

    async def reach(self, rig: Rig) -> None:
        """The load does."""

    async def _struck(self, rig: Rig, process: Process, before: int, rng: random.Random) -> str:
        if not await fired(process, self._point, before):
            return ""
        if self._action is Action.STOP:
            await pause(rng.choice(STOPPED_SECONDS))
            process.signal(signal.SIGCONT)
        else:
            rig.seen["kill.at_point"] += 1
        return f"{SIGNALS[self._action]} to {process.name} at {self._point}"


async def fired(process: Process, point: Point, before: int) -> bool:
    """Whether the process did what it was armed for."""

    async def done() -> bool:
        return process.board.fired(point) > before

    with suppress(AssertionError):
        return await eventually(done, f"{process.name} reaches {point}", REACHED_SECONDS)
    return False


class InApi(AtPoint):
    places = APIS
    countdown_max = 20


class Repeating(InApi):
    """A batch is repeated once its connection broke."""

    countdown_max = 1

    async def reach(self, rig: Rig) -> None:
        proxy = rig.proxies["api-redis"]
        for _ in range(5):
            await proxy.until(lambda: proxy.asked)
            proxy.reset_all()


class Opening(AtPoint):
    """The gate is opened by a worker that starts."""

    countdown_max = 1

    async def reach(self, rig: Rig) -> None:
        await rig.kill(WORKER)
        await rig.start(WORKER)


class Parked(AtPoint):
    """Scans that came before their orders apply themselves."""

    countdown_max = 1

    async def reach(self, rig: Rig) -> None:
        assert rig.load is not None
        await park(rig.load, 5)

    async def afterwards(self, rig: Rig) -> None:
        assert rig.load is not None
        await until_unparked(rig.load)


class Rebuilding(AtPoint):
    """A person's command rebuilds Redis while nobody sells. Killed, it is run again; stopped, it may wake up behind a
    worker that has opened the gate meanwhile, and must not change anything any more.
    """

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load = rig.load
        assert load is not None
        await load.stop()
        await load.settle()
        await caught_up(rig)
        await rig.kill(WORKER)
        command = rig.spare(*REBUILD)
        command.board.arm(self._point, self._action)
        command.start()
        if not await fired(command, self._point, 0):
            return ""
        load.start()
        if self._action is Action.KILL:
            rig.seen["kill.at_point"] += 1
            await self._again(rig)
        else:
            await self._wake_up(rig, command, rng)
        return f"{SIGNALS[self._action]} to a rebuild at {self._point}"

    async def _again(self, rig: Rig) -> None:
        again = rig.spare(*REBUILD)
        again.start()
        status = await again.gone()
        assert status == 0, f"the second rebuild ended with {status}"

    async def _wake_up(self, rig: Rig, command: Process, rng: random.Random) -> None:
        if rng.random() < 0.5:
            await rig.start(WORKER)
        await pause(rng.choice(STOPPED_SECONDS))
        command.signal(signal.SIGCONT)
        await command.gone()


def _kind(point: Point) -> type[AtPoint]:
    if point == "batch.repeated":
        return Repeating
    kinds = {"redis": InApi, "batch": InApi, "gate": Opening, "rebuild": Rebuilding, "parked": Parked}
    return kinds.get(point.partition(".")[0], AtPoint)


FAULTS = tuple(_kind(point)(point, action) for point in POINTS for action in SIGNALS)
