"""What a warehouse, or a person for it, answers to what it was told of an order."""

from collections.abc import Callable
from functools import partial
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

NOTED, SUPERSEDED, REPLAYED = "noted", "superseded", "replayed"


class Heard(NamedTuple):
    """`result`: noted, replayed, or superseded: of what the warehouse is not told any more."""

    result: str
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
        entry = await self._feed.entry(answer.position)
        _check(answer, entry)
        number = entry.number if entry else 0
        known = await self._feed.answer(answer.client, answer.answer_id)
        if known is None:
            noting = partial(self._note, answer, number)
            try:
                await self._book.change(answer.order_no, noting)
            except Refused:
                known = await self._feed.answer(answer.client, answer.answer_id)  # it was said twice at once
                if known is None:
                    raise
        if known is not None and known.answer != answer:
            detail = f"The answer {answer.answer_id} was given with other content."
            raise Refused("idempotency_mismatch", detail, "/answer_id")
        said = known or await self._feed.answer(answer.client, answer.answer_id)
        result = REPLAYED if known else said.result if said else NOTED
        return Heard(result, await self._settle(answer.order_no))

    def _note(self, answer: Answer, number: int, stored: StoredOrder, _: Parts) -> Kept:
        side = answered(stored.work.side, number, answer.warehouse, answer.saying)
        now_ms = self._now_ms()
        noted = NotedAnswer(answer, now_ms, NOTED if side else SUPERSEDED)
        work = stored.work._replace(side=side, next_try_ms=now_ms) if side else stored.work
        detail = {"warehouse": answer.warehouse, "number": number, "by": answer.by or answer.client}
        result = {} if side else {"result": SUPERSEDED}
        entry = HistoryEntry(now_ms, answer.saying, detail | result)
        return Kept(stored._replace(work=work), [entry], answer=noted)


def _check(answer: Answer, entry: OutboundEntry | None) -> None:
    """Raises Refused."""
    if entry is None or entry.order_no != answer.order_no:
        detail = f"There is no entry {answer.position} about the order {answer.order_no}."
        raise Refused("not_found" if entry is None else "validation_failed", detail, "/position")
    if entry.warehouse != answer.warehouse:
        raise Refused("validation_failed", f"The entry {answer.position} was for {entry.warehouse}.", "/warehouse")
    if answer.saying is Saying.NOT_SHIPPED and entry.kind == EntryKind.SHIP:
        detail = "An entry `ship` takes nothing back: answer `failed`, or the `cancel` or `change` behind it."
        raise Refused("validation_failed", detail, "/position")
