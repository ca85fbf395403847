"""The clock of Redis's machine is stepped. Far off it shuts the gate until the clocks agree; nothing expires early."""

import random
from collections.abc import Sequence

from tests.faults import clock
from tests.faults.clock import WallClock
from tests.faults.failover import refused
from tests.faults.fault import Plain
from tests.faults.rig import Rig

STEPPED_OPERATIONS = 60


class ClockStep(Plain):
    needs = ("libfaketime",) if clock.why_not() else ()

    def __init__(self, name: str, seconds: Sequence[int]) -> None:
        super().__init__(name)
        self._seconds = seconds

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        wall, seconds = WallClock(rig.folder), rng.choice(self._seconds)
        await self._restart(rig, wall)
        await self._step(rig, wall, seconds)
        await self._step(rig, wall, -seconds)
        return f"the clock was {abs(seconds)} s {'ahead' if seconds > 0 else 'behind'}, and right again"

    async def heal(self, rig: Rig) -> None:
        await self._restart(rig, None)

    async def _step(self, rig: Rig, wall: WallClock, seconds: int) -> None:
        """Step it, and wait until the service has done what it should."""
        raise NotImplementedError

    async def _restart(self, rig: Rig, wall: WallClock | None) -> None:
        """In good order; only a process that starts with such a clock can be stepped."""
        await rig.redis.stop()
        rig.redis.environment = wall.environment if wall else {}
        await rig.redis.start()
        await rig.until_ready()


class GoesOn(ClockStep):
    """A step that the kernel's clock, which never goes back, swallows: sales go on, and time stands still at worst."""

    async def _step(self, rig: Rig, wall: WallClock, seconds: int) -> None:
        assert rig.load is not None
        wall.step(seconds)
        await rig.load.until_told(STEPPED_OPERATIONS)


class ShutsGate(ClockStep):
    """A time that nobody saw pass: nobody is served, and nothing expires, until the clocks agree again."""

    async def _step(self, rig: Rig, wall: WallClock, seconds: int) -> None:
        wall.step(seconds)
        if seconds > 0:
            for url in rig.urls:
                await refused(rig, url)
        else:
            await rig.until_ready()


FAULTS = (
    GoesOn("clock-forward", (1, 3)),  # the clocks agree within 5 s
    GoesOn("clock-backward", (-3, -90, -90_000)),
    ShutsGate("clock-jump", (90, 3_600, 90_000)),  # 60 s are the bound
)
