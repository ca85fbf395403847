"""The same reservations for every contender: one unit each of a hot SKU, or of many SKUs in three warehouses."""

import json
from collections.abc import Iterator
from itertools import count, islice

from inventory_service.domain.commands import LineRequest, Movement, Reserve, Route, SetPolicy, Shift, Window
from inventory_service.domain.ids import digest, fingerprint

WAREHOUSES = ("SHA", "PEK", "CAN")
ROUTE = Route(WAREHOUSES, (), False, 0)
# Eight cities, each with a calendar and a daily capacity, the last a store, and the text that explains the ranking.
CITIES = ("SHA", "HGH", "PEK", "CAN", "CTU", "WUH", "SIA", "STORE")
_RANKED = [
    {"warehouse": code, "km": 121.5 + 310.25 * rank, "store": code == "STORE"} for rank, code in enumerate(CITIES)
]
_PLACE = {"region": "310000", "name": "上海市", "confidence": "region"}
NETWORK = Route(
    CITIES,
    (),
    False,
    0,
    stores=1,
    windows=tuple(Window(code, (Shift(1, 1, 9), Shift(2**52, 40_000, 10**8))) for code in CITIES),
    basis=json.dumps({"strategy": "nearest", "place": _PLACE, "ranked": _RANKED, "excluded": []}, ensure_ascii=False),
)
_numbers = count()


def stocking(skus: int) -> Iterator[Movement]:
    """Movements that make enough stock of every SKU in every warehouse."""
    for sku in range(skus):
        for warehouse in {*WAREHOUSES, *(CITIES if skus == 1 else ())}:
            name = f"stock-{sku}-{warehouse}-{next(_numbers)}"
            seen = digest("movement", "bench", name)
            yield Movement(
                name, seen, fingerprint({}), "bench", "receive", f"SKU-{sku}", warehouse, 1_000_000, [], False, "", ""
            )


def policy() -> SetPolicy:
    """Of the hot SKU."""
    return SetPolicy("SKU-0", "", 5, 20, "bench", f"policy-{next(_numbers)}", [], [])


def reservations(number: int, skus: int, route: Route = ROUTE, first_sku: int = 0) -> list[Reserve]:
    """`number` reservations of one unit, over `skus` SKUs in turn."""
    made: list[Reserve] = []
    for one in islice(_numbers, number):
        name = f"order-{one}"
        lines = [LineRequest(f"SKU-{first_sku + one % skus}", 1)]
        seen = digest("reservation", name)
        made.append(
            Reserve(
                name, seen, fingerprint({"lines": lines}), "bench", name, 900_000, lines, False, "{}", [], "", route
            )
        )
    return made
