"""A customer asks to be forgotten: everything personal goes, what was sold and shipped stays."""

from collections.abc import Callable
from typing import NamedTuple

from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders.ports import FailureBook, HistoryEntry, OrderBook


class Erased(NamedTuple):
    orders: int
    failures: int


class EraseCustomer:
    def __init__(self, book: OrderBook, failures: FailureBook, now_ms: Callable[[], int] = wall_ms) -> None:
        self._book = book
        self._failures = failures
        self._now_ms = now_ms

    async def __call__(self, channel: str, buyer_reference: str, by: str) -> Erased:
        """For good: a later version of an erased order brings nothing personal back. Repeating it erases what is new.

        A document that could not be read has no buyer; it goes where the reference stands anywhere in it.
        Raises NotReady, OutcomeUnknown: say it again.
        """
        entry = HistoryEntry(self._now_ms(), "erased", {"by": by})
        orders = await self._book.erase(channel, buyer_reference, entry)
        return Erased(orders, await self._failures.erase(channel, buyer_reference))
