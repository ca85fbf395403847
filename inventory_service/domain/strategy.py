"""What a strategy is: an order over warehouses that may all ship."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from inventory_service.domain.target import Target
from inventory_service.domain.warehouse import Warehouse

SortKey = tuple[float, ...]


class Candidate(NamedTuple):
    """A warehouse that may ship the order."""

    warehouse: Warehouse
    km: float  # great circle; inf: unknown
    amount: int | None  # freight in minor units of the one currency that is compared; None: no price


def always(_: Target) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Strategy:
    """`order`: sort key of a candidate, the smallest first; ties go by warehouse code. Rules are not its business.

    `needs`: whether it can rank for such a target; if not, `priority` stands in. `most_available_first`: the kernel
    orders anew by what is there of the order's lines, and this order only breaks ties.
    """

    name: str
    order: Callable[[Candidate], SortKey]
    needs: Callable[[Target], bool] = always
    most_available_first: bool = False
