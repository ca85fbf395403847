"""Hundreds of callers hang up at once, in the middle of their calls."""

import asyncio
import random

from tests.acceptance.waiting import pause
from tests.faults.fault import Plain
from tests.faults.rig import Rig


class MassCancellation(Plain):
    weight = 2

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load = rig.load
        assert load is not None
        cut = 0
        for _ in range(rng.randint(1, 3)):
            calls = await load.burst(rng.randint(150, 300))
            await pause(rng.uniform(0.01, 0.15))
            cut += sum(call.cancel() for call in calls)
            await asyncio.gather(*calls, return_exceptions=True)
        return f"{cut} calls cut off" if cut else ""


FAULTS = (MassCancellation("cancel-calls"),)
