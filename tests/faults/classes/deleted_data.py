"""Redis comes back without its data. Behind a given address the server that has them may still live, so nobody sells
until a person has decided.
"""

import random
import signal

from tests.faults.failover import crash, deafen, recover
from tests.faults.fault import Plain
from tests.faults.losses import events_behind, heard, settle_losses
from tests.faults.rig import Rig

UNHEARD_MAX = 150  # operations that the ledger may never hear of


class DeletedData(Plain):
    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load = rig.load
        assert load is not None
        known = await heard(rig)  # the goods at least
        if rng.random() < 0.5:  # else the ledger has heard of nearly everything
            rig.worker.signal(signal.SIGSTOP)
        await load.until_told(rng.randint(1, UNHEARD_MAX))
        deafen(rig)
        gone = await events_behind(rig.redis, known)
        await crash(rig)
        rig.redis.delete_data()
        await rig.redis.start()
        await load.stop()
        rig.worker.signal(signal.SIGCONT)
        assert not await recover(rig), "an empty server was believed without a person's word"
        lost = await settle_losses(rig, gone, known)
        rig.seen["lost_events.deleted_data"] += len(lost)
        load.start()
        return f"Redis was empty; {len(lost)} of {len(gone)} events lost"


FAULTS = (DeletedData("deleted-data"),)
