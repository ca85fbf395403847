"""A place with stock."""

from dataclasses import dataclass
from enum import StrEnum


class WarehouseKind(StrEnum):
    WAREHOUSE = "warehouse"
    STORE = "store"
    IN_TRANSIT = "in_transit"


@dataclass(frozen=True, slots=True)
class Warehouse:
    """`serves` names region codes, None: everywhere. `lat`/`lon` in degrees, WGS 84; None: distance unknown."""

    code: str
    name: str
    kind: WarehouseKind = WarehouseKind.WAREHOUSE
    country: str = "CN"
    region: str = ""
    lat: float | None = None
    lon: float | None = None
    priority: int = 100
    serves: tuple[str, ...] | None = None
    enabled: bool = True

    @property
    def sells(self) -> bool:
        """Whether its stock can be promised: enabled, and not goods on their way."""
        return self.enabled and self.kind is not WarehouseKind.IN_TRANSIT
