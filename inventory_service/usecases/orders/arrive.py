"""An order arrives: a platform's document, for the first time, again, late, or out of order."""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.errors import Refused
from inventory_service.domain.orders.merging import Change, merged, refunded
from inventory_service.domain.orders.order import LineRefund, Order, Receiver
from inventory_service.domain.orders.order_number import RANDOM_END, order_number
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders import documents
from inventory_service.usecases.orders.back_off import next_try_ms
from inventory_service.usecases.orders.ports import (
    Failure,
    FailureBook,
    HistoryEntry,
    Kept,
    Misfit,
    Misread,
    OrderBook,
    OrderKey,
    ReadDocument,
    ReadRefund,
    StoredOrder,
    Work,
)

_chance = random.SystemRandom()  # nobody can foresee a number


class Took(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Arrival(NamedTuple):
    """What came of a document; `order_no` "": nothing was taken in, and the failure list has it."""

    took: Took
    order_no: str = ""


class TakeRefund:
    """A refund's document arrives, of an order that is known: for the first time, again, late, or out of order."""

    def __init__(self, book: OrderBook, read: ReadRefund, now_ms: Callable[[], int] = wall_ms) -> None:
        self._book = book
        self._read = read
        self._now_ms = now_ms

    async def __call__(self, key: OrderKey, document: object) -> Arrival:
        """Raises Misread, Refused (`not_found`: its order is not known), NotReady, OutcomeUnknown: repeat it, it is
        taken in once.
        """
        taking = _TakingRefund(self.read(key, document), self._now_ms())
        stored = await self._book.arrive(key, "", taking)  # it says nothing of the buyer
        return Arrival(taking.took, stored.order.order_no)

    def read(self, key: OrderKey, document: object) -> Sequence[LineRefund]:
        """Raises Misread."""
        return self._read(key.channel, key.shop, document)


class ArriveOrder:
    """Only takes in. What is to be done with the stock is due from then on: `SettleOrder`, now or by the retry."""

    def __init__(
        self,
        book: OrderBook,
        failures: FailureBook,
        read: ReadDocument,
        refund: TakeRefund,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self.refund = refund
        self._book = book
        self._failures = failures
        self._read = read
        self._now_ms = now_ms

    async def __call__(self, key: OrderKey, modified_ms: int, document: object) -> Arrival:
        """Raises NotReady, OutcomeUnknown: repeat it, it is taken in once."""
        try:
            order = self.read(key, document)
        except Misread as error:
            now_ms = self._now_ms()
            times = (now_ms, next_try_ms(now_ms, 0))
            await self._failures.keep(key, modified_ms, error.misfit, documents.packed(document), times)
            return Arrival(Took.FAILED)
        return await self.take(order, documents.packed(document))

    def read(self, key: OrderKey, document: object) -> Order:
        """Raises Misread, also of a mapping that takes another id than the platform's: its order would come twice."""
        order = self._read(key.channel, key.shop, document)
        if order.channel_order_id != key.channel_order_id:
            raise Misread(Misfit("order.channel_order_id", "", "is not the id by which the platform calls this order"))
        return order

    async def take(self, order: Order, document: bytes) -> Arrival:
        """With the refunds that waited for it: nothing of it is to leave before they are known."""
        key = OrderKey(order.channel, order.shop, order.channel_order_id)
        waiting = self._that_fit(key, await self._failures.refunds(key))
        refunds = tuple(refund for _, told in waiting for refund in told)
        taking = _Taking(order._replace(refunds=refunds), document, self._now_ms())
        stored = await self._book.arrive(key, order.buyer_reference, taking)
        await self._failures.cured(key, order.times.modified_ms)
        for failure, _ in waiting:
            await self._failures.cured(failure.key, failure.modified_ms)
        return Arrival(taking.took, stored.order.order_no)

    def _that_fit(
        self, key: OrderKey, waiting: Sequence[tuple[Failure, bytes]]
    ) -> Sequence[tuple[Failure, Sequence[LineRefund]]]:
        found = []
        for failure, document in waiting:
            with suppress(Misread):  # it stays a failure
                found.append((failure, self.refund.read(key, documents.unpacked(document))))
        return found


class _TakingRefund:
    def __init__(self, refunds: Sequence[LineRefund], now_ms: int) -> None:
        self._refunds = refunds
        self._now_ms = now_ms
        self.took = Took.UNCHANGED

    def __call__(self, known: StoredOrder | None, _forgotten_ms: int) -> Kept | None:
        if known is None:
            raise Refused("not_found", "The order that is refunded is not here yet.")
        order, changes = refunded(known.order, self._refunds)
        if order == known.order:
            return None
        self.took = Took.CHANGED
        work = known.work._replace(attempts=0, next_try_ms=self._now_ms)
        return Kept(known._replace(order=order, work=work), _history(self._now_ms, "refund", changes))


class _Taking:
    """What one arrival makes of what is known."""

    def __init__(self, order: Order, document: bytes, now_ms: int) -> None:
        self._order = order
        self._document = document
        self._now_ms = now_ms
        self.took = Took.UNCHANGED

    def __call__(self, known: StoredOrder | None, forgotten_ms: int) -> Kept | None:
        """`forgotten_ms`: when the buyer asked for it. What he orders behind that is a new order like any other."""
        erased_ms = forgotten_ms if self._order.times.created_ms <= forgotten_ms else 0
        if known is None:
            return self._first(erased_ms)
        erased_ms = known.erased_ms or erased_ms
        arrived = without_personal(self._order) if erased_ms else self._order
        order, changes = merged(known.order, arrived)
        if erased_ms:
            order = without_personal(order)
        if (order, erased_ms) == (known.order, known.erased_ms):
            return None
        self.took = Took.CHANGED
        side = known.work.side
        if not _is_same(known.order.receiver, order.receiver):
            side = side._replace(receiver=side.receiver + 1)
        work = known.work._replace(side=side, attempts=0, next_try_ms=self._now_ms)
        is_newest = order.times.modified_ms == arrived.times.modified_ms and not erased_ms
        stored = known._replace(order=order, work=work, erased_ms=erased_ms)
        return Kept(stored, _history(self._now_ms, "changed", changes), self._document if is_newest else None)

    def _first(self, erased_ms: int) -> Kept:
        self.took = Took.NEW
        number = order_number(self._now_ms, _chance.randrange(RANDOM_END))
        arrived = without_personal(self._order) if erased_ms else self._order
        order, _ = merged(None, arrived._replace(order_no=number))
        detail = {"payment": order.payment, "fulfilment": order.fulfilment}
        entries = [HistoryEntry(self._now_ms, "arrived", detail)]
        if erased_ms:
            entries.append(HistoryEntry(self._now_ms, "erased", {"asked_ms": erased_ms}))
        stored = StoredOrder(order, Work(next_try_ms=self._now_ms), self._now_ms, erased_ms)
        return Kept(stored, entries, None if erased_ms else self._document)


def without_personal(order: Order) -> Order:
    return order._replace(receiver=Receiver(), buyer_reference="", buyer_message="", seller_memo="")


def _is_same(before: Receiver, after: Receiver) -> bool:
    """By the platform's token where it gives one: it masks and re-encrypts the rest from call to call."""
    return before.token == after.token if before.token and after.token else before == after


def _history(now_ms: int, kind: str, changes: Sequence[Change]) -> Sequence[HistoryEntry]:
    return [HistoryEntry(now_ms, kind, {"changes": [_told(each) for each in changes]})]


def _told(change: Change) -> Mapping[str, str]:
    return {name: text for name, text in change._asdict().items() if text}
