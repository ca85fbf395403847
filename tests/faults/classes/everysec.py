"""`appendfsync everysec` on a slow disk: a kill alone, without a power cut, takes what was acknowledged. No answer may
claim that the disk had it.
"""

import random
import signal
from collections.abc import Mapping

from tests.acceptance.waiting import eventually
from tests.faults import tracing
from tests.faults.failover import crash, deafen, recover
from tests.faults.fault import Plain
from tests.faults.load import Load
from tests.faults.losses import events_behind, heard, ledger_end, redis_end, settle_losses
from tests.faults.rig import Rig

SETTINGS = {"appendfsync": "everysec"}
SLOW_MS = 1500  # behind an fsync that is not done yet Redis waits with its writes, for 2 s at most
UNSAFE_OPERATIONS = 100
CLAIM_SECONDS = 10.0
RECORD = "everysec-calls"


class Everysec(Plain):
    settings: Mapping[str, str] = {}

    needs = tracing.needs()

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load, redis = rig.load, rig.redis
        assert load is not None
        self.settings = redis.settings
        await restart(rig, {**self.settings, **SETTINGS})
        await claims(load, "memory")
        async with tracing.slow_sync(redis.pid, rig.folder / RECORD, SLOW_MS) as injection:
            await injection.until_struck()
            known = await heard(rig)  # the goods at least
            if rng.random() < 0.5:  # else the ledger has heard of nearly everything
                rig.worker.signal(signal.SIGSTOP)
            await load.until_told(rng.randint(1, UNSAFE_OPERATIONS))
            deafen(rig)
            logged = await events_behind(redis, known)
            await crash(rig)
        await load.stop()
        redis.settings = self.settings
        await redis.start()
        end = await redis_end(redis)
        survived = max(end, await ledger_end(rig))
        missing = sum(event.position > end for event in logged)
        rig.worker.signal(signal.SIGCONT)
        await recover(rig)
        lost = await settle_losses(rig, logged, survived)
        rig.seen["lost_events.everysec"] += len(lost)
        load.start()
        await load.until_told(1)
        await claims(load, "disk")
        return f"a kill took {missing} events from Redis, {len(lost)} of them for good" if missing else ""

    async def heal(self, rig: Rig) -> None:
        if rig.redis.settings != self.settings:
            await restart(rig, self.settings)


async def restart(rig: Rig, settings: Mapping[str, str]) -> None:
    """In good order: nothing is lost by it."""
    await rig.redis.stop()
    rig.redis.settings = dict(settings)
    await rig.redis.start()
    await rig.until_ready()


async def claims(load: Load, durability: str) -> None:
    """Wait until the repeat of an acknowledged hold is answered with this durability: of the newest, since what ended
    some time ago is answered by the ledger.
    """

    async def answered() -> bool:
        life = next(life for life in reversed(load.orders) if life.told)
        answer = await load.caller.post("/v1/reservations", life.reserve_body())
        return answer is not None and answer[0] == 200 and answer[1]["durability"] == durability

    await eventually(answered, f"an answer claims {durability}", CLAIM_SECONDS)


FAULTS = (Everysec("everysec-on-slow-disk"),)
