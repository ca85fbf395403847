"""Look at stock: what is there, what is promised, what can be sold."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from inventory_service.domain import commands
from inventory_service.domain.stock import UNSET, Arrival, Level, Stock, Terms
from inventory_service.domain.warehouse import WarehouseKind
from inventory_service.usecases.ports import (
    LedgerReader,
    Page,
    StockEngine,
    StockEvent,
    StockFilter,
    StoredStock,
    Warehouses,
)
from inventory_service.usecases.refusals import unknown_sku


@dataclass(frozen=True, slots=True)
class LevelView:
    """Stock of one SKU in one warehouse; `safety_stock` and `warn_below` are what applies there."""

    warehouse: str
    on_hand: int
    held: int
    committed: int
    unavailable: int
    safety_stock: int
    incoming: int
    available: int
    deficit: int
    warn_below: int
    preordered: int
    arrivals: Sequence[Arrival]
    in_transit: int = 0
    kind: WarehouseKind | None = None  # None: nobody can tell now
    takes_orders: bool = False


class Pool(NamedTuple):
    """Where all units of a SKU are: on the shelves, between warehouses, still to come from outside."""

    warehouses: int
    stores: int
    in_transit: int
    expected: int


@dataclass(frozen=True, slots=True)
class StockView:
    """Stock of one SKU: the sums over its warehouses; `warn_below` is each warehouse's default.

    `durability`: how far the change has got that this is the answer to, "" where it was only read.
    """

    sku: str
    on_hand: int
    held: int
    committed: int
    unavailable: int
    safety_stock: int
    incoming: int
    available: int
    deficit: int
    warn_below: int
    preordered: int
    arrivals: Sequence[Arrival]
    warehouses: Sequence[LevelView]
    as_of_ms: int
    durability: str = ""
    channel: str = ""
    terms: Terms | None = None  # of `channel`, where it was asked about

    @property
    def in_transit(self) -> int:
        return sum(view.in_transit for view in self.warehouses)

    @property
    def sellable(self) -> int:
        """What an order of `channel` could get now: a channel or a warehouse that is paused gives nothing."""
        taken_from = sum(view.available for view in self.warehouses if view.takes_orders)
        if self.terms is None:
            return taken_from
        return 0 if self.terms.paused else min(taken_from, self.terms.available)

    @property
    def pool(self) -> Pool:
        on_hand: Counter[WarehouseKind | None] = Counter()
        for view in self.warehouses:
            on_hand[view.kind] += view.on_hand
        return Pool(
            warehouses=on_hand[WarehouseKind.WAREHOUSE] + on_hand[None],
            stores=on_hand[WarehouseKind.STORE],
            in_transit=on_hand[WarehouseKind.IN_TRANSIT] + self.in_transit,
            expected=self.incoming - self.in_transit,
        )


class StockViews:
    """Makes views of stock; a warehouse that does not sell has nothing available."""

    def __init__(self, warehouses: Warehouses, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._warehouses = warehouses
        self._now_ms = now_ms

    async def learn(self, levels: Iterable[Level]) -> None:
        """Ask about warehouses that this process has not heard of, so that the views show what they have.

        Raises NotReady when it cannot ask.
        """
        known = self._warehouses.all()
        for code in {level.warehouse for level in levels if level.warehouse not in known}:
            await self._warehouses.lookup(code)

    def of_stock(self, sku: str, stock: Stock) -> StockView:
        """A view of what the kernel just said."""
        policy = (stock.safety_stock, stock.warn_below, stock.preorder_limit)
        return self._view(sku, policy, stock.levels, self._now_ms())

    def of_stored(self, stored: StoredStock, warehouse: str = "") -> StockView:
        """A view of what the ledger has, of one `warehouse` alone if given."""
        levels = [level for level in stored.levels if warehouse in ("", level.warehouse)]
        policy = (stored.safety_stock, stored.warn_below, stored.preorder_limit)
        return self._view(stored.sku, policy, levels, stored.as_of_ms)

    def _view(self, sku: str, policy: tuple[int, int, int], levels: Iterable[Level], as_of_ms: int) -> StockView:
        """`policy`: the SKU's safety stock, warning threshold and bound of what is sold ahead."""
        _, warn_below, _ = policy
        # By code: the kernel has them in the order of their first goods, which a rebuild forgets.
        views = [self._level(level, *policy) for level in sorted(levels)]
        return StockView(
            sku=sku,
            on_hand=sum(view.on_hand for view in views),
            held=sum(view.held for view in views),
            committed=sum(view.committed for view in views),
            unavailable=sum(view.unavailable for view in views),
            safety_stock=sum(view.safety_stock for view in views),
            incoming=sum(view.incoming for view in views),
            available=sum(view.available for view in views),
            deficit=sum(view.deficit for view in views),
            warn_below=warn_below,
            preordered=sum(view.preordered for view in views),
            arrivals=_together(arrival for view in views for arrival in view.arrivals),
            warehouses=views,
            as_of_ms=as_of_ms,
        )

    def _level(self, level: Level, safety_stock: int, warn_below: int, preorder_limit: int) -> LevelView:
        warehouse = self._warehouses.all().get(level.warehouse)
        sells = warehouse is not None and warehouse.sells
        return LevelView(
            warehouse=level.warehouse,
            on_hand=level.on_hand,
            held=level.held,
            committed=level.committed,
            unavailable=level.unavailable,
            safety_stock=safety_stock if level.safety_stock == UNSET else level.safety_stock,
            incoming=level.incoming,
            available=level.available(safety_stock) if sells else 0,
            deficit=level.deficit(preorder_limit),
            warn_below=warn_below if level.warn_below == UNSET else level.warn_below,
            preordered=level.preordered(preorder_limit),
            arrivals=level.arrivals,
            in_transit=level.in_transit,
            kind=warehouse.kind if warehouse else None,
            takes_orders=warehouse is not None and warehouse.takes_orders,
        )


def _together(arrivals: Iterable[Arrival]) -> Sequence[Arrival]:
    """Lots of several warehouses by their dates."""
    units: Counter[int] = Counter()
    for arrival in arrivals:
        units[arrival.expected_ms] += arrival.quantity
    return [Arrival(expected_ms, units[expected_ms]) for expected_ms in sorted(units)]


class ReadStock:
    def __init__(self, engine: StockEngine, ledger: LedgerReader, views: StockViews) -> None:
        self._engine = engine
        self._ledger = ledger
        self._views = views

    async def one(self, sku: str, channel: str = "") -> StockView:
        """One SKU, as it is now, with the terms of a channel if one is named.

        Raises Refused (`unknown_sku`), NotReady, Overloaded, OutcomeUnknown.
        """
        record = await self.record(sku)
        await self._views.learn(record.levels)
        view = self._views.of_stock(sku, record)
        return replace(view, channel=channel, terms=record.terms(channel, view.available)) if channel else view

    async def record(self, sku: str) -> Stock:
        """What the kernel has of a SKU, its policy included. Raises as `one`."""
        outcome = await self._engine.stock(commands.ReadStock(sku))
        if outcome.stock is None:
            raise unknown_sku(sku)
        return outcome.stock

    async def list(self, wanted: StockFilter, limit: int, cursor: str) -> Page[StockView]:
        """Many SKUs, as the ledger has them. Raises NotReady."""
        page = await self._ledger.stock(wanted, limit, cursor)
        await self._views.learn(level for stored in page.data for level in stored.levels)
        return Page([self._views.of_stored(stored, wanted.warehouse) for stored in page.data], page.next_cursor)

    async def events(self, sku: str, warehouse: str, limit: int, cursor: str) -> Page[StockEvent]:
        """A SKU's history, newest first. Raises Refused (`unknown_sku`), NotReady."""
        page = await self._ledger.stock_events(sku, warehouse, limit, cursor)
        if not page.data and not (await self._ledger.stock(StockFilter(skus=(sku,)), 1, "")).data:
            raise unknown_sku(sku)
        return page
