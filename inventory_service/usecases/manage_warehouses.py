"""The places with stock."""

from inventory_service.domain import warehouse_rules
from inventory_service.domain.warehouse import Warehouse
from inventory_service.usecases.by_name import page_by_name
from inventory_service.usecases.ports import Page, Warehouses


class ManageWarehouses:
    def __init__(self, warehouses: Warehouses) -> None:
        self._warehouses = warehouses

    async def put(self, warehouse: Warehouse) -> Warehouse:
        """Create or replace one; other processes hear of it within 2 s.

        Raises Refused (`validation_failed`) for settings that contradict each other, NotReady, OutcomeUnknown.
        """
        warehouse_rules.check(warehouse)
        await self._warehouses.put(warehouse)
        return warehouse

    async def list(self, limit: int, cursor: str) -> Page[Warehouse]:
        """Warehouses by code. Raises Refused (`validation_failed`) for a cursor that is not of this list."""
        return page_by_name("warehouses", self._warehouses.all(), limit, cursor)
