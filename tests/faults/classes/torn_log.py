"""Power is cut: the end of Redis's log is torn. What nobody was told may be gone; a disk that lied loses more."""

import random
import signal
from contextlib import suppress
from functools import partial

from tests.acceptance.waiting import eventually, pause
from tests.faults.append_only_file import Mark, Tail, tear
from tests.faults.failover import WAYS, crash, deafen, recover
from tests.faults.fault import Plain
from tests.faults.losses import events_of, ledger_end, redis_end, settle_losses
from tests.faults.rig import Rig

LOGGED_SECONDS = 2.0
TRIES_MAX = 5
LINGER_SECONDS = (0.0, 0.05, 1.2)  # an attempt takes 1 s: then its repeat is logged as well
UNSAFE_MAX = 150  # operations that the disk pretends to have


class TornTail(Plain):
    """Torn behind the last answer that anybody heard: nothing is lost."""

    weight = 2
    yields = "torn_tail"

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        mark = await _deaf_from(rig)
        await pause(rng.choice(LINGER_SECONDS))
        await crash(rig)
        tail = rng.choice(list(Tail))
        gone = tear(mark, rng, tail)
        await rig.redis.recover()
        rig.seen["torn_tail.unheard"] += bool(gone)
        return f"{len(gone)} transactions torn, {tail} behind them" if gone else ""


class LyingDisk(Plain):
    """Torn before it: what was acknowledged is gone from Redis. What the ledger has comes back, and the rest is lost
    as a whole: nothing behind it may be there.
    """

    yields = "torn_tail"

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load = rig.load
        assert load is not None
        if rng.random() < 0.5:  # else the ledger has heard of nearly everything
            rig.worker.signal(signal.SIGSTOP)
        mark = rig.redis.log_end()
        await load.until_told(rng.randint(1, UNSAFE_MAX))
        await rig.kill("redis")
        tail = rng.choice(list(Tail))
        gone = events_of(tear(mark, rng, tail))
        await load.stop()
        await rig.redis.recover()
        survived = max(await redis_end(rig.redis), await ledger_end(rig))
        rig.worker.signal(signal.SIGCONT)
        await recover(rig)
        lost = await settle_losses(rig, gone, survived)
        rig.seen["torn_tail.acknowledged"] += bool(gone)
        rig.seen["lost_events.torn_tail"] += len(lost)
        load.start()
        return f"{len(gone)} acknowledged events torn, {len(lost)} of them lost, {tail} behind them" if gone else ""


async def _deaf_from(rig: Rig) -> Mark:
    """Nobody hears Redis from here on, and something is logged behind it.

    What was under way may all have been logged before, and then nothing comes any more: no new connection is written to
    before it has heard a first reply. So they hear again, and the next calls are waited for.
    """
    assert rig.load is not None
    for _ in range(TRIES_MAX):
        deafen(rig)
        mark = rig.redis.log_end()
        with suppress(AssertionError):
            await eventually(partial(_grown, rig, mark), "something is logged that nobody hears of", LOGGED_SECONDS)
            return mark
        for way in WAYS:
            rig.proxies[way].heal()
        await rig.load.until_told(1)
    raise AssertionError(f"nothing was logged that nobody heard of, {TRIES_MAX} times")


async def _grown(rig: Rig, mark: Mark) -> bool:
    return rig.redis.log_end().offset > mark.offset


FAULTS = (TornTail("torn-tail"), LyingDisk("lying-disk"))
