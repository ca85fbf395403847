"""How much of a SKU is never promised, and when to warn."""

from contextlib import suppress
from dataclasses import replace

from inventory_service.domain import commands, ids
from inventory_service.domain.errors import NotReady, Refused
from inventory_service.domain.stock import UNSET
from inventory_service.usecases.ports import StockEngine, Warehouses
from inventory_service.usecases.read_stock import StockView, StockViews
from inventory_service.usecases.refusals import unknown_sku


class SetPolicy:
    def __init__(self, engine: StockEngine, warehouses: Warehouses, views: StockViews) -> None:
        self._engine = engine
        self._warehouses = warehouses
        self._views = views

    async def __call__(
        self, client: str, sku: str, warehouse: str, safety_stock: int | None, warn_below: int | None
    ) -> StockView:
        """Set the policy of one `warehouse`, or with "" each warehouse's default; None leaves a value alone.

        Raises Refused (`unknown_sku`, `unknown_warehouse`), NotReady, Overloaded, OutcomeUnknown.
        """
        known = self._warehouses.all()  # first, since the answer needs it: behind the command it would be too late
        if warehouse and warehouse not in known and await self._warehouses.lookup(warehouse) is None:
            raise Refused("unknown_warehouse", f"There is no warehouse {warehouse}.", "/warehouse")
        outcome = await self._engine.stock(
            commands.SetPolicy(
                sku=sku,
                warehouse=warehouse,
                safety_stock=UNSET if safety_stock is None else safety_stock,
                warn_below=UNSET if warn_below is None else warn_below,
                client=client,
                op_id=ids.new_id("op"),
            )
        )
        if outcome.stock is None:
            raise unknown_sku(sku)
        with suppress(NotReady):  # what is done is done: a view that knows less must not make it an error
            await self._views.learn(outcome.stock.levels)
        return replace(self._views.of_stock(sku, outcome.stock), durability=outcome.durability)
