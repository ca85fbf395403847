"""What a warehouse, or a person for it, answers to what it was told of an order."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.errors import Refused
from inventory_service.domain.orders.intent import Parts
from inventory_service.domain.orders.telling import EntryKind, Saying, answered
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders.ports import (
    Answer,
    HistoryEntry,
    Kept,
    NotedAnswer,
    OrderBook,
    OutboundEntry,
    OutboundFeed,
    StoredOrder,
)
from inventory_service.usecases.orders.settle import SettleOrder


class Result(StrEnum):
    NOTED = "noted"
    SUPERSEDED = "superseded"  # it answers what the warehouse is not told any more, and changes nothing
    REPLAYED = "replayed"


class Heard(NamedTuple):
    result: Result
    stored: StoredOrder


class HearWarehouse:
    def __init__(
        self, book: OrderBook, feed: OutboundFeed, settle: SettleOrder, now_ms: Callable[[], int] = wall_ms
    ) -> None:
        self._book = book
        self._feed = feed
        self._settle = settle
        self._now_ms = now_ms

    async def __call__(self, answer: Answer) -> Heard:
        """Noted once by its id. The stock that may go now goes.

        Raises Refused (`not_found`, `validation_failed`, `idempotency_mismatch`), NotReady, OutcomeUnknown: repeat it.
        """
        number = _number(answer, await self._feed.entry(answer.position))
        noting = _Noting(answer, number, self._now_ms())
        is_known = await self._is_known(answer)
        if not is_known:
            try:
                await self._book.change(answer.order_no, noting)
            except Refused:
                is_known = await self._is_known(answer)  # it was said twice at once
                if not is_known:
                    raise
        stored = await self._settle(answer.order_no)
        return Heard(Result.REPLAYED if is_known else noting.result, stored)

    async def _is_known(self, answer: Answer) -> bool:
        """Raises Refused where the id was used for something else."""
        known = await self._feed.answer(answer.client, answer.answer_id)
        if known is not None and known.answer != (answer._replace(note="") if known.is_erased else answer):
            detail = f"The answer {answer.answer_id} was given with other content."
            raise Refused("idempotency_mismatch", detail, "/answer_id")
        return known is not None


class _Noting:
    """What one answer makes of its order."""

    def __init__(self, answer: Answer, number: int, now_ms: int) -> None:
        self._answer = answer
        self._number = number
        self._now_ms = now_ms
        self.result = Result.NOTED

    def __call__(self, stored: StoredOrder, _: Parts) -> Kept:
        answer, work = self._answer, stored.work
        side = answered(work.side, self._number, answer.warehouse, answer.saying)
        detail: dict[str, object] = {
            "warehouse": answer.warehouse,
            "number": self._number,
            "by": answer.by or answer.client,
        }
        if side is None:
            self.result = Result.SUPERSEDED
            detail["result"] = self.result
        else:
            work = work._replace(side=side, next_try_ms=self._now_ms)
        noted = NotedAnswer(answer, self._now_ms, self.result)
        return Kept(stored._replace(work=work), [HistoryEntry(self._now_ms, answer.saying, detail)], answer=noted)


def _number(answer: Answer, entry: OutboundEntry | None) -> int:
    """Of the entry that is answered, among the order's. Raises Refused."""
    if entry is None or entry.order_no != answer.order_no:
        detail = f"There is no entry {answer.position} about the order {answer.order_no}."
        raise Refused("not_found" if entry is None else "validation_failed", detail, "/position")
    if entry.warehouse != answer.warehouse:
        raise Refused("validation_failed", f"The entry {answer.position} was for {entry.warehouse}.", "/warehouse")
    if answer.saying is Saying.NOT_SHIPPED and entry.kind == EntryKind.SHIP:
        detail = "A `ship` takes nothing back: answer it with `failed`, or answer the `cancel` or `change` behind it."
        raise Refused("validation_failed", detail, "/position")
    return entry.number
