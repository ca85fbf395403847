"""Routes for units that are to leave where they stand."""

import json
from collections.abc import Set as AbstractSet

from inventory_service.domain.commands import Route


def past(route: Route, warehouses: AbstractSet[str]) -> Route:
    """The same route without some of its warehouses; its basis says that they were excluded."""
    ranked = tuple(code for code in route.ranked if code not in warehouses)
    behind = route.ranked[len(route.ranked) - route.stores :] if route.stores else ()
    stores = sum(code not in warehouses for code in behind)
    outside = tuple(code for code in route.out_of_area if code not in warehouses)
    basis = _basis_past(route.basis, warehouses) if route.basis else ""
    return route._replace(ranked=ranked, out_of_area=outside, stores=stores, basis=basis)


def _basis_past(text: str, warehouses: AbstractSet[str]) -> str:
    basis = json.loads(text)
    ranked = basis.get("ranked", [])
    gone = [{"warehouse": row["warehouse"], "reason": "excluded"} for row in ranked if row["warehouse"] in warehouses]
    basis["ranked"] = [row for row in ranked if row["warehouse"] not in warehouses]
    basis["excluded"] = [*basis.get("excluded", []), *gone]
    return json.dumps(basis, ensure_ascii=False, separators=(",", ":"))
