"""Where the orders of these tests go: a table beside the service's, filled by the real mappings."""

from collections import Counter
from collections.abc import Mapping, Sequence

import asyncpg

from inventory_service.channels.mapping.applying import DoesNotFit, apply, apply_refund
from inventory_service.channels.mapping.loading import shipped
from inventory_service.domain.orders.order import LineRefund, Order
from inventory_service.usecases.sync.adapter import Arrived, Missed, Refund
from inventory_service.usecases.sync.ports import Summary, Took
from inventory_service.usecases.sync.watermark import Window

TABLES = """
CREATE TABLE IF NOT EXISTS orders_taken (
    shop text, id text, payment text, fulfilment text, paid_minor bigint, currency text, modified_ms bigint,
    customer text, created_ms bigint, versions int, PRIMARY KEY (shop, id));
CREATE TABLE IF NOT EXISTS orders_failed (shop text, id text, reason text, PRIMARY KEY (shop, id));
"""
_SUMMARY = "id, payment, fulfilment, paid_minor, currency, modified_ms, customer"


class Orders:
    """Implements `usecases.sync.ports.TakesOrders`: once per order, the newest version wins."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.pool = pool
        self.took: Counter[Took] = Counter()
        self.refunds: list[LineRefund] = []

    async def arrive(self, channel: str, shop: str, arrived: Arrived) -> Took:
        took = await self._arrive(channel, shop, arrived)
        self.took[took] += 1
        return took

    async def refund(self, channel: str, shop: str, refund: Refund) -> Took:
        """Read by the real mapping, and known to have been there."""
        self.refunds += apply_refund(shipped(channel), refund.document)
        return Took.UNCHANGED

    async def missed(self, channel: str, shop: str, missed: Missed) -> None:
        await self._fail(shop, missed.row_id, str(missed.error))

    async def known(self, channel: str, shop: str, channel_order_ids: Sequence[str]) -> Mapping[str, Summary]:
        sql = f"SELECT {_SUMMARY} FROM orders_taken WHERE shop = $1 AND id = ANY($2::text[])"
        rows = await self.pool.fetch(sql, shop, list(channel_order_ids))
        return {row["id"]: Summary(*row) for row in rows}

    async def placed(self, channel: str, shop: str, window: Window) -> Sequence[Summary]:
        sql = f"SELECT {_SUMMARY} FROM orders_taken WHERE shop = $1 AND created_ms / 1000 BETWEEN $2 AND $3"
        rows = await self.pool.fetch(sql, shop, window.start_ms // 1000, window.end_ms // 1000)
        return [Summary(*row) for row in rows]

    def read(self, channel: str, shop: str, arrived: Arrived) -> Summary | None:
        try:
            return _summary(apply(shipped(channel), arrived.document))
        except DoesNotFit:
            return None

    async def all(self, shop: str = "tees") -> dict[str, Summary]:
        rows = await self.pool.fetch(f"SELECT {_SUMMARY} FROM orders_taken WHERE shop = $1", shop)
        return {row["id"]: Summary(*row) for row in rows}

    async def failures(self) -> dict[str, str]:
        return {row["id"]: row["reason"] for row in await self.pool.fetch("SELECT * FROM orders_failed")}

    async def _arrive(self, channel: str, shop: str, arrived: Arrived) -> Took:
        try:
            order = apply(shipped(channel), arrived.document)
        except DoesNotFit as error:
            await self._fail(shop, arrived.channel_order_id, str(error))
            return Took.FAILED
        summary = _summary(order)
        sql = f"""
            INSERT INTO orders_taken AS o (shop, {_SUMMARY}, created_ms, versions)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
            ON CONFLICT (shop, id) DO UPDATE SET payment = $3, fulfilment = $4, paid_minor = $5, modified_ms = $7,
                versions = o.versions + 1
            WHERE o.modified_ms < $7 OR o.modified_ms = $7 AND o.fulfilment <> $4 RETURNING versions"""
        versions = await self.pool.fetchval(sql, shop, *summary, order.times.created_ms)
        return {None: Took.UNCHANGED, 1: Took.NEW}.get(versions, Took.CHANGED)

    async def _fail(self, shop: str, order_id: str, reason: str) -> None:
        sql = "INSERT INTO orders_failed VALUES ($1, $2, $3) ON CONFLICT (shop, id) DO UPDATE SET reason = $3"
        await self.pool.execute(sql, shop, order_id, reason)


def _summary(order: Order) -> Summary:
    paid_minor, modified_ms = order.amounts.paid_minor, order.times.modified_ms
    states = (order.payment.value, order.fulfilment.value)
    return Summary(order.channel_order_id, *states, paid_minor, order.currency, modified_ms, order.buyer_reference)
