"""One step of the stock side, done through the desk that everybody's reservations go through.

Every id is made of the order's number and the step's, so a step that is repeated after a crash finds what it did.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.eligibility import NO_WISH
from inventory_service.domain.errors import InsufficientStock, Refused
from inventory_service.domain.geography import Destination, settled
from inventory_service.domain.orders.intent import Action, Step
from inventory_service.domain.orders.order import Receiver
from inventory_service.domain.orders.stock_side import Backed, reservation_id, units_by_sku
from inventory_service.domain.outcomes import Shortage
from inventory_service.domain.reservation import OPEN_STATUSES, Reservation, Status
from inventory_service.usecases.confirm_reservation import ConfirmReservation
from inventory_service.usecases.orders.ports import StoredOrder
from inventory_service.usecases.read_reservations import ReadReservations
from inventory_service.usecases.release_reservation import ReleaseReservation
from inventory_service.usecases.requests import ReservationResult, ReserveRequest
from inventory_service.usecases.reserve_stock import ReserveStock
from inventory_service.usecases.routes import Routes

CLIENT = "orders"  # who all of it is done for, in the ledger


class Did(StrEnum):
    DONE = "done"
    SHORT = "short"  # there is not enough, and nothing changed
    KEPT = "kept"  # an amendment found no stock: what was held is held again, under the next number
    LOST = "lost"  # … and could not be
    GONE = "gone"  # the reservation is not open any more
    PICKED = "picked"  # something of it left meanwhile
    REFUSED = "refused"


class Outcome(NamedTuple):
    did: Did
    shortages: Sequence[Shortage] = ()
    detail: str = ""


DONE = Outcome(Did.DONE)
GONE = Outcome(Did.GONE)
PICKED = Outcome(Did.PICKED)
_ENDED = frozenset({"not_found", "reservation_released", "reservation_expired"})


class StockSteps:
    def __init__(
        self,
        reserve: ReserveStock,
        confirm: ConfirmReservation,
        release: ReleaseReservation,
        reservations: ReadReservations,
        routes: Routes,
    ) -> None:
        self._reserve = reserve
        self._confirm = confirm
        self._release = release
        self._reservations = reservations
        self._routes = routes

    async def do(self, stored: StoredOrder, step: Step) -> Outcome:
        """Raises NotReady, Overloaded, OutcomeUnknown: do it again."""
        doing = _Doing(stored, step)
        try:
            if step.action is Action.RESERVE:
                return await self._take(doing)
            if step.action is Action.CONFIRM:
                return await self._pay(doing, doing.now)
            if step.action is Action.AMEND:
                return await self._amend(doing)
            return await self._give_back(doing)
        except InsufficientStock as error:
            return Outcome(Did.SHORT, error.shortages)
        except Refused as error:
            return _refused(error)

    async def record(self, reservation_id: str) -> Reservation | None:
        """As the kernel has it, else the ledger. Raises NotReady, Overloaded, OutcomeUnknown."""
        try:
            return (await self._reservations.one(reservation_id)).reservation
        except Refused:
            return None

    async def _take(self, doing: "_Doing") -> Outcome:
        try:
            held = await self._reserve(doing.request(doing.now, doing.step.backed))
        except Refused as error:
            if error.code == "idempotency_mismatch" and not await self._is_behind(doing):
                await self._undo(doing, doing.now)  # a lost step's, or by hand: never two open ones
            raise
        if held.reservation.status == Status.RELEASED:
            return GONE
        return await self._pay(doing, doing.now) if doing.step.confirms else DONE

    async def _pay(self, doing: "_Doing", attempt: str) -> Outcome:
        """A hold that ended meanwhile takes its stock again, if it is still there."""
        await self._confirm(attempt, CLIENT, True, doing.op_id("confirm"))
        return DONE

    async def _give_back(self, doing: "_Doing") -> Outcome:
        """All of it, or the difference, once per step."""
        lines: list[LineRequest] = []
        if doing.step.action is Action.RELEASE_UNITS:
            lines = _difference(doing.stored.work.side.backed, doing.step.backed)
            if not lines:
                return DONE
        try:
            await self._release(doing.now, CLIENT, lines, doing.op_id("units") if lines else "", doing.op_id("release"))
        except Refused as error:
            if error.code == "reservation_shipped" or (lines and error.code == "validation_failed"):
                return PICKED
            if lines or error.code not in _ENDED:
                raise
        return DONE

    async def _amend(self, doing: "_Doing") -> Outcome:
        """Give back, take the new, and take the old again: queued in one go, so that one batch of the kernel has them.

        Both takings have the same id. Where the new one was held, the other is refused for its content and changes
        nothing; where there was no stock for it, its id is free, and what was just given back is taken again.
        """
        record = await self.record(doing.now)
        if record is not None and _has_left(record):
            return await self._overtaken(doing)  # perhaps by one who died of it, and has taken the new
        self._routes.find(doing.ship_to, NO_WISH)  # what it refuses is refused before anything is given back
        gave_back, new, old = await self._in_one_go(doing, _still_open(record))
        if _is_overtaken(gave_back):
            return await self._overtaken(doing)
        held = new if isinstance(new, ReservationResult) else old
        if not isinstance(held, ReservationResult):
            return _nothing_held(new)
        if held.reservation.status == Status.RELEASED:
            return GONE
        if doing.step.confirms:
            await self._pay(doing, doing.next)
        return DONE if held is new else Outcome(Did.KEPT, _shortages(new))

    async def _overtaken(self, doing: "_Doing") -> Outcome:
        """Of the old one something left, or was given back by hand, between the look and the batch."""
        await self._undo(doing, doing.next)
        record = await self.record(doing.now)
        if record is not None and _has_left(record):
            return PICKED
        await self._release(doing.now, CLIENT, [], "", doing.op_id("overtaken"))
        return GONE

    async def _in_one_go(self, doing: "_Doing", still_open: Sequence[LineRequest]) -> Sequence[object]:
        """What each of the three answered or was refused with. Given back is exactly what was seen: once a parcel has
        left the kernel refuses that, and the order keeps what is still to follow.
        """
        release_id = doing.op_id("amend") if still_open else ""
        results: Sequence[object] = await asyncio.gather(
            self._release(doing.now, CLIENT, still_open, release_id, doing.op_id("release")),
            self._reserve(doing.request(doing.next, doing.step.backed)),
            self._reserve(doing.request(doing.next, doing.stored.work.side.backed)),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, Refused):
                raise result
        return results

    async def _undo(self, doing: "_Doing", attempt: str) -> None:
        with suppress(Refused):  # there is nothing
            await self._release(attempt, CLIENT, [], "", doing.op_id("undo"))

    async def _is_behind(self, doing: "_Doing") -> bool:
        """Whether a later step of the order has paid for what has that name: another process went on meanwhile."""
        record = await self.record(doing.now)
        return record is not None and any(doing.is_before(op_id) for op_id, _ in record.operations)


class _Doing:
    """A step of an order with the names of everything that it does."""

    def __init__(self, stored: StoredOrder, step: Step) -> None:
        self.stored = stored
        self.step = step
        self.ship_to = ship_to(stored.order.receiver)
        side, number = stored.work.side, stored.order.order_no
        self.now = reservation_id(number, side.attempt)
        self.next = reservation_id(number, side.attempt + 1)

    def op_id(self, what: str) -> str:
        return f"{self.stored.order.order_no}:{self.stored.work.number}:{what}"

    def is_before(self, op_id: str) -> bool:
        order_no, _, rest = op_id.partition(":")
        number, _, _ = rest.partition(":")
        return order_no == self.stored.order.order_no and number.isdigit() and int(number) > self.stored.work.number

    def request(self, attempt: str, backed: tuple[Backed, ...]) -> ReserveRequest:
        units = units_by_sku(backed)
        return ReserveRequest(
            reservation_id=attempt,
            client=CLIENT,
            lines=[LineRequest(sku, quantity) for sku, quantity in units.items()],
            ttl_seconds=self.step.seconds,
            channel=self.stored.order.channel,
            order_ref=self.stored.order.order_no,
            ship_to=self.ship_to,
            content={"order": self.stored.order.order_no, "destination": self.step.destination},
        )


def ship_to(receiver: Receiver) -> Destination | None:
    """As far as it ranks warehouses. Platforms mask the street; a county without a city counts as one."""
    city = receiver.city or receiver.district
    destination = settled(Destination(country=receiver.country, province=receiver.province, city=city))
    return None if destination == Destination() else destination


def _difference(before: Sequence[Backed], after: Sequence[Backed]) -> list[LineRequest]:
    now = units_by_sku(tuple(after))
    differences = [(sku, units - now.get(sku, 0)) for sku, units in units_by_sku(tuple(before)).items()]
    return [LineRequest(sku, units) for sku, units in differences if units > 0]


def _has_left(record: Reservation) -> bool:
    """Anything of it."""
    return any(line.shipped for line in record.lines)


def _still_open(record: Reservation | None) -> list[LineRequest]:
    if record is None or record.status not in OPEN_STATUSES:
        return []
    units = [(line.sku, sum(each.open for each in line.allocations)) for line in record.lines]
    return [LineRequest(sku, quantity) for sku, quantity in units if quantity]


def _is_overtaken(gave_back: object) -> bool:
    if isinstance(gave_back, ReservationResult):
        return _has_left(gave_back.reservation)
    return isinstance(gave_back, Refused) and gave_back.code in {"reservation_shipped", "validation_failed"}


def _shortages(error: object) -> Sequence[Shortage]:
    return error.shortages if isinstance(error, InsufficientStock) else ()


def _nothing_held(error: object) -> Outcome:
    """Another one took what was given back: only where the kernel cut its batch in between."""
    if isinstance(error, InsufficientStock):
        return Outcome(Did.LOST, error.shortages)
    return Outcome(Did.LOST, (), str(error))


def _refused(error: Refused) -> Outcome:
    """A mismatch: the number was used with other content, by hand or by a step that is lost; another one is not."""
    if error.code in _ENDED or error.code == "idempotency_mismatch":
        return GONE
    return Outcome(Did.REFUSED, (), f"{error.code}: {error.detail}")
