"""Routes for orders: the ranking of `domain.ranking`, remembered while the warehouses stay as they are."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial

from inventory_service.domain.commands import Route
from inventory_service.domain.errors import Refused
from inventory_service.domain.geography import Destination
from inventory_service.domain.ranking import route
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases import attributes
from inventory_service.usecases.ports import Warehouses
from inventory_service.usecases.requests import AllocationWish

NO_ROUTE = Route((), (), False, 0)
ROUTES_REMEMBERED_MAX = 8_192  # a route over 30 warehouses is about 1 KiB

Ranking = Callable[[Destination | None, str, tuple[str, ...], int], Route]


class Routes:
    """A flash sale asks for the same few routes thousands of times, and ranking 30 warehouses takes longer than
    everything else that is done for a reservation in this process.
    """

    def __init__(self, warehouses: Warehouses) -> None:
        self._warehouses = warehouses
        self._snapshot: Mapping[str, Warehouse] | None = None
        self._ranking: Ranking

    def find(self, destination: Destination | None, wish: AllocationWish) -> Route | None:
        """The route, or None when `wish` names a warehouse that this process has not heard of: `look_up` then."""
        known = self._warehouses.all()
        if any(code not in known for code in wish.warehouses):
            return None
        return self._rank(known, destination, wish)

    async def look_up(self, destination: Destination | None, wish: AllocationWish) -> Route:
        """As `find`, but asks the store about warehouses that this process has not heard of.

        Raises Refused (`unknown_warehouse`), NotReady.
        """
        for index, code in enumerate(wish.warehouses):
            if code not in self._warehouses.all() and await self._warehouses.lookup(code) is None:
                raise Refused("unknown_warehouse", f"There is no warehouse {code}.", f"/allocation/warehouses/{index}")
        return self._rank(self._warehouses.all(), destination, wish)

    def again(self, record: Reservation, wanted: tuple[str, ...] = ()) -> Route:
        """The route of a reservation that is to be taken anew, from what its record says of it; `wanted`: only these
        warehouses, instead of those that it named.

        A warehouse that it named and that is gone meanwhile is passed over.
        """
        told = attributes.from_json(record.attributes)
        wish = told.allocation or AllocationWish()
        return self._rank(self._warehouses.all(), told.ship_to, replace(wish, warehouses=wanted) if wanted else wish)

    def _rank(self, known: Mapping[str, Warehouse], destination: Destination | None, wish: AllocationWish) -> Route:
        if known is not self._snapshot:  # read again, which is often and seldom means that anything changed
            if known != self._snapshot:
                self._ranking = lru_cache(ROUTES_REMEMBERED_MAX)(partial(route, known))
            self._snapshot = known
        return self._ranking(destination, wish.strategy, wish.warehouses, wish.max_splits)
