"""The places with stock."""

from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.ports import Page, Warehouses


class ManageWarehouses:
    def __init__(self, warehouses: Warehouses) -> None:
        self._warehouses = warehouses

    async def put(self, warehouse: Warehouse) -> Warehouse:
        """Create or replace one; other processes hear of it within 2 s. Raises NotReady."""
        await self._warehouses.put(warehouse)
        return warehouse

    async def list(self, limit: int, cursor: str) -> Page[Warehouse]:
        """Warehouses by code; the cursor is the last code seen."""
        behind = [warehouse for code, warehouse in sorted(self._warehouses.all().items()) if code > cursor]
        more = len(behind) > limit
        return Page(behind[:limit], behind[limit - 1].code if more else "")
