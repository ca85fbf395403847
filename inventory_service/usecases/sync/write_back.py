"""What may be sold of a platform's articles is written there: absolute numbers, where they differ, scarcest first."""

import time
from collections.abc import Callable, Mapping, Sequence

from inventory_service.domain.errors import Refused
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.sync.adapter import StockLevel, Temporary
from inventory_service.usecases.sync.duty import Duty, Line
from inventory_service.usecases.sync.ports import Item, ItemBook, ReadsAvailable, Shops

# A sale moves the same article hundreds of times a second: many movements within it are one call.
EVERY_S = 1.0
# Terms, pauses and new articles move no stock, so now and then all articles are compared.
ALL_EVERY_S = 5.0
# Of 10,000 articles at a platform that takes one per call the last comes after a quarter of an hour: what has become
# scarce meanwhile goes first, and each number is read right before it is written.
ROUND_S = 5.0
TOGETHER_MAX = 20
BROKEN_MAX = 3
# A platform counts down by itself, and people edit there: what was written is not what it has for ever.
BELIEVED_MS = 60 * 60 * 1000
REFUSED_AGAIN_MS = 10 * 60 * 1000

Levels = Mapping[tuple[str, str], int]


class WriteBack:
    """`run_once` is a loop's."""

    def __init__(self, line: Line, items: ItemBook, stock: ReadsAvailable, now_ms: Callable[[], int] = wall_ms) -> None:
        self._shop = line.shop
        self._adapter = line.adapter
        self._items = items
        self._stock = stock
        self._duty = Duty("stock", line)
        self._now_ms = now_ms
        self._compared_until: int | None = None  # None: what was to be written was not, so all are compared
        self._all_compared_s = 0.0

    async def run_once(self) -> float:
        """Raises NotReady, OutcomeUnknown: what is not noted as written is written again, and changes nothing."""
        moved_until = await self._items.moved_until()
        changed = await self._changed(moved_until)
        self._compared_until = None
        if changed:
            outcome = await self._duty.attempt(lambda: self._write_round(changed))
            if not outcome.called or outcome.error or not outcome.wait_s:
                return outcome.wait_s
        self._compared_until = moved_until
        return EVERY_S

    async def _changed(self, moved_until: int) -> Sequence[Item]:
        """Scarcest first: of what there is little the last is sold twice, of what there was nothing nothing is sold."""
        began_s = time.monotonic()
        after = self._compared_until if began_s < self._all_compared_s + ALL_EVERY_S else None
        if after == moved_until:
            return []
        items = await self._items.due(self._shop.shop, self._now_ms(), BELIEVED_MS, after)
        levels = await self._levels(items)
        if after is None:
            self._all_compared_s = began_s
        changed = [item for item in items if item.written != levels[item.product_id, item.sku_id]]
        return sorted(changed, key=lambda item: _scarcity(item, levels[item.product_id, item.sku_id]))

    async def _levels(self, items: Sequence[Item]) -> Levels:
        skus = sorted({sku for item in items for sku in item.parts})
        available = await self._stock.available(self._shop.channel, skus) if skus else {}
        return {(item.product_id, item.sku_id): sellable(item, available) for item in items}

    async def _write_round(self, items: Sequence[Item]) -> float:
        """The seconds until the next; 0: there may be more than could be written in one.

        An article at which the platform breaks is told of once those behind it are written.
        """
        ends_s = time.monotonic() + ROUND_S
        broken: list[Temporary] = []
        for first in range(0, len(items), TOGETHER_MAX):
            await self._write_some(items[first : first + TOGETHER_MAX], broken)
            if time.monotonic() > ends_s and not broken:
                return 0.0
        if broken:
            raise broken[0]
        return EVERY_S

    async def _write_some(self, items: Sequence[Item], broken: list[Temporary]) -> None:
        """Together, and one by one where that breaks. Raises Temporary: it breaks at more than a few, so it is away."""
        try:
            await self._write(items, await self._levels(items))
        except Temporary as error:
            if len(items) == 1:
                broken.append(error)
                if len(broken) > BROKEN_MAX:
                    raise
                return
            for item in items:
                await self._write_some([item], broken)

    async def _write(self, items: Sequence[Item], levels: Levels) -> None:
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


def _scarcity(item: Item, level: int) -> tuple[int, int]:
    return min(level, item.written or 0), level


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
