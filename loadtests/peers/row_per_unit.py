"""A row per unit, claimed past the rows that others have locked, as Shopify does since it left Redis.

Theirs is MySQL (shopify.engineering/scaling-inventory-reservations): the rows are the units that are still there.
"""

import asyncpg

from loadtests.peers.postgres import PostgresPeer
from loadtests.peers.surface import NO_STOCK, Answer, Line, Order, Reservation

_UNITS = """
    CREATE TABLE IF NOT EXISTS units (
        sku text COLLATE "C",
        number bigint GENERATED ALWAYS AS IDENTITY,
        PRIMARY KEY (sku, number)
    )
"""
_BACK = "INSERT INTO units (sku) SELECT sku FROM released, generate_series(1, quantity)"
_RECEIVE = "INSERT INTO units (sku) SELECT $1 FROM generate_series(1, $2::bigint)"
_CLAIM = """
    WITH picked AS MATERIALIZED (
        SELECT ctid FROM units
        WHERE sku = $2 AND NOT EXISTS (SELECT FROM reservations WHERE reservation_id = $1)
        ORDER BY number LIMIT $3 FOR UPDATE {waiting}
    ), claimed AS (
        DELETE FROM units WHERE ctid = ANY (ARRAY(SELECT ctid FROM picked)) AND (SELECT count(*) FROM picked) = $3
        RETURNING sku
    )
    INSERT INTO reservations (reservation_id, sku, quantity, status, expires_at)
    SELECT $1, $2, $3, 'held', $4 WHERE EXISTS (SELECT FROM claimed)
    RETURNING reservation_id
"""
_AT_ONCE = _CLAIM.format(waiting="SKIP LOCKED")
_PATIENTLY = _CLAIM.format(waiting="")


class RowPerUnit(PostgresPeer):
    """Nobody waits for anybody while there are units. Two orders may pass over each other's last units and both find
    too few: who finds too few looks again, and waits for the others.
    """

    def __init__(self, database_url: str) -> None:
        super().__init__(database_url, "peer_row_per_unit", "units", _UNITS, _BACK)

    async def receive(self, line: Line) -> None:
        await self._pool.execute(_RECEIVE, line.sku, line.quantity)

    async def reserve(self, order: Order) -> Answer:
        held = Reservation(order.reservation_id, "held", order.expires_at())
        for claim in (_AT_ONCE, _PATIENTLY):
            if await self._claim(claim, order, held):
                return Answer(201, held)
        found = await self._look(order.reservation_id)
        return NO_STOCK if found is None else Answer(200, found)

    async def _claim(self, statement: str, order: Order, held: Reservation) -> bool:
        line = order.line
        try:
            claimed = await self._pool.fetchval(
                statement, held.reservation_id, line.sku, line.quantity, held.expires_at
            )
        except asyncpg.UniqueViolationError:  # the same id at the same moment: the other one has it
            return False
        return claimed is not None
