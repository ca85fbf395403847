"""Orders in a few words, for whoever compares them with what a platform says of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from inventory_service.ledger.orders.queries import QUERIES
from inventory_service.ledger.pool import Pool, answering
from inventory_service.usecases.sync.ports import Summary
from inventory_service.usecases.sync.watermark import Window

_SECOND_MS = 1000


class PostgresSummaries:
    """Reads what lies open alone. Raises NotReady."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def known(self, channel: str, shop: str, channel_order_ids: Sequence[str]) -> Mapping[str, Summary]:
        """By the platform's id, those of them that there are."""
        async with answering():
            rows = await self._pool.fetch(QUERIES["orders_in_few_words"], channel, shop, list(channel_order_ids))
        return {row["channel_order_id"]: _summary(row) for row in rows}

    async def placed(self, channel: str, shop: str, window: Window) -> Sequence[Summary]:
        """Created in the window, both ends included by whole seconds."""
        since_ms = window.start_ms // _SECOND_MS * _SECOND_MS
        until_ms = window.end_ms // _SECOND_MS * _SECOND_MS + _SECOND_MS
        async with answering():
            rows = await self._pool.fetch(QUERIES["orders_placed"], channel, shop, since_ms, until_ms)
        return [_summary(row) for row in rows]


def _summary(row: Any) -> Summary:
    return Summary(
        channel_order_id=row["channel_order_id"],
        payment=row["payment"],
        fulfilment=row["fulfilment"],
        paid_minor=row["paid_minor"],
        currency=row["currency"],
        modified_ms=row["modified_ms"],
        customer=row["customer"],
    )
