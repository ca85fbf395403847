"""The ItemBook port on Postgres: articles of platforms, what is in them, and what was written to them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from inventory_service.ledger.pool import Pool, changing, postgres_errors
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.sync.ports import Item


class PostgresItemBook:
    """Implements `usecases.sync.ports.ItemBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def put(self, shop: str, items: Sequence[Item]) -> None:
        kept, gone = [item for item in items if item.parts], [item for item in items if not item.parts]
        parts = [msgspec.json.encode(item.parts).decode() for item in kept]
        async with changing(self._pool) as connection, connection.transaction():
            await connection.execute(QUERIES["put_items"], shop, *_ids(kept), parts)
            await connection.execute(QUERIES["drop_items"], shop, *_ids(gone))

    async def items(self, shop: str) -> Sequence[Item]:
        with postgres_errors():
            return [_item(row) for row in await self._pool.fetch(QUERIES["items_of"], shop)]

    async def moved_until(self) -> int:
        with postgres_errors():
            return int(await self._pool.fetchval(QUERIES["ledger_position"], 0, column=1))

    async def due(self, shop: str, now_ms: int, believed_ms: int, moved_after: int | None) -> Sequence[Item]:
        with postgres_errors():
            rows = await self._pool.fetch(QUERIES["items_due"], shop, now_ms, now_ms - believed_ms, moved_after)
        return [_item(row) for row in rows]

    async def wrote(self, shop: str, items: Sequence[Item], now_ms: int) -> None:
        written = [item.written for item in items]
        with postgres_errors():
            await self._pool.execute(QUERIES["items_wrote"], shop, *_ids(items), written, now_ms)

    async def refused(self, shop: str, items: Sequence[Item], due_ms: int) -> None:
        reasons = [item.reason for item in items]
        with postgres_errors():
            await self._pool.execute(QUERIES["items_refused"], shop, *_ids(items), reasons, due_ms)


def _ids(items: Sequence[Item]) -> tuple[list[str], list[str]]:
    return [item.product_id for item in items], [item.sku_id for item in items]


def _item(row: Any) -> Item:
    parts = msgspec.json.decode(row["parts"], type=dict[str, int])
    return Item(row["product_id"], row["sku_id"], parts, row["written"], row["reason"])
