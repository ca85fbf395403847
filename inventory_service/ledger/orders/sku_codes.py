"""What platforms' SKU codes stand for, and which nobody has mapped."""

from collections.abc import Sequence
from typing import Any

from inventory_service.domain.orders.stock_side import Part
from inventory_service.ledger.cursors import decode_cursor, page
from inventory_service.ledger.orders.queries import QUERIES
from inventory_service.ledger.orders.seals import Seals
from inventory_service.ledger.pool import Pool, answering, changing
from inventory_service.usecases.orders.ports import SkuCode
from inventory_service.usecases.ports import Page

_FIRST = ("", "", "")


class PostgresSkuCodes:
    """Implements `usecases.orders.ports.SkuCodes`."""

    def __init__(self, pool: Pool, seals: Seals) -> None:
        self._pool = pool
        self._seals = seals

    async def put(self, code: SkuCode, by: str, now_ms: int) -> Sequence[str]:
        self._seals.check()
        place = (code.channel, code.shop, code.code)
        skus, quantities = [part.sku for part in code.parts], [part.quantity for part in code.parts]
        async with changing(self._pool) as connection, connection.transaction():
            await connection.execute(QUERIES["remove_parts"], *place)
            await connection.execute(QUERIES["add_parts"], *place, by, now_ms, skus, quantities)
            rows = await connection.fetch(QUERIES["wake_orders_of_code"], *place, now_ms)
        return [row["order_no"] for row in rows]

    async def codes(self, channel: str, shop: str, limit: int, cursor: str) -> Page[SkuCode]:
        return await self._page("list_sku_codes", _mapped, (channel, shop), limit, cursor)

    async def unknown(self, channel: str, shop: str, limit: int, cursor: str) -> Page[SkuCode]:
        return await self._page("list_unknown_codes", _unknown, (channel, shop), limit, cursor)

    async def _page(self, name: str, make: Any, wanted: tuple[str, str], limit: int, cursor: str) -> Page[SkuCode]:
        self._seals.check()
        after = decode_cursor(name, cursor, tuple[str, str, str]) if cursor else _FIRST
        async with answering():
            rows = await self._pool.fetch(QUERIES[name], *after, limit + 1, *wanted)
        return page(name, rows, limit, lambda row: [row["channel"], row["shop"], row["code"]], make)


def _mapped(row: Any) -> SkuCode:
    parts = [Part(sku, quantity) for sku, quantity in zip(row["skus"], row["quantities"], strict=True)]
    return SkuCode(row["channel"], row["shop"], row["code"], parts)


def _unknown(row: Any) -> SkuCode:
    return SkuCode(row["channel"], row["shop"], row["code"], (), row["title"], row["orders"])
