"""A rebuild brings back stock and reservations, but not the ids of movements, scans and partial releases.

Seen by: an acknowledged id that is sent again is a duplicate.
"""

from inventory_service.engine.keys import Keys
from inventory_service.engine.redis_state import RedisState
from inventory_service.usecases.ports import LedgerSnapshot
from tests.faults.planting import replace

FAULTS = "kill-at-rebuild"


def plant() -> None:
    async def nothing(_: RedisState, __: Keys, ___: LedgerSnapshot, ____: int) -> None:
        pass

    replace(RedisState, "_write_remembered", nothing)
