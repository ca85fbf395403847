"""Redis forgets the kernel's script, again and again."""

import random

from redis.asyncio import Redis

from tests.acceptance.waiting import pause
from tests.faults.fault import Plain
from tests.faults.rig import Rig

APART_SECONDS = 0.05


class ScriptFlush(Plain):
    weight = 2

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        async with Redis.from_url(rig.redis.url) as client:
            before = await missed(client)
            for _ in range(rng.randint(5, 20)):
                await client.script_flush()
                await pause(APART_SECONDS)
            found = await missed(client) - before
        return f"the script was missing {found} times" if found else ""


async def missed(client: Redis) -> int:
    """How often a script was asked for that the cache did not hold."""
    errors = await client.info("errorstats")
    return int(errors.get("errorstat_NOSCRIPT", {}).get("count", 0))


FAULTS = (ScriptFlush("flush-scripts"),)
