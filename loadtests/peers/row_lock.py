"""What most shops have: lock the stock row, look, write the reservation, take the units, commit."""

from loadtests.peers.counted import CountedPeer
from loadtests.peers.surface import NO_STOCK, Answer, Order, Reservation

_LOCK = "SELECT available FROM stock WHERE sku = $1 FOR UPDATE"
_INSERT = """
    INSERT INTO reservations (reservation_id, sku, quantity, status, expires_at) VALUES ($1, $2, $3, 'held', $4)
    ON CONFLICT DO NOTHING RETURNING reservation_id
"""
_TAKE = "UPDATE stock SET available = available - $2 WHERE sku = $1"


class _NotTaken(Exception):
    """Ends the transaction by a rollback, which needs no fsync."""


class RowLock(CountedPeer):
    """Five round trips. From the second to the last the row is locked, and who wants the same SKU waits so long."""

    def __init__(self, database_url: str) -> None:
        super().__init__(database_url, "peer_row_lock")

    async def reserve(self, order: Order) -> Answer:
        held = Reservation(order.reservation_id, "held", order.expires_at())
        try:
            await self._take(order, held)
        except _NotTaken:
            found = await self._look(order.reservation_id)
            return NO_STOCK if found is None else Answer(200, found)
        return Answer(201, held)

    async def _take(self, order: Order, held: Reservation) -> None:
        sku, quantity = order.line.sku, order.line.quantity
        async with self._turns[sku], self._pool.acquire() as connection, connection.transaction():
            available = await connection.fetchval(_LOCK, sku)
            if available is None or available < quantity:
                raise _NotTaken
            if await connection.fetchval(_INSERT, held.reservation_id, sku, quantity, held.expires_at) is None:
                raise _NotTaken
            await connection.execute(_TAKE, sku, quantity)
