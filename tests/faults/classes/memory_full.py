"""Redis has no memory left: what is held can still be paid, given back and shipped; new holds wait."""

import random
import time

from tests.acceptance.waiting import eventually
from tests.faults.fault import Plain
from tests.faults.load import Load
from tests.faults.rig import Rig

FULL = "1"  # byte: every server has more
UNLIMITED = "0"
LIVED_SECONDS = 20.0


class MemoryFull(Plain):
    async def strike(self, rig: Rig, rng: random.Random) -> str:
        del rng
        load = rig.load
        assert load is not None
        await rig.redis.configure("maxmemory", FULL)
        full_s, told, refused = time.monotonic(), load.told, load.seen["answer.overloaded"]
        await eventually(lambda: _lived(load, refused), "every hold lives to its end without memory", LIVED_SECONDS)
        held = [life.subject for life in load.orders if life.told and life.sent_s[0] > full_s]
        assert not held, f"new holds were taken without memory: {held[:3]}"
        return f"{load.told - told} steps, {load.seen['answer.overloaded'] - refused} new holds refused"

    async def heal(self, rig: Rig) -> None:
        await rig.redis.configure("maxmemory", UNLIMITED)


async def _lived(load: Load, refused: int) -> bool:
    """Nothing that was ever held waits for its next step, and new holds are refused."""
    waiting = any(life.told and life.next_step for life in load.lives)
    return not waiting and load.seen["answer.overloaded"] > refused


FAULTS = (MemoryFull("memory-full"),)
