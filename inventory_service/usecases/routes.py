"""Routes for orders: the ranking of `domain.ranking`, remembered while the warehouses stay as they are."""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from inventory_service.domain import dispatch
from inventory_service.domain.commands import NO_ROUTE, Route, Window
from inventory_service.domain.eligibility import NO_WISH, AllocationWish
from inventory_service.domain.errors import Refused
from inventory_service.domain.geography import Destination
from inventory_service.domain.ranking import route
from inventory_service.domain.reservation import Reservation
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases import attributes
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.ports import Warehouses

__all__ = ["NO_ROUTE", "Routes"]

ROUTES_REMEMBERED_MAX = 8_192  # a route over 30 warehouses is about 4 KiB, most of it basis
# Windows hold for longer by the kernel's clock, see `domain.dispatch`.
WINDOWS_MAX_AGE_MS = 3_600_000

Ranking = Callable[[Destination | None, AllocationWish], Route]


class Routes:
    """A flash sale asks for the same few routes thousands of times, and ranking 30 warehouses takes longer than
    everything else that is done for a reservation in this process.
    """

    def __init__(self, warehouses: Warehouses, now_ms: Callable[[], int] = wall_ms) -> None:
        self._warehouses = warehouses
        self._now_ms = now_ms
        self._snapshot: Mapping[str, Warehouse] | None = None
        self._windows: Mapping[str, Window] = {}
        self._windows_ms = 0
        self._ranking: Ranking

    def find(self, destination: Destination | None, wish: AllocationWish) -> Route | None:
        """The route, or None when `wish` names a warehouse that this process has not heard of: `look_up` then.

        Raises Refused (`validation_failed`) when it names one both as wanted and as excluded.
        """
        known = self._warehouses.all()
        if wish.excluded:
            _check_apart(wish)
        if any(code not in known for code in wish.warehouses) or any(code not in known for code in wish.excluded):
            return None
        return self._rank(known, destination, wish)

    async def look_up(self, destination: Destination | None, wish: AllocationWish) -> Route:
        """As `find`, but asks the store about warehouses that this process has not heard of.

        Raises Refused (`unknown_warehouse`, `validation_failed`), NotReady.
        """
        _check_apart(wish)
        for name, codes in (("warehouses", wish.warehouses), ("excluded", wish.excluded)):
            for index, code in enumerate(codes):
                if code not in self._warehouses.all() and await self._warehouses.lookup(code) is None:
                    raise Refused("unknown_warehouse", f"There is no warehouse {code}.", f"/allocation/{name}/{index}")
        return self._rank(self._warehouses.all(), destination, wish)

    def again(self, record: Reservation, wanted: tuple[str, ...] = ()) -> Route:
        """The route of a reservation that is to be taken anew, from what its record says of it; `wanted`: only these
        warehouses, instead of those that it named.

        A warehouse that it named and that is gone meanwhile is passed over.
        """
        told = attributes.from_json(record.attributes)
        wish = told.allocation or NO_WISH
        wish = wish._replace(warehouses=wanted, excluded=()) if wanted else wish
        return self._rank(self._warehouses.all(), told.ship_to, wish)

    def _rank(self, known: Mapping[str, Warehouse], destination: Destination | None, wish: AllocationWish) -> Route:
        now_ms = self._now_ms()
        if known is not self._snapshot or not 0 <= now_ms - self._windows_ms < WINDOWS_MAX_AGE_MS:
            self._renew(known, now_ms)
        return self._ranking(destination, wish)

    def _renew(self, known: Mapping[str, Warehouse], now_ms: int) -> None:
        """Forget the routes if anything in them changed; warehouses are read again often, and seldom have."""
        windows = dispatch.windows(known, now_ms)
        if known != self._snapshot or windows != self._windows:
            self._ranking = lru_cache(ROUTES_REMEMBERED_MAX)(partial(route, known, windows=windows))
        self._snapshot, self._windows, self._windows_ms = known, windows, now_ms


def _check_apart(wish: AllocationWish) -> None:
    for index, code in enumerate(wish.excluded):
        if code in wish.warehouses:
            detail = f"The warehouse {code} is both wanted and excluded."
            raise Refused("validation_failed", detail, f"/allocation/excluded/{index}")
