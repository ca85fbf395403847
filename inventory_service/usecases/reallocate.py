"""Open reservations move to other warehouses: one by one, or all that a warehouse that failed was to ship."""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from inventory_service.domain import ids
from inventory_service.domain.commands import NO_ROUTE, ReadReservation, Reallocate
from inventory_service.domain.errors import InsufficientStock, Refused
from inventory_service.domain.outcomes import Shortage
from inventory_service.domain.reservation import Reservation
from inventory_service.usecases.all_or_unknown import settled
from inventory_service.usecases.allocation_ports import AllocationEngine, Decisions
from inventory_service.usecases.elsewhere import past
from inventory_service.usecases.ports import Warehouses
from inventory_service.usecases.requests import ReservationResult
from inventory_service.usecases.reservation_desk import ReservationDesk
from inventory_service.usecases.routes import Routes


@dataclass(frozen=True, slots=True)
class Unmoved:
    """A reservation that stays where it is, and why."""

    reservation_id: str
    code: str
    shortages: Sequence[Shortage]


@dataclass(frozen=True, slots=True)
class MovedAway:
    """One page of what a warehouse was to ship. `next_cursor` "": that was the last."""

    moved: Sequence[str]
    unmoved: Sequence[Unmoved]
    next_cursor: str


class ReallocateReservations:
    def __init__(
        self, engine: AllocationEngine, desk: ReservationDesk, routes: Routes, warehouses: Warehouses, book: Decisions
    ) -> None:
        self._engine = engine
        self._desk = desk
        self._routes = routes
        self._warehouses = warehouses
        self._book = book

    def one(
        self, reservation_id: str, client: str, excluded: Sequence[str], wanted: Sequence[str], op_id: str
    ) -> Coroutine[Any, Any, ReservationResult]:
        """Move the open units that stand in `excluded`, or in warehouses that would not be used any more; id, status
        and deadline stay. `wanted`: only these, instead of those that the order named. `reallocated`, or `replayed`
        where everything stands well.

        Raises from the awaitable: Refused (`not_found`, `unknown_warehouse`, `reservation_expired`, …),
        InsufficientStock (nothing moved), NotReady, Overloaded, OutcomeUnknown.
        """
        command = Reallocate(reservation_id, client, op_id, [], NO_ROUTE)

        async def prepare() -> Reallocate:
            await self._check(excluded, "excluded")
            await self._check(wanted, "warehouses")
            record = await self._record(reservation_id)
            route = self._routes.again(record, tuple(wanted))
            return command._replace(route=past(route, frozenset(excluded)))

        return self._desk.submit(command, prepare=prepare)

    async def all_of(self, warehouse: str, client: str, limit: int, cursor: str) -> MovedAway:
        """Move a page of the open reservations away from a warehouse, the oldest first.

        Raises Refused (`unknown_warehouse`), NotReady or Overloaded when nothing moved, OutcomeUnknown when some may
        have: repeat it with the same cursor.
        """
        await self._check([warehouse], "")
        page = await self._book.open_at(warehouse, limit, cursor)
        moved: list[str] = []
        unmoved: list[Unmoved] = []
        for reservation_id in page.reservation_ids:
            try:
                move = self.one(reservation_id, client, [warehouse], [], ids.operation_id())
                await settled([move], applied_before=bool(moved))
                moved.append(reservation_id)
            except InsufficientStock as error:
                unmoved.append(Unmoved(reservation_id, "insufficient_stock", error.shortages))
            except Refused as error:  # it ended meanwhile
                unmoved.append(Unmoved(reservation_id, error.code, ()))
        return MovedAway(moved, unmoved, page.next_cursor)

    async def _record(self, reservation_id: str) -> Reservation:
        outcome = await self._engine.reservation(ReadReservation(reservation_id))
        return outcome.reservation or await self._desk.of_ledger(reservation_id)

    async def _check(self, codes: Sequence[str], member: str) -> None:
        for index, code in enumerate(codes):
            if code not in self._warehouses.all() and await self._warehouses.lookup(code) is None:
                pointer = f"/{member}/{index}" if member else ""
                raise Refused("unknown_warehouse", f"There is no warehouse {code}.", pointer)
