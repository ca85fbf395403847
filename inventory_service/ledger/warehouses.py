"""The Warehouses port on Postgres: the whole registry in memory, read again on each change."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import msgspec

from inventory_service.domain.errors import NotReady
from inventory_service.domain.warehouse import Freight, Outbound, Warehouse, WarehouseKind
from inventory_service.ledger.pool import Pool, answering, changing
from inventory_service.ledger.queries import QUERIES


class PostgresWarehouses:
    """Implements `usecases.ports.Warehouses`. Between two refreshes it answers from memory, and goes on
    doing so while Postgres is away.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: Mapping[str, Warehouse] | None = None
        # A reading that began before a put must not end behind it, or the put would be forgotten for a second.
        self._turn = asyncio.Lock()

    def all(self) -> Mapping[str, Warehouse]:
        if self._known is None:
            raise NotReady("The warehouses have not been read yet.")
        return self._known

    async def lookup(self, code: str) -> Warehouse | None:
        if self._known is None or code not in self._known:
            await self.refresh()
        return self.all().get(code)

    async def put(self, warehouse: Warehouse) -> None:
        async with self._turn, changing(self._pool) as connection:
            await connection.execute(QUERIES["put_warehouse"], *_row(warehouse))
            if self._known is not None:
                self._known = MappingProxyType({**self._known, warehouse.code: warehouse})
        if self._known is None:
            with suppress(NotReady):  # it is done, whether or not we can read it now
                await self.refresh()

    async def refresh(self) -> None:
        """Raises NotReady."""
        async with answering(), self._turn:
            rows = await self._pool.fetch(QUERIES["all_warehouses"])
            self._learn(rows)

    def _learn(self, rows: Sequence[Any]) -> None:
        """The mapping stays the same object while nothing changes: routes are cached by it."""
        known = {row["code"]: _warehouse(row) for row in rows}
        if known != self._known:
            self._known = MappingProxyType(known)


def _warehouse(row: Any) -> Warehouse:
    fields = dict(row)
    fields["kind"] = WarehouseKind(fields["kind"])
    fields["serves"] = None if fields["serves"] is None else tuple(fields["serves"])
    fields["cross_border"] = tuple(fields["cross_border"])
    for name, kind in (("outbound", Outbound), ("freight", Freight)):
        fields[name] = None if fields[name] is None else msgspec.json.decode(fields[name], type=kind)
    return Warehouse(**fields)


def _row(warehouse: Warehouse) -> tuple[object, ...]:
    w = warehouse
    described = (w.code, w.name, w.kind.value, w.country, w.region, w.lat, w.lon, w.priority, w.serves, w.enabled)
    return (*described, w.paused, w.cross_border, _json(w.outbound), _json(w.freight))


def _json(settings: Outbound | Freight | None) -> str | None:
    return None if settings is None else msgspec.json.encode(settings).decode()
