"""Orders that a platform told of are taken in, each by itself: what does not fit becomes a failure."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TypeVar

from inventory_service.usecases.sync.adapter import Arrived, Missed
from inventory_service.usecases.sync.ports import Shop, SyncBook, TakesOrders, Tells, Took

HOUR_MS = 60 * 60 * 1000
# An order waits for its stock, and that for the ledger: one after the other, a busy service took in two a second.
TOGETHER_MAX = 16

T = TypeVar("T")


class Taking:
    def __init__(self, orders: TakesOrders, book: SyncBook, tell: Tells) -> None:
        self._orders = orders
        self._book = book
        self._tell = tell

    async def __call__(self, shop: Shop, rows: Sequence[Arrived | Missed]) -> Sequence[Took]:
        """What became of each. Raises NotReady, OutcomeUnknown: say all of them again."""
        took = await together([partial(self.one, shop, row) for row in rows])
        new = [row for row, what in zip(rows, took, strict=True) if what is Took.NEW and isinstance(row, Arrived)]
        if new:
            hours = Counter(row.modified_ms // HOUR_MS * HOUR_MS for row in new)
            await self._book.count(shop.shop, hours)
        return took

    async def one(self, shop: Shop, row: Arrived | Missed) -> Took:
        if isinstance(row, Missed):
            await self._orders.missed(shop.channel, shop.shop, row)
            took = Took.FAILED
        else:
            took = await self._orders.arrive(shop.channel, shop.shop, row)
        self._tell.took(shop.channel, took)
        return took


async def together(work: Sequence[Callable[[], Coroutine[object, object, T]]]) -> list[T]:
    """The results, in order; at most TOGETHER_MAX are under way. An error is raised once those beside it ended."""
    results: list[T] = []
    for first in range(0, len(work), TOGETHER_MAX):
        begun = [each() for each in work[first : first + TOGETHER_MAX]]
        for result in await asyncio.gather(*begun, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
            results.append(result)
    return results
