"""SIGKILL of one process of the service, or of one of its stores, while calls are in flight."""

import random

from tests.faults.fault import Plain
from tests.faults.rig import APIS, WORKER, Rig


class KillProcess(Plain):
    """It stays dead until everything is healed, or is started again at once, as the seed says."""

    weight = 4
    yields = "kill"

    def __init__(self, name: str, places: tuple[str, ...]) -> None:
        super().__init__(name)
        self._places = places

    async def strike(self, rig: Rig, rng: random.Random) -> str:
        place = rng.choice(self._places)
        in_flight = await rig.calls_in_flight()
        await rig.kill(place)
        if rng.random() < 0.5:
            await rig.start(place)
        return f"SIGKILL of {place} with {in_flight} calls in flight" if in_flight else ""


FAULTS = (
    KillProcess("kill-api", APIS),
    KillProcess("kill-worker", (WORKER,)),
    KillProcess("kill-redis", ("redis",)),
    KillProcess("kill-postgres", ("postgres",)),
)
