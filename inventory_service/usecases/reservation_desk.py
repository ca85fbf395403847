"""Where every reservation command goes in: queued at once, seen through to its final outcome."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from inventory_service.domain.commands import Confirm, Extend, LineRequest, Reallocate, Release, Reserve, Route
from inventory_service.domain.durability import Durability
from inventory_service.domain.errors import NotReady
from inventory_service.domain.outcomes import Code, ReservationOutcome, Shortage, ShortageReason
from inventory_service.domain.reservation import Reservation, Status
from inventory_service.usecases import attributes
from inventory_service.usecases.ports import LedgerReader, StockEngine
from inventory_service.usecases.refusals import check, not_found
from inventory_service.usecases.requests import ReservationResult
from inventory_service.usecases.routes import Routes

Submitted = Reserve | Confirm | Extend | Release | Reallocate
Preparation = Callable[[], Awaitable[Submitted]]


class ReservationDesk:
    """Sends a command, and sends it again where one answer of the kernel is not the end of it.

    Calls made in one go (the operations of a batch) keep their order per reservation. The usual call is queued
    before anything is awaited, so the kernel sees it in its place. One that has to wait first, or that is sent
    again, is caught up with like this: the later calls on the same reservation wait for it to end and are then
    sent (again) themselves. Being sent twice is harmless, since an op id or a release id is applied once. So the
    awaitables of one go must be awaited together or in their order.
    """

    def __init__(self, engine: StockEngine, ledger: LedgerReader, routes: Routes) -> None:
        self._engine = engine
        self._ledger = ledger
        self._routes = routes
        self._turns: dict[str, _Turn] = {}

    def submit(
        self, command: Submitted, sent: Sequence[LineRequest] = (), prepare: Preparation | None = None
    ) -> Coroutine[Any, Any, ReservationResult]:
        """Queue `command` now, unless `prepare` must make the real one first. `sent`: the lines as the caller had them.

        Raises from the awaitable: Refused, InsufficientStock, NotReady, Overloaded, OutcomeUnknown.
        """
        turn = _Turn(self._turns.get(command.reservation_id), prepare)
        self._remember(command.reservation_id, turn)
        answer = None if turn.waits else self._engine.reservation(command)
        return self._result(turn, command, answer, sent)

    async def of_ledger(self, reservation_id: str) -> Reservation:
        """The record of a reservation that left Redis. Raises Refused (`not_found`), NotReady."""
        stored = await self._ledger.reservation(reservation_id)
        if stored is None:
            raise not_found(reservation_id)
        return stored.record

    async def _result(
        self,
        turn: "_Turn",
        command: Submitted,
        answer: Awaitable[ReservationOutcome] | None,
        sent: Sequence[LineRequest],
    ) -> ReservationResult:
        try:
            outcome = await self._see_through(turn, command, answer)
        finally:
            turn.end()
        check(outcome, command.lines if isinstance(command, Reserve | Release) else (), sent)
        record = outcome.reservation or await self.of_ledger(command.reservation_id)
        return ReservationResult(outcome.code, command.reservation_id, record, outcome.durability)

    def _remember(self, reservation_id: str, turn: "_Turn") -> None:
        # Only calls of one go have an order among them, and one go ends with this round of the event loop.
        if not self._turns:
            asyncio.get_running_loop().call_soon(self._turns.clear)
        self._turns[reservation_id] = turn

    async def _see_through(
        self, turn: "_Turn", command: Submitted, answer: Awaitable[ReservationOutcome] | None
    ) -> ReservationOutcome:
        outcome = await answer if answer is not None else None
        if turn.before is not None:
            await turn.before.until_ended()
        if turn.prepare is not None:
            command = await turn.prepare()
        if outcome is None or (turn.before is not None and turn.before.sent_again):
            outcome = await self._send_again(turn, command)
        return await self._settle(turn, command, outcome)

    async def _settle(self, turn: "_Turn", command: Submitted, outcome: ReservationOutcome) -> ReservationOutcome:
        if isinstance(command, Reserve):
            return await self._settle_reserve(command, outcome)
        if outcome.code == Code.ABSENT:
            command = command._replace(carried=[await self.of_ledger(command.reservation_id)])
            outcome = await self._send_again(turn, command)
        if isinstance(command, Confirm | Extend) and _may_take_again(command, outcome):
            return await self._take_again(turn, command, outcome.reservation)
        return outcome

    async def _settle_reserve(self, command: Reserve, outcome: ReservationOutcome) -> ReservationOutcome:
        """A repeat of a reservation that left Redis is compared in full with what the ledger has of it."""
        if outcome.code != Code.REMEMBERED:
            return outcome
        stored = await self._ledger.reservation(command.reservation_id)
        if stored is None:
            raise NotReady("The ledger does not show this finished reservation yet.")
        same = stored.record.fingerprint == command.fingerprint
        code = Code.REPLAYED if same else Code.IDEMPOTENCY_MISMATCH
        return outcome._replace(code=code, reservation=stored.record, durability=Durability.LEDGER)

    async def _take_again(
        self, turn: "_Turn", command: Confirm | Extend, record: Reservation | None
    ) -> ReservationOutcome:
        """Ask for the stock of an expired reservation anew, now that its record says where it was to go.

        The op id stays: the first command was refused and left no trace, and a late repeat of the caller's must find
        this one done instead of taking the stock once more after the next expiry.
        """
        if record is None:
            record = await self.of_ledger(command.reservation_id)
        route = self._routes.again(record)
        channel = attributes.from_json(record.attributes).channel
        if not route.ranked:
            return ReservationOutcome(Code.INSUFFICIENT_STOCK, record, _all_short(record, route), -1)
        return await self._send_again(turn, command._replace(carried=[record], channel=channel, route=route))

    def _send_again(self, turn: "_Turn", command: Submitted) -> Awaitable[ReservationOutcome]:
        turn.sent_again = True
        return self._engine.reservation(command)


class _Turn:
    """One call's place among those on the same reservation."""

    __slots__ = ("_ended", "before", "has_ended", "prepare", "sent_again", "waits")

    def __init__(self, before: "_Turn | None", prepare: Preparation | None) -> None:
        self.before = before
        self.prepare = prepare
        # Not queued yet when the next one comes.
        self.waits: bool = prepare is not None or (before is not None and before.waits)
        self.sent_again = False  # reached the kernel behind the next one
        self.has_ended = False
        self._ended: asyncio.Event | None = None  # most have nobody behind them

    def end(self) -> None:
        self.has_ended = True
        if self._ended is not None:
            self._ended.set()

    async def until_ended(self) -> None:
        if self.has_ended:
            return
        if self._ended is None:
            self._ended = asyncio.Event()
        await self._ended.wait()


def _may_take_again(command: Confirm | Extend, outcome: ReservationOutcome) -> bool:
    if not command.reacquire or command.route.ranked:
        return False
    if outcome.code == Code.RESERVATION_EXPIRED:
        return True
    record = outcome.reservation
    return outcome.code == Code.NOT_HELD and record is not None and record.status == Status.EXPIRED


def _all_short(record: Reservation, route: Route) -> list[Shortage]:
    reason = ShortageReason.NOT_SERVED if route.out_of_area else ShortageReason.NOT_ENOUGH
    wanted = [(line.sku, line.quantity - line.released) for line in record.lines]
    return [Shortage(sku, quantity, 0, reason) for sku, quantity in wanted if quantity]
