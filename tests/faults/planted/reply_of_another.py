"""A connection goes on after a call on it was cut off, and nobody asks whose reply it is: the next call reads that of
the one before.

Seen by: a caller is answered about its own order.
"""

import asyncio
import sys
from typing import Any

from redis.asyncio.connection import AbstractConnection

from inventory_service.engine.codec import Header, decode_header
from inventory_service.engine.kernel import Kernel
from tests.faults.planting import replace

FAULTS = "half-open-redis,delay-redis,stop-redis"


def plant() -> None:
    disconnect = AbstractConnection.disconnect

    async def unless_cut_off(self: AbstractConnection, *words: Any, **named: Any) -> None:
        if not isinstance(sys.exc_info()[1], TimeoutError | asyncio.CancelledError):
            await disconnect(self, *words, **named)

    async def whoever(_: Kernel, replies: Any, __: str) -> Header:
        return decode_header(replies[0])

    replace(AbstractConnection, "disconnect", unless_cut_off)
    replace(Kernel, "_own_header", whoever)
