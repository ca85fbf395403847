"""What the warehouse was told of an order, and what it, or a person, answered."""

from collections.abc import Callable
from functools import partial

from inventory_service.domain.orders import stock_side
from inventory_service.domain.orders.intent import Parts
from inventory_service.domain.orders.stock_side import ALL_LINES, Handling, Word
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders.ports import HistoryEntry, Kept, OrderBook, StoredOrder
from inventory_service.usecases.orders.settle import SettleOrder


class HearWarehouse:
    def __init__(self, book: OrderBook, settle: SettleOrder, now_ms: Callable[[], int] = wall_ms) -> None:
        self._book = book
        self._settle = settle
        self._now_ms = now_ms

    async def told(self, order_no: str) -> StoredOrder:
        """It was told to ship: before the telling can be read by anybody. Raises Refused (`not_found`), NotReady."""
        return await self._book.change(order_no, self._told)

    async def heard(self, order_no: str, word: Word, by: str, line_ids: tuple[str, ...] = (ALL_LINES,)) -> StoredOrder:
        """`line_ids`: of what is not shipped. The stock that may go now goes.

        Raises Refused (`not_found`), NotReady, OutcomeUnknown: say it again.
        """
        await self._book.change(order_no, partial(self._heard, word, by, line_ids))
        return await self._settle(order_no)

    def _told(self, stored: StoredOrder, _: Parts) -> Kept | None:
        return self._kept(stored, stock_side.told(stored.work.side.handling), "told", {})

    def _heard(self, word: Word, by: str, line_ids: tuple[str, ...], stored: StoredOrder, _: Parts) -> Kept | None:
        lines = {"lines": list(line_ids)} if word is Word.NOT_SHIPPED else {}
        handling = stock_side.heard(stored.work.side.handling, word, line_ids)
        return self._kept(stored, handling, word, {"by": by, **lines})

    def _kept(self, stored: StoredOrder, handling: Handling, kind: str, detail: dict[str, object]) -> Kept | None:
        work = stored.work
        if handling == work.side.handling:
            return None
        work = work._replace(side=work.side._replace(handling=handling), next_try_ms=self._now_ms())
        return Kept(stored._replace(work=work), [HistoryEntry(self._now_ms(), kind, detail)])
