"""Postgres is away for longer than a call lasts, while sales go on."""

import random

from tests.acceptance.waiting import pause
from tests.faults.fault import Plain
from tests.faults.rig import Rig

AWAY_SECONDS = (3.0, 6.0, 12.0)


class PostgresAway(Plain):
    yields = "kill"

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load, seconds = rig.load, rng.choice(AWAY_SECONDS)
        assert load is not None
        await rig.kill("postgres")
        told = load.told
        await pause(seconds)
        sold = load.told - told
        return f"{sold} acknowledged while Postgres was away for {seconds} s" if sold else ""


FAULTS = (PostgresAway("away-postgres"),)
