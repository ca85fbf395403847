"""Which warehouses may ship an order at all, whatever the strategy: the rules, and why they leave one out."""

from enum import StrEnum
from typing import NamedTuple

from inventory_service.domain.regions import areas_around, country_code
from inventory_service.domain.strategies import DEFAULT
from inventory_service.domain.target import Target
from inventory_service.domain.warehouse import Warehouse, WarehouseKind


class AllocationWish(NamedTuple):
    """`strategy`: one of `domain.strategies`; no `warehouses`: any but the `excluded`; `max_splits` 0: no bound."""

    strategy: str = DEFAULT
    warehouses: tuple[str, ...] = ()
    max_splits: int = 0
    excluded: tuple[str, ...] = ()


NO_WISH = AllocationWish()


class Exclusion(StrEnum):
    """In the order in which they are looked at: the first that applies is told."""

    DISABLED = "disabled"
    IN_TRANSIT = "in_transit"
    PAUSED = "paused"
    NOT_WANTED = "not_wanted"
    EXCLUDED = "excluded"
    CROSS_BORDER = "cross_border"
    OUT_OF_AREA = "out_of_area"


def exclusion(warehouse: Warehouse, target: Target, wish: AllocationWish) -> Exclusion | None:
    """Why `warehouse` may not ship there, None: it may. What is unknown of the target excludes nothing."""
    if not warehouse.enabled:
        return Exclusion.DISABLED
    if warehouse.kind is WarehouseKind.IN_TRANSIT:
        return Exclusion.IN_TRANSIT
    if warehouse.paused:
        return Exclusion.PAUSED
    if wish.warehouses and warehouse.code not in wish.warehouses:
        return Exclusion.NOT_WANTED
    if warehouse.code in wish.excluded:
        return Exclusion.EXCLUDED
    return _of_area(warehouse, target)


def _of_area(warehouse: Warehouse, target: Target) -> Exclusion | None:
    """`serves` draws lines at home; over a border `cross_border` alone decides."""
    home = country_code(warehouse.country)
    if home and any(country in warehouse.cross_border for country in target.countries if country != home):
        return None
    if home and target.countries and home not in target.countries:
        return Exclusion.CROSS_BORDER
    if warehouse.serves is None or not target.region:
        return None
    served = any(area in warehouse.serves for area in areas_around(target.region))
    return None if served else Exclusion.OUT_OF_AREA
