"""The same reservations for every contender: one unit each of a hot SKU, or of many SKUs in three warehouses."""

from collections.abc import Iterator
from itertools import count

from inventory_service.domain.commands import LineRequest, Movement, Reserve, Route
from inventory_service.domain.ids import digest, fingerprint

WAREHOUSES = ("SHA", "PEK", "CAN")
ROUTE = Route(WAREHOUSES, (), False, 0)
_numbers = count()


def stocking(skus: int) -> Iterator[Movement]:
    """Movements that make enough stock of every SKU in every warehouse."""
    for sku in range(skus):
        for warehouse in WAREHOUSES:
            name = f"stock-{sku}-{warehouse}-{next(_numbers)}"
            seen = digest("movement", "bench", name)
            yield Movement(
                name, seen, fingerprint({}), "bench", "receive", f"SKU-{sku}", warehouse, 1_000_000, [], False, "", ""
            )


def reservations(number: int, skus: int) -> list[Reserve]:
    """`number` reservations of one unit, over `skus` SKUs in turn."""
    made: list[Reserve] = []
    for _ in range(number):
        name = f"order-{next(_numbers)}"
        lines = [LineRequest(f"SKU-{len(made) % skus}", 1)]
        seen = digest("reservation", name)
        made.append(
            Reserve(name, seen, fingerprint({"lines": lines}), "bench", name, 900_000, lines, False, "{}", [], ROUTE)
        )
    return made
