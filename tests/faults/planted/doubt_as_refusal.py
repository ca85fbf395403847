"""A batch that may have been run is told as one that was not: `not_ready` for `outcome_unknown`.

Seen by: no event is without a caller who knows of it.
"""

from inventory_service.domain.errors import NotReady
from inventory_service.engine.delivery import _Attempts
from tests.faults.planting import replace

FAULTS = "stop-redis"


def plant() -> None:
    async def refused(self: _Attempts) -> NotReady:
        return NotReady(self._problem)

    replace(_Attempts, "verdict", refused)
