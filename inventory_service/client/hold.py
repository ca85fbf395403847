"""A hold that lasts as long as a block."""

import asyncio
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from inventory_service.client.answers import Problem, Reservation
from inventory_service.client.errors import InventoryError, NotHeld
from inventory_service.client.requests import Lines, ReserveOptions, new_id
from inventory_service.client.retries import Retry

if TYPE_CHECKING:
    from inventory_service.client.asynchronous import InventoryClient

GIVE_BACK = Retry(attempts=4, total_seconds=5.0)  # a block is left within that time; the deadline does the rest

log = logging.getLogger("inventory_service.client")


class Hold:
    """Stock held while a block runs: `async with client.hold({"TEE-RED-M": 2}) as hold`.

    Leaving the block, in whatever way, gives the stock back, unless `confirm` was called: from then on the order may
    be paid, and nothing is given back any more, whatever became of the call. Leaving never raises anything of its own
    and takes 5 s at most; what could not be given back ends at its deadline, as does a hold that nobody leaves.
    A cancelled block gives back too. For a reservation that another process confirms, use `reserve`.
    """

    def __init__(self, client: "InventoryClient", lines: Lines, retry: Retry | None, options: ReserveOptions) -> None:
        self._client = client
        self._lines = lines
        self._retry = retry
        self._options: ReserveOptions = {"reservation_id": new_id("rsv"), **options}
        self._reservation: Reservation | None = None
        self._confirming = False

    @property
    def reservation_id(self) -> str:
        return self._options["reservation_id"]

    @property
    def reservation(self) -> Reservation:
        """As the last call of this hold saw it. Raises RuntimeError outside of the block."""
        if self._reservation is None:
            raise RuntimeError("the hold begins with its block: async with client.hold(…) as hold")
        return self._reservation

    async def confirm(self, *, reacquire: bool = False, retry: Retry | None = None) -> Reservation:
        """It is paid: the stock is committed, leaving gives nothing back. As `InventoryClient.confirm`."""
        self._confirming = True
        confirmed = await self._client.confirm(self.reservation_id, reacquire=reacquire, retry=retry)
        self._reservation = confirmed
        return confirmed

    async def extend(self, *, ttl_seconds: int, retry: Retry | None = None) -> Reservation:
        """More time: the deadline is now + `ttl_seconds`. As `InventoryClient.extend`."""
        self._reservation = await self._client.extend(self.reservation_id, ttl_seconds=ttl_seconds, retry=retry)
        return self._reservation

    async def __aenter__(self) -> Self:
        """Raises InventoryError; NotHeld when the id names a reservation that has left this state before."""
        reserving = asyncio.create_task(self._client.reserve(self._lines, retry=self._retry, **self._options))
        try:
            # Not cancelled with us: a request that was cut off may still arrive, behind the release of what it holds.
            reservation = await asyncio.shield(reserving)
        except asyncio.CancelledError:
            await _to_its_end(self._give_back_when_held(reserving))
            raise
        if reservation.status != "held":
            raise _not_held(reservation)
        self._reservation = reservation
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._confirming:
            await _to_its_end(self._give_back())

    async def _give_back_when_held(self, reserving: "asyncio.Task[Reservation]") -> None:
        await asyncio.wait({reserving}, timeout=GIVE_BACK.total_seconds)
        if not reserving.done():
            reserving.cancel()
        elif not reserving.cancelled() and reserving.exception() is None and reserving.result().status == "held":
            await self._give_back()

    async def _give_back(self) -> None:
        """An expired or released hold is answered as it is, and so passes in silence."""
        try:
            await self._client.release(self.reservation_id, retry=GIVE_BACK)
        except InventoryError as error:
            log.warning("%s was not given back and ends at its deadline: %s", self.reservation_id, error)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Await bounded work to its end even when cancelled meanwhile; the cancellation goes on after it."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()


def _not_held(reservation: Reservation) -> NotHeld:
    detail = f"{reservation.reservation_id} was made before and is {reservation.status} by now."
    return NotHeld(Problem(code="not_held", status=409, detail=detail))
