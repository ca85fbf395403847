"""The Warehouses port on Postgres: the whole registry in memory, read again every second."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from inventory_service.domain.warehouse import Warehouse, WarehouseKind
from inventory_service.ledger.pool import Pool, postgres_errors
from inventory_service.ledger.queries import QUERIES


class PostgresWarehouses:
    """Implements `usecases.ports.Warehouses`. `refresh` it every second; between, it answers from memory, and goes on
    doing so while Postgres is away.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: Mapping[str, Warehouse] = MappingProxyType({})

    def all(self) -> Mapping[str, Warehouse]:
        return self._known

    async def lookup(self, code: str) -> Warehouse | None:
        if code not in self._known:
            await self.refresh()
        return self._known.get(code)

    async def put(self, warehouse: Warehouse) -> None:
        w = warehouse
        row = (w.code, w.name, w.kind.value, w.country, w.region, w.lat, w.lon, w.priority, w.serves, w.enabled)
        with postgres_errors():
            await self._pool.execute(QUERIES["put_warehouse"], *row)
        self._known = MappingProxyType({**self._known, warehouse.code: warehouse})

    async def refresh(self) -> None:
        """Raises NotReady."""
        with postgres_errors():
            rows = await self._pool.fetch(QUERIES["all_warehouses"])
        self._known = MappingProxyType({row["code"]: _warehouse(row) for row in rows})


def _warehouse(row: Any) -> Warehouse:
    fields = dict(row)
    fields["kind"] = WarehouseKind(fields["kind"])
    fields["serves"] = None if fields["serves"] is None else tuple(fields["serves"])
    return Warehouse(**fields)
