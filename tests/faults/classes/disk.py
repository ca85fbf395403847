"""The disk under Redis's log is slow, fails, or is full."""

import random

from inventory_service.embedded.append_only_file import last_file
from tests.faults import tracing
from tests.faults.fault import Plain
from tests.faults.rig import Rig

RECORD = "disk-calls"
SLOW_MS = (5, 50, 400, 1300)  # an attempt takes 1 s: the slowest is slower than that
SLOW_CALLS = 3
HIT_SECONDS = 20.0


class Disk(Plain):
    """`appendfsync always`: what is not on disk is not answered."""

    needs = tracing.needs()


class SlowSync(Disk):
    """Each fsync takes long; answers wait for it, callers repeat, and nothing is done twice."""

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        delay_ms = rng.choice(SLOW_MS)
        async with tracing.slow_sync(rig.redis.pid, rig.folder / RECORD, delay_ms) as injection:
            await injection.until_struck(SLOW_CALLS, HIT_SECONDS)
        return f"{injection.struck()} fsyncs took {delay_ms} ms longer"


class FailingSync(Disk):
    """Redis ends rather than answer; what it wrote and could not sync may be there or not."""

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        async with tracing.failing_sync(rig.redis.pid, rig.folder / RECORD, first=rng.randint(1, 20)) as injection:
            await injection.until_struck(within_seconds=HIT_SECONDS)
            status = await rig.redis.ended()
        assert status == 1, f"Redis went on after a failed fsync, or was killed: {status}"
        return f"Redis ended by itself after {injection.struck()} failed fsyncs"


class FullDisk(Disk):
    """The same where nothing more can be written."""

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        del rng
        path = last_file(rig.redis.home)
        async with tracing.full_disk(rig.redis.pid, rig.folder / RECORD, path) as injection:
            await injection.until_struck(within_seconds=HIT_SECONDS)
            status = await rig.redis.ended()
        assert status == 1, f"Redis went on after a failed write, or was killed: {status}"
        return f"Redis ended by itself after {injection.struck()} failed writes"


FAULTS = (SlowSync("slow-sync"), FailingSync("failing-sync"), FullDisk("full-disk"))
