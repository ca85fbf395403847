"""Shops, as people register them."""

from collections.abc import Callable, Collection, Sequence

from inventory_service.domain.errors import Refused
from inventory_service.domain.shops import shop as rules
from inventory_service.domain.shops.shop import Shop
from inventory_service.usecases.by_name import page_by_name
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.ports import Page
from inventory_service.usecases.shops.ports import Author, Change, Shops

HISTORY_MAX = 200


class ManageShops:
    """`channels`: those that come with the service; `check_opens` raises ValueError for what its channel cannot be."""

    def __init__(
        self,
        shops: Shops,
        channels: Collection[str],
        check_opens: Callable[[Shop], None],
        now_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self._shops = shops
        self._channels = channels
        self._check_opens = check_opens
        self._now_ms = now_ms

    async def put(self, shop: Shop, by: str) -> Shop:
        """Register or change one; other processes hear of it within 2 s.

        Raises Refused (`validation_failed`), also for another channel than it has, NotReady, OutcomeUnknown.
        """
        rules.check(shop, self._channels)
        try:
            self._check_opens(shop)
        except ValueError as error:
            raise Refused("validation_failed", f"{error}.", "/settings") from None
        await self._shops.put(shop, Author(by, self._now_ms()))
        return await registered(self._shops, shop.shop)

    async def one(self, shop: str) -> Shop:
        """Raises Refused (`not_found`), NotReady."""
        return await registered(self._shops, shop)

    async def list(self, limit: int, cursor: str) -> Page[Shop]:
        """By name. Raises Refused (`validation_failed`) for a cursor that is not of this list, NotReady."""
        return page_by_name("shops", self._shops.all(), limit, cursor)

    async def history(self, shop: str) -> Sequence[Change]:
        """Who changed what, newest first. Raises Refused (`not_found`), NotReady."""
        await registered(self._shops, shop)
        return await self._shops.history(shop, HISTORY_MAX)


async def registered(shops: Shops, name: str) -> Shop:
    """Raises Refused (`not_found`), NotReady."""
    shop = await shops.lookup(name)
    if shop is None:
        raise Refused("not_found", f"There is no shop {name}.")
    return shop
