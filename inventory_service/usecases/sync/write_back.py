"""What may be sold of a platform's articles is written there: absolute numbers, and only where they differ."""

from collections.abc import Callable, Mapping, Sequence

from inventory_service.domain.errors import Refused
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.adapter import StockLevel
from inventory_service.usecases.sync.duty import Duty, Line
from inventory_service.usecases.sync.ports import Item, ItemBook, ReadsAvailable, Shops

# Many changes within it are one call; a sale moves the same article hundreds of times a second.
EVERY_S = 5.0
# A platform counts down by itself, and people edit there: what was written is not what it has for ever.
BELIEVED_MS = 60 * 60 * 1000
REFUSED_AGAIN_MS = 10 * 60 * 1000


class WriteBack:
    """`run_once` is a loop's."""

    def __init__(
        self,
        line: Line,
        items: ItemBook,
        stock: ReadsAvailable,
        now_ms: Callable[[], int] = wall_ms,
        every_s: float = EVERY_S,
    ) -> None:
        self._shop = line.shop
        self._adapter = line.adapter
        self._items = items
        self._stock = stock
        self._duty = Duty("stock", line)
        self._now_ms = now_ms
        self._every_s = every_s

    async def run_once(self) -> float:
        """Raises NotReady, OutcomeUnknown: what is not noted as written is written again, and changes nothing."""
        items = await self._items.due(self._shop.shop, self._now_ms(), BELIEVED_MS)
        if not items:
            return self._every_s
        skus = sorted({sku for item in items for sku in item.parts})
        available = await self._stock.available(self._shop.channel, skus)
        levels = {(item.product_id, item.sku_id): sellable(item, available) for item in items}
        changed = [item for item in items if item.written != levels[item.product_id, item.sku_id]]
        if not changed:
            return self._every_s
        return (await self._duty.attempt(lambda: self._write(changed, levels))).wait_s

    async def _write(self, items: Sequence[Item], levels: Mapping[tuple[str, str], int]) -> float:
        """What was sent is forgotten first: of a call without an answer nobody knows what the platform has."""
        await self._items.wrote(self._shop.shop, [item._replace(written=None) for item in items], self._now_ms())
        told = [StockLevel(item.product_id, item.sku_id, levels[item.product_id, item.sku_id]) for item in items]
        unwritten = {each.level: str(each.error) for each in await self._adapter.write_stock(told)}
        written = [
            item._replace(written=level.available)
            for item, level in zip(items, told, strict=True)
            if level not in unwritten
        ]
        refused = [
            item._replace(reason=unwritten[level])
            for item, level in zip(items, told, strict=True)
            if level in unwritten
        ]
        await self._items.wrote(self._shop.shop, written, self._now_ms())
        await self._items.refused(self._shop.shop, refused, self._now_ms() + REFUSED_AGAIN_MS)
        return self._every_s


def sellable(item: Item, available: Mapping[str, int]) -> int:
    """So many of it can be made of what there is: as many as of its scarcest part."""
    return min((max(0, available.get(sku, 0)) // units for sku, units in item.parts.items()), default=0)


class ManageItems:
    """Which of a platform's articles consist of which of our SKUs."""

    def __init__(self, shops: Shops, items: ItemBook) -> None:
        self._shops = shops
        self._items = items

    async def put(self, shop: str, items: Sequence[Item]) -> None:
        """Those without parts are written no more. Raises Refused (`not_found`), NotReady, OutcomeUnknown."""
        await self._registered(shop)
        await self._items.put(shop, items)

    async def list(self, shop: str) -> Sequence[Item]:
        """Raises Refused (`not_found`), NotReady."""
        await self._registered(shop)
        return await self._items.items(shop)

    async def _registered(self, shop: str) -> None:
        if await self._shops.lookup(shop) is None:
            raise Refused("not_found", f"There is no shop {shop}.")
