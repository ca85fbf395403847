"""What could not be taken in or done is tried again. Each by itself: nothing waits behind one that fails again."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from inventory_service.domain.errors import Refused, ServiceError
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders import documents
from inventory_service.usecases.orders.arrive import Arrival, ArriveOrder, Took
from inventory_service.usecases.orders.back_off import next_try_ms
from inventory_service.usecases.orders.ports import (
    UNNAMED,
    Failure,
    FailureBook,
    Misfit,
    Misread,
    OrderBook,
    OrderKey,
    TellsBroken,
    defect,
    order_of_refund,
)
from inventory_service.usecases.orders.settle import SettleOrder
from inventory_service.usecases.ports import Page
from inventory_service.usecases.together import together

AT_ONCE_MAX = 100
_AT_A_DEFECT = 6  # attempts that an order at which the service breaks counts for: it is put off for five minutes


class Retried(NamedTuple):
    """`troubled`: what could not even be tried, because a store was away or an order breaks what it touches."""

    cured: int
    failed: int
    settled: int
    troubled: int


class RetryOrders:
    """`look_again`: reads the mappings of shops anew, now: somebody may have mended one this very moment.
    `fetch`: has an order asked for at its platform, soon. `broke`: is told at what the service itself broke, and how.
    """

    def __init__(
        self,
        book: OrderBook,
        failures: FailureBook,
        arrive: ArriveOrder,
        settle: SettleOrder,
        look_again: Callable[[], Awaitable[None]],
        fetch: Callable[[OrderKey], Awaitable[None]],
        broke: TellsBroken,
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._book = book
        self._failures = failures
        self._arrive = arrive
        self._settle = settle
        self._look_again = look_again
        self._fetch = fetch
        self._broke = broke
        self._now_ms = now_ms

    async def run_once(self) -> Retried:
        """Everything that is due, at most AT_ONCE_MAX of each kind. Raises NotReady where nothing can be asked."""
        cured = failed = troubled = 0
        for failure in await self._failures.due(self._now_ms(), AT_ONCE_MAX):
            try:
                arrival = await self._one(failure.failure_id)
                cured += arrival.took is not Took.FAILED
                failed += arrival.took is Took.FAILED
            except ServiceError as error:
                troubled += 1
                await self._failed_again(failure, Misfit("document", "", str(error)))
            except Exception as error:  # noqa: BLE001  # ours, met again after each start: the others do not wait
                troubled += 1
                self._broke(failure.failure_id, error)
                await self._failed_again(failure, defect(error))
        await self._book.wake_moved(self._now_ms())
        due = await self._book.due(self._now_ms(), AT_ONCE_MAX)
        went_well = await together([partial(self._settled, order_no) for order_no in due])
        settled = sum(went_well)
        return Retried(cured, failed, settled, troubled + len(due) - settled)

    async def failure(self, failure_id: str) -> Arrival:
        """One, now: its document is read with the mapping of today. `unchanged`: it is no failure any more.
        `failed`: it still does not fit; or it is no order's, and the order will be fetched.

        Raises Refused (`not_found`), NotReady, OutcomeUnknown.
        """
        await self._look_again()
        return await self._one(failure_id)

    async def _one(self, failure_id: str) -> Arrival:
        found = await self._failures.failure(failure_id)
        if found is None:
            raise Refused("not_found", f"There is no failure {failure_id}.")
        failure, document = found
        if failure.state != "open":
            return Arrival(Took.UNCHANGED)
        return await self._again(failure, document)

    async def list(self, state: str, limit: int, cursor: str) -> Page[Failure]:
        """Newest first. Raises NotReady."""
        return await self._failures.failures(state, limit, cursor)

    async def _settled(self, order_no: str) -> bool:
        try:
            await self._settle(order_no)
        except ServiceError:
            await self._book.put_off(order_no, next_try_ms(self._now_ms(), 0))
            return False
        except Exception as error:  # noqa: BLE001  # as above
            self._broke(order_no, error)
            await self._book.put_off(order_no, next_try_ms(self._now_ms(), _AT_A_DEFECT))
            return False
        return True

    async def _again(self, failure: Failure, document: bytes) -> Arrival:
        refunded = order_of_refund(failure.key)
        if refunded is not None:
            return await self._refund_again(refunded, failure, document)
        if not failure.modified_ms:
            return await self._fetched(failure)
        try:
            order = self._arrive.read(failure.key, documents.unpacked(document))
        except Misread as error:
            await self._failed_again(failure, error.misfit)
            return Arrival(Took.FAILED)
        arrival = await self._arrive.take(order, document)
        await self._settle(arrival.order_no)
        return arrival

    async def _refund_again(self, key: OrderKey, failure: Failure, document: bytes) -> Arrival:
        try:
            arrival = await self._arrive.refund(key, documents.unpacked(document))
        except Misread as error:
            await self._failed_again(failure, error.misfit)
            return Arrival(Took.FAILED)
        except Refused as error:
            await self._failed_again(failure, Misfit("document", "", error.detail))
            return Arrival(Took.FAILED)
        await self._failures.cured(failure.key, failure.modified_ms)
        await self._settle(arrival.order_no)
        return arrival

    async def _fetched(self, failure: Failure) -> Arrival:
        """A row of a list, or nothing at all: only its order says more."""
        if not failure.key.channel_order_id.startswith(UNNAMED):
            await self._fetch(failure.key)
        await self._failed_again(failure, failure.misfit)
        return Arrival(Took.FAILED)

    async def _failed_again(self, failure: Failure, misfit: Misfit) -> None:
        now_ms = self._now_ms()
        await self._failures.again(failure.failure_id, misfit, (now_ms, next_try_ms(now_ms, failure.attempts)))
