"""Which warehouses may ship an order, best first."""

from collections.abc import Callable, Mapping
from math import inf

from inventory_service.domain.commands import Route
from inventory_service.domain.geography import (
    Destination,
    centre_of_region,
    great_circle_km,
    place,
    region_covers,
    region_of,
)
from inventory_service.domain.warehouse import Warehouse

NEAREST = "nearest"
PRIORITY = "priority"
BALANCE = "balance"


def route(
    warehouses: Mapping[str, Warehouse],
    destination: Destination | None,
    strategy: str,
    wanted: tuple[str, ...],
    max_splits: int,
) -> Route:
    """Rank the enabled warehouses that serve `destination`; the others that sell are named as out of area.

    `wanted` limits the candidates (empty: all) but does not order them; codes that are not in `warehouses` are
    passed over. `max_splits` 0: no bound. The ranking depends on nothing but the arguments: same ones, same route.
    """
    candidates = [
        warehouse for code, warehouse in warehouses.items() if warehouse.sells and (not wanted or code in wanted)
    ]
    candidates.sort(key=_order(strategy, place(destination) if destination else None))
    region = region_of(destination) if destination else ""
    return Route(
        ranked=tuple(warehouse.code for warehouse in candidates if _serves(warehouse, region)),
        out_of_area=tuple(warehouse.code for warehouse in candidates if not _serves(warehouse, region)),
        balance=strategy == BALANCE,
        max_splits=max_splits,
    )


def _serves(warehouse: Warehouse, region: str) -> bool:
    if warehouse.serves is None or not region:
        return True
    return any(region_covers(served, region) for served in warehouse.serves)


def _order(strategy: str, target: tuple[float, float] | None) -> Callable[[Warehouse], tuple[float, float, str]]:
    """Sort key: distance, priority, code; with the strategy `priority` the first two change places."""

    def nearest(warehouse: Warehouse) -> tuple[float, float, str]:
        return _distance_km(warehouse, target), warehouse.priority, warehouse.code

    def by_priority(warehouse: Warehouse) -> tuple[float, float, str]:
        return warehouse.priority, _distance_km(warehouse, target), warehouse.code

    return by_priority if strategy == PRIORITY else nearest


def _distance_km(warehouse: Warehouse, target: tuple[float, float] | None) -> float:
    """Infinite where either end is unknown: such warehouses come last, or without a target are all alike."""
    if target is None:
        return inf
    if warehouse.lat is not None and warehouse.lon is not None:
        return great_circle_km(*target, warehouse.lat, warehouse.lon)
    centre = centre_of_region(warehouse.region)
    return great_circle_km(*target, *centre) if centre else inf
