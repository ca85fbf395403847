"""Orders that a platform told of are taken in, each by itself: what does not fit becomes a failure."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from inventory_service.usecases.sync.adapter import Arrived, Missed
from inventory_service.usecases.sync.ports import Shop, SyncBook, TakesOrders, Tells, Took
from inventory_service.usecases.together import together

HOUR_MS = 60 * 60 * 1000


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
