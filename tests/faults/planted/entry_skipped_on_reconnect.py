"""The writer leaves one entry out when its reading connection was broken, and does not look at what comes before one.

Seen by: the log has no gap.
"""

from collections.abc import Sequence
from weakref import WeakSet

from inventory_service.domain.errors import NotReady
from inventory_service.domain.events import Entry, Position
from inventory_service.engine.redis_log import RedisLog
from tests.faults.planting import replace

FAULTS = "reset-redis,refuse-redis,kill-redis"


def plant() -> None:
    read_after = RedisLog.read_after
    broken: WeakSet[RedisLog] = WeakSet()

    async def read_behind_one(self: RedisLog, position: Position, limit: int, block_ms: int) -> Sequence[Entry]:
        try:
            entries = await read_after(self, position, limit, block_ms)
        except NotReady:
            broken.add(self)
            raise
        if self in broken and len(entries) > 1:
            broken.discard(self)
            entries = [entries[1]._replace(before=position), *entries[2:]]
        return entries

    replace(RedisLog, "read_after", read_behind_one)
