"""Which warehouses may ship an order, best first."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf
from types import MappingProxyType

from inventory_service.domain.basis import basis
from inventory_service.domain.commands import Route, Window
from inventory_service.domain.eligibility import AllocationWish, Exclusion, exclusion
from inventory_service.domain.geography import Destination, great_circle_km
from inventory_service.domain.strategies import FALLBACK, STRATEGIES
from inventory_service.domain.strategy import Candidate
from inventory_service.domain.target import Target, target_of
from inventory_service.domain.warehouse import Warehouse, WarehouseKind

_NO_WINDOWS: Mapping[str, Window] = MappingProxyType({})
_UNSERVED = (Exclusion.CROSS_BORDER, Exclusion.OUT_OF_AREA)


def route(
    warehouses: Mapping[str, Warehouse],
    destination: Destination | None,
    wish: AllocationWish,
    windows: Mapping[str, Window] = _NO_WINDOWS,
) -> Route:
    """Rank the warehouses that may ship to `destination`, stores behind all others.

    The wish's `warehouses` limit the candidates (empty: all) but do not order them; codes that are not in `warehouses`
    are passed over. It depends on nothing but the arguments: same ones, same route.
    """
    target = target_of(destination)
    excluded = {code: why for code in sorted(warehouses) if (why := exclusion(warehouses[code], target, wish))}
    asked = STRATEGIES.get(wish.strategy)  # one that is gone may still stand in a reservation's record
    strategy = asked if asked and asked.needs(target) else STRATEGIES[FALLBACK]
    able = [warehouse for code, warehouse in warehouses.items() if code not in excluded]
    candidates = sorted(_candidates(able, target), key=lambda each: (strategy.order(each), each.warehouse.code))
    stores = [candidate for candidate in candidates if candidate.warehouse.kind is WarehouseKind.STORE]
    ranked = [candidate for candidate in candidates if candidate.warehouse.kind is not WarehouseKind.STORE] + stores
    codes = tuple(candidate.warehouse.code for candidate in ranked)
    return Route(
        ranked=codes,
        out_of_area=tuple(code for code, why in excluded.items() if why in _UNSERVED),
        balance=strategy.most_available_first,
        max_splits=wish.max_splits,
        stores=len(stores),
        windows=tuple(windows[code] for code in codes if code in windows),
        basis=basis(wish.strategy, "" if strategy is asked else FALLBACK, target, ranked, excluded),
        not_selling=tuple(code for code, warehouse in warehouses.items() if not warehouse.sells),
    )


def _candidates(warehouses: Sequence[Warehouse], target: Target) -> list[Candidate]:
    currency = _currency(warehouses)
    return [
        Candidate(
            warehouse,
            _distance_km(warehouse, target.position),
            warehouse.freight.amount(target.region)
            if warehouse.freight and warehouse.freight.currency == currency
            else None,
        )
        for warehouse in warehouses
    ]


def _currency(warehouses: Sequence[Warehouse]) -> str:
    """The one that most of them state prices in: amounts of another one cannot be compared with these."""
    times = Counter(warehouse.freight.currency for warehouse in warehouses if warehouse.freight)
    return min(times, key=lambda currency: (-times[currency], currency)) if times else ""


def _distance_km(warehouse: Warehouse, position: tuple[float, float] | None) -> float:
    """Infinite where either end is unknown: such warehouses come last, or without a target are all alike."""
    if position is None or (at := warehouse.position) is None:
        return inf
    return great_circle_km(*position, *at)
