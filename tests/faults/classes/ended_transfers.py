"""Transfers end, the replies vanish, and the writer sleeps: who repeats the call meets a ledger that lags."""

import asyncio
import random
import signal

from tests.faults.fault import Plain
from tests.faults.lives import GIVEN_UP
from tests.faults.rig import Rig

TRANSFERS = 40


class EndedTransfers(Plain):
    weight = 2

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        load, proxy = rig.load, rig.proxies["api-redis"]
        assert load is not None
        transfers = [load.new_transfer(GIVEN_UP) for _ in range(TRANSFERS)]
        while waiting := [transfer for transfer in transfers if not transfer.told]:
            await load.advance(waiting)
        rig.worker.signal(signal.SIGSTOP)
        lost = 0
        ending = asyncio.create_task(load.advance(transfers))
        for _ in range(rng.randint(1, 3)):
            before = proxy.seen["proxy.swallowed"]
            proxy.to_client.swallow = True
            lost += await proxy.until_seen("proxy.swallowed", before + 1)
            proxy.to_client.heal()
            proxy.reset_all()
        await ending
        return f"lost {lost} replies while {TRANSFERS} transfers ended" if lost else ""


FAULTS = (EndedTransfers("lose-reply-while-transfers-end"),)
