"""One statement, one round trip: take the units if they are there, and write the reservation."""

import asyncpg

from loadtests.peers.counted import CountedPeer
from loadtests.peers.surface import NO_STOCK, Answer, Order, Reservation

_RESERVE = """
    WITH taken AS (
        UPDATE stock SET available = available - $3
        WHERE sku = $2 AND available >= $3 AND NOT EXISTS (SELECT FROM reservations WHERE reservation_id = $1)
        RETURNING sku
    )
    INSERT INTO reservations (reservation_id, sku, quantity, status, expires_at)
    SELECT $1, sku, $3, 'held', $4 FROM taken
    RETURNING reservation_id
"""


class ConditionalUpdate(CountedPeer):
    """The row is locked from the update to the end of the commit's fsync, and not while anything travels."""

    def __init__(self, database_url: str) -> None:
        super().__init__(database_url, "peer_conditional_update")

    async def reserve(self, order: Order) -> Answer:
        held = Reservation(order.reservation_id, "held", order.expires_at())
        if await self._take(order, held):
            return Answer(201, held)
        found = await self._look(order.reservation_id)
        return NO_STOCK if found is None else Answer(200, found)

    async def _take(self, order: Order, held: Reservation) -> bool:
        line = order.line
        try:
            async with self._turns[line.sku]:
                taken = await self._pool.fetchval(
                    _RESERVE, held.reservation_id, line.sku, line.quantity, held.expires_at
                )
        except asyncpg.UniqueViolationError:  # the same id at the same moment: the other one has it
            return False
        return taken is not None
