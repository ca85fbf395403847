"""Two faults at once: the second strikes what is busy with the first."""

import asyncio
import random

from tests.faults.classes import connections, kill_process, stops
from tests.faults.fault import Fault, Plain
from tests.faults.rig import Rig

_SINGLE: dict[str, Fault] = {
    fault.name: fault for module in (connections, kill_process, stops) for fault in module.FAULTS
}
PAIRS = (
    ("kill-worker", "refuse-postgres"),
    ("kill-worker", "kill-redis"),
    ("kill-api", "delay-redis"),
    ("kill-api", "stop-redis"),
    ("kill-redis", "kill-postgres"),
    ("kill-redis", "stop-worker"),
    ("kill-postgres", "lose-reply-redis"),
    ("black-hole-redis", "black-hole-postgres"),
)


class Pair(Plain):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first}+{second}")
        self.yields = "kill" if first.startswith("kill") else ""
        self._faults = (_SINGLE[first], _SINGLE[second])

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        seeds = [rng.random() for _ in self._faults]
        struck = await asyncio.gather(
            *(fault.strike(rig, random.Random(seed)) for fault, seed in zip(self._faults, seeds, strict=True))
        )
        return "; ".join(struck) if all(struck) else ""


FAULTS = tuple(Pair(*pair) for pair in PAIRS)
