"""The HintBook port on Postgres: orders that are waiting to be fetched."""

from collections.abc import Mapping, Sequence

from inventory_service.ledger.pool import Pool, changing, postgres_errors
from inventory_service.ledger.queries import QUERIES
from inventory_service.usecases.sync.ports import NotedHint


class PostgresHintBook:
    """Implements `usecases.sync.ports.HintBook`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def note(self, shop: str, channel_order_ids: Sequence[str], now_ms: int) -> None:
        async with changing(self._pool) as connection:
            await connection.execute(QUERIES["note_hints"], shop, list(channel_order_ids), now_ms)

    async def due(self, shop: str, now_ms: int, limit: int) -> Sequence[NotedHint]:
        with postgres_errors():
            rows = await self._pool.fetch(QUERIES["hints_due"], shop, now_ms, limit)
        return [NotedHint(*row) for row in rows]

    async def done(self, shop: str, hint: NotedHint) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["hint_done"], shop, hint.channel_order_id, hint.noted)

    async def again(self, shop: str, hint: NotedHint, due_ms: int) -> None:
        with postgres_errors():
            await self._pool.execute(QUERIES["hint_again"], shop, hint.channel_order_id, hint.noted, due_ms)

    async def waiting(self) -> Mapping[str, int]:
        with postgres_errors():
            return {row["shop"]: row["hints"] for row in await self._pool.fetch(QUERIES["hints_waiting"])}
