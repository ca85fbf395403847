"""What a platform's SKU code stands for. Orders that wait for it get their stock as soon as somebody says."""

from collections import Counter
from collections.abc import Callable

from inventory_service.domain.errors import Refused
from inventory_service.usecases.clocks import wall_ms
from inventory_service.usecases.orders.ports import SkuCode, SkuCodes
from inventory_service.usecases.orders.settle import SettleOrder
from inventory_service.usecases.ports import Page

SETTLED_AT_ONCE_MAX = 20  # a caller waits for it; the retry does the rest within seconds


class MapSkus:
    def __init__(self, codes: SkuCodes, settle: SettleOrder, now_ms: Callable[[], int] = wall_ms) -> None:
        self._codes = codes
        self._settle = settle
        self._now_ms = now_ms

    async def put(self, code: SkuCode, by: str) -> SkuCode:
        """Orders that have stock already keep what they have: a code is read when a line is first held for.

        Raises Refused (`validation_failed`), NotReady, OutcomeUnknown.
        """
        for sku, count in Counter(part.sku for part in code.parts).items():
            if count > 1:
                raise Refused(
                    "validation_failed", f"{sku} is named twice: say how many units of it in one part.", "/parts"
                )
        waiting = await self._codes.put(code, by, self._now_ms())
        for order_no in waiting[:SETTLED_AT_ONCE_MAX]:
            await self._settle(order_no)
        return code

    async def list(self, channel: str, shop: str, unmapped: bool, limit: int, cursor: str) -> Page[SkuCode]:
        """Those that are mapped, or the to-do list. Raises NotReady."""
        asked = self._codes.unknown if unmapped else self._codes.codes
        return await asked(channel, shop, limit, cursor)
