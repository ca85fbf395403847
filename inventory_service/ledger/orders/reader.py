"""Lists of orders, one with its history, and who read personal data in clear."""

from collections.abc import Sequence

from inventory_service.ledger.circuit import Circuit
from inventory_service.ledger.cursors import decode_cursor, page
from inventory_service.ledger.orders.queries import QUERIES
from inventory_service.ledger.orders.rows import history_entry, stored_order
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.pool import Pool, changing
from inventory_service.usecases.orders.ports import HistoryEntry, OrderFilter, StoredOrder
from inventory_service.usecases.ports import Page

_NEWEST = "~"  # behind every order number


class PostgresOrderReader:
    """Implements `usecases.orders.ports.OrderReader`. Nothing to wait for: orders are written here first."""

    def __init__(self, pool: Pool, seals: Seals) -> None:
        self._pool = pool
        self._seals = seals
        self._circuit = Circuit()

    async def order(self, order_no: str) -> StoredOrder | None:
        self._seals.check()
        async with self._circuit.answering():
            row = await self._pool.fetchrow(QUERIES["order"], order_no)
        return stored_order(row, self._seals) if row else None

    async def orders(self, wanted: OrderFilter, limit: int, cursor: str) -> Page[StoredOrder]:
        self._seals.check()
        before = decode_cursor("orders", cursor, str) if cursor else _NEWEST
        conditions = (wanted.channel, wanted.shop, wanted.payment, wanted.fulfilment, wanted.channel_order_id)
        async with self._circuit.answering():
            rows = await self._pool.fetch(
                QUERIES["list_orders"], before, limit + 1, *conditions, wanted.case, wanted.sku
            )
        return page("orders", rows, limit, lambda row: row["order_no"], lambda row: stored_order(row, self._seals))

    async def history(self, order_no: str) -> Sequence[HistoryEntry]:
        async with self._circuit.answering():
            rows = await self._pool.fetch(QUERIES["order_history"], order_no)
        return [history_entry(row) for row in rows]

    async def note_reading(self, client: str, order_nos: Sequence[str], at_ms: int) -> None:
        async with changing(self._pool) as connection:
            await connection.execute(QUERIES["note_personal_reads"], at_ms, client, list(order_nos))
