"""SIGKILL of Redis while its disk is slow and the ledger hears of nothing: only the log on that disk has the rest."""

import random
import signal

from tests.faults import tracing
from tests.faults.fault import Plain
from tests.faults.rig import WORKER, Rig

SLOW_MS = (50, 400, 1300)  # an attempt takes 1 s: the slowest is slower than that
UNHEARD_MAX = 5000  # steps × ms of a sync: where each sync outlasts an attempt, few calls are ever acknowledged
HIT_SECONDS = 20.0


class KillOnSlowDisk(Plain):
    needs = ("strace",)
    yields = "kill"

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load, delay_ms = rig.load, rng.choice(SLOW_MS)
        assert load is not None
        async with tracing.slow_sync(rig.redis.pid, rig.folder / "slow-disk-calls", delay_ms) as injection:
            await injection.until_struck(within_seconds=HIT_SECONDS)
            rig.signal(WORKER, signal.SIGSTOP)
            await load.until_told(rng.randint(1, UNHEARD_MAX // delay_ms))
            in_flight = await rig.calls_in_flight()
            await rig.kill("redis")
        if not in_flight:
            return ""
        return f"SIGKILL of redis behind fsyncs of {delay_ms} ms, with {in_flight} calls in flight"


FAULTS = (KillOnSlowDisk("kill-on-slow-disk"),)
