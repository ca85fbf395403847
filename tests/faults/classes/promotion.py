"""A replica is promoted that lacks what was acknowledged: behind the same address, behind living connections."""

import random
import signal

from inventory_service.domain.events import Position
from tests.faults.failover import WAYS, lead_to, recover, refused, replica_of, take_over
from tests.faults.fault import Plain
from tests.faults.losses import Logged, events_behind, redis_end, settle_losses
from tests.faults.redis_server import FaultyRedis
from tests.faults.rig import APIS, Rig

FOLLOWED = 30  # operations that reach the replica
UNHEARD_MAX = 150  # operations that it never hears of
PAUSE_MS = 60_000


class Promotion(Plain):
    """What both kinds have in common: a lag, the loss of what lies in it, and a person's word."""

    yields = "promotion"

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load = rig.load
        assert load is not None
        async with replica_of(rig) as replica:
            await rig.until_ready()  # the first replica changes the primary's identity
            await load.until_told(FOLLOWED)
            await replica.lose_primary()
            kept = await redis_end(replica)
            if rng.random() < 0.5:  # else the ledger has heard of nearly everything
                rig.worker.signal(signal.SIGSTOP)
            await load.until_told(rng.randint(1, UNHEARD_MAX))
            acknowledged = await self._fail_over(rig, replica, kept, rng)
            await load.stop()
            rig.worker.signal(signal.SIGCONT)
            assert not await recover(rig), "a promoted server was believed without a person's word"
            lost = await settle_losses(rig, acknowledged, kept)
        rig.seen["promotion"] += 1
        rig.seen["lost_events.promotion"] += len(lost)
        load.start()
        return f"promoted without {len(acknowledged)} events, {len(lost)} of them lost"

    async def _fail_over(self, rig: Rig, replica: FaultyRedis, kept: Position, rng: random.Random) -> list[Logged]:
        """Put the replica's data in force; the events behind `kept`, which are not in them."""
        raise NotImplementedError


class BehindAddress(Promotion):
    """The address leads to the replica. The old primary is killed, or goes on living with nobody connected."""

    async def _fail_over(self, rig: Rig, replica: FaultyRedis, kept: Position, rng: random.Random) -> list[Logged]:
        primary = rig.redis
        if rng.random() < 0.5:
            await rig.kill("redis")
        await replica.promote()
        take_over(rig, replica)
        await primary.start()
        return await events_behind(primary, kept)


class BehindConnections(Promotion):
    """The primary is demoted, resynchronised, promoted again: the same process, the same connections, other data."""

    async def _fail_over(self, rig: Rig, replica: FaultyRedis, kept: Position, rng: random.Random) -> list[Logged]:
        primary = rig.redis
        await replica.promote()
        async with primary.client() as client:
            await client.client_pause(PAUSE_MS, all=False)  # so that no event comes behind those that are read
            lost = await events_behind(primary, kept)
            await primary.follow(replica)
            if rng.random() < 0.5:
                await client.client_unpause()  # callers meet a replica for a moment
            await primary.promote()
            await client.client_unpause()
        return lost


class BothAnswer(Plain):
    """Somebody promotes a replica while the primary lives, and new connections go there. Until a person decides, only
    the primary sells; when the address leads back to it, nothing is lost.
    """

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load = rig.load
        assert load is not None
        async with replica_of(rig) as replica:
            await rig.until_ready()
            await load.until_told(FOLLOWED)
            await replica.lose_primary()
            kept = await redis_end(replica)
            await load.until_told(rng.randint(1, UNHEARD_MAX))
            await replica.promote()
            lead_to(rig, replica)
            if rng.random() < 0.5:
                rig.proxies["worker-redis"].reset_all()
            moved = rng.choice(APIS)
            await rig.kill(moved)
            rig.processes[moved].start()  # it finds the replica
            rig.down.discard(moved)
            await refused(rig, rig.urls[APIS.index(moved)])
            before = load.told
            await load.until_told(UNHEARD_MAX)
            sold = load.told - before
            assert await redis_end(replica) == kept, "the promoted replica decided without a person's word"
            lead_to(rig, rig.redis)
            for way in WAYS:
                rig.proxies[way].reset_all()
            await rig.until_ready()
        return f"the primary went on with {sold} operations beside a promoted replica"


FAULTS = (
    BehindAddress("promotion-behind-address"),
    BehindConnections("promotion-behind-connections"),
    BothAnswer("promotion-beside-primary"),
)
