"""Routes for units that are to leave where they stand."""

from collections.abc import Set as AbstractSet

from inventory_service.domain.commands import Route


def past(route: Route, warehouses: AbstractSet[str]) -> Route:
    """The same route without some of its warehouses."""
    ranked = tuple(code for code in route.ranked if code not in warehouses)
    behind = route.ranked[len(route.ranked) - route.stores :] if route.stores else ()
    stores = sum(code not in warehouses for code in behind)
    outside = tuple(code for code in route.out_of_area if code not in warehouses)
    return route._replace(ranked=ranked, out_of_area=outside, stores=stores)
