"""Where the sync brings the orders that a platform tells of."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from inventory_service.domain import ids
from inventory_service.domain.errors import Refused, ServiceError
from inventory_service.domain.orders.order import Order
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders import arrive, documents
from inventory_service.usecases.orders.arrive import ArriveOrder, TakeRefund
from inventory_service.usecases.orders.back_off import next_try_ms
from inventory_service.usecases.orders.ports import (
    UNNAMED,
    FailureBook,
    Misfit,
    Misread,
    OrderKey,
    TellsBroken,
    defect,
    refund_key,
)
from inventory_service.usecases.read_stock import ReadStock
from inventory_service.usecases.sync.adapter import Arrived, Missed, Refund
from inventory_service.usecases.sync.ports import Summary, Took
from inventory_service.usecases.sync.watermark import Window


class Summaries(Protocol):
    async def known(self, channel: str, shop: str, channel_order_ids: Sequence[str]) -> Mapping[str, Summary]: ...
    async def placed(self, channel: str, shop: str, window: Window) -> Sequence[Summary]: ...


class Intake:
    """Implements `usecases.sync.ports.TakesOrders`."""

    def __init__(
        self,
        arrive_order: ArriveOrder,
        take_refund: TakeRefund,
        failures: FailureBook,
        summaries: Summaries,
        broke: TellsBroken,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._arrive = arrive_order
        self._refund = take_refund
        self._failures = failures
        self._broke = broke
        self._now_ms = now_ms
        self.known = summaries.known
        self.placed = summaries.placed

    async def arrive(self, channel: str, shop: str, arrived: Arrived) -> Took:
        key = OrderKey(channel, shop, arrived.channel_order_id)
        try:
            arrival = await self._arrive(key, arrived.modified_ms, arrived.document)
        except ServiceError:
            raise
        except Exception as error:  # noqa: BLE001  # ours, met again with each poll: those behind it do not wait
            self._broke(key.channel_order_id, error)
            await self._fail(key, arrived.modified_ms, defect(error), documents.packed(arrived.document))
            return Took.FAILED
        return _TOOK[arrival.took]

    async def refund(self, channel: str, shop: str, refund: Refund) -> Took:
        key = OrderKey(channel, shop, refund.channel_order_id)
        kept_as = refund_key(key, refund.refund_id)
        try:
            took = _TOOK[(await self._refund(key, refund.document)).took]
        except Misread as error:
            misfit = error.misfit
        except Refused as error:  # it waits for its order, which may be a failure for longer than a poll looks back
            misfit = Misfit("document", "", error.detail)
        except ServiceError:
            raise
        except Exception as error:  # noqa: BLE001  # as above
            self._broke(kept_as.channel_order_id, error)
            misfit = defect(error)
        else:
            await self._failures.cured(kept_as, refund.modified_ms)
            return took
        await self._fail(kept_as, refund.modified_ms, misfit, documents.packed(refund.document))
        return Took.FAILED

    async def missed(self, channel: str, shop: str, missed: Missed) -> None:
        document = documents.packed(missed.row)
        key = OrderKey(channel, shop, missed.row_id or UNNAMED + ids.digest("row", document.decode()))
        await self._fail(key, 0, Misfit("document", "", str(missed.error)), document)

    async def _fail(self, key: OrderKey, modified_ms: int, misfit: Misfit, document: bytes) -> None:
        now_ms = self._now_ms()
        await self._failures.keep(key, modified_ms, misfit, document, (now_ms, next_try_ms(now_ms, 0)))

    def read(self, channel: str, shop: str, arrived: Arrived) -> Summary | None:
        try:
            order = self._arrive.read(OrderKey(channel, shop, arrived.channel_order_id), arrived.document)
        except Misread:
            return None
        return self._summary(order)

    def _summary(self, order: Order) -> Summary:
        return Summary(
            channel_order_id=order.channel_order_id,
            payment=order.payment,
            fulfilment=order.fulfilment,
            paid_minor=order.amounts.paid_minor,
            currency=order.currency,
            modified_ms=order.times.modified_ms,
        )


_TOOK = {
    arrive.Took.NEW: Took.NEW,
    arrive.Took.CHANGED: Took.CHANGED,
    arrive.Took.UNCHANGED: Took.UNCHANGED,
    arrive.Took.FAILED: Took.FAILED,
}


class ChannelStock:
    """Implements `usecases.sync.ports.ReadsAvailable`."""

    def __init__(self, stock: ReadStock) -> None:
        self._stock = stock

    async def available(self, channel: str, skus: Sequence[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for sku in skus:
            try:
                found[sku] = (await self._stock.one(sku, channel)).sellable
            except Refused:  # nobody has ever booked it
                continue
        return found
