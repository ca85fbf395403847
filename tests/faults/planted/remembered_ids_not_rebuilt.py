"""A rebuild brings back stock and reservations, but not the ids of movements, scans and partial releases.

Seen by: an acknowledged id that is sent again is a duplicate.
"""

from inventory_service.engine.redis_state import RedisState
from tests.faults.planting import replace

FAULTS = "kill-at-rebuild"


def plant() -> None:
    async def nothing(*_: object) -> None:
        pass

    replace(RedisState, "_write_remembered", nothing)
