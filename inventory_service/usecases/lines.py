"""Order lines as the kernel wants them: one per SKU, sorted."""

from collections.abc import Sequence

from inventory_service.domain.commands import LineRequest
from inventory_service.domain.errors import Refused
from inventory_service.domain.stock import QUANTITY_MAX


def summed(sent: Sequence[LineRequest]) -> list[LineRequest]:
    """Lines of one SKU count together. Raises Refused when together they pass the largest quantity."""
    if len(sent) == 1:
        return [sent[0]]
    quantities: dict[str, int] = {}
    for index, line in enumerate(sent):
        quantities[line.sku] = quantities.get(line.sku, 0) + line.quantity
        if quantities[line.sku] > QUANTITY_MAX:
            detail = f"The lines of {line.sku} count together and must not pass {QUANTITY_MAX}."
            raise Refused("validation_failed", detail, f"/lines/{index}/quantity")
    return [LineRequest(sku, quantity) for sku, quantity in sorted(quantities.items())]
