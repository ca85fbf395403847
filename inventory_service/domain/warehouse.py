"""A place with stock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from inventory_service.domain.geography import centre_of_region
from inventory_service.domain.regions import EVERYWHERE, areas_around

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


class WarehouseKind(StrEnum):
    WAREHOUSE = "warehouse"
    STORE = "store"
    IN_TRANSIT = "in_transit"


@dataclass(frozen=True, slots=True)
class Outbound:
    """When parcels leave and how many a day. `time_zone` "": no calendar at all, and nothing else may be set.

    `cut_off` "HH:MM", "": midnight; `working_days` 1 (Monday) to 7; `closed_dates` first and last day of each closure.
    """

    time_zone: str = ""
    cut_off: str = ""
    working_days: tuple[int, ...] = EVERY_DAY
    closed_dates: tuple[tuple[date, date], ...] = ()
    daily_capacity: int | None = None  # orders a day


@dataclass(frozen=True, slots=True)
class Freight:
    """What a parcel costs by destination, in minor units of `currency` (ISO 4217)."""

    currency: str
    amounts: Mapping[str, int]  # by region code, or EVERYWHERE

    def amount(self, region: str) -> int | None:
        """Of the narrowest area that holds `region`, else of EVERYWHERE; None: no price. `region` "": unknown."""
        return next(
            (self.amounts[area] for area in (*areas_around(region), EVERYWHERE) if area in self.amounts),
            None,
        )


@dataclass(frozen=True, slots=True)
class Warehouse:
    """`serves` names region codes, None: everywhere. `lat`/`lon` in degrees, WGS 84; None: distance unknown.

    `enabled` False: as if it were not there, its stock is not available. `paused`: its stock is there to be seen and
    counted, and what is promised from it goes on, but it takes no new orders.
    """

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
    paused: bool = False
    cross_border: tuple[str, ...] = ()  # ISO 3166 codes of the countries it ships to besides its own
    outbound: Outbound | None = None
    freight: Freight | None = None

    @property
    def sells(self) -> bool:
        """Whether its stock counts as available: enabled, and not goods on their way."""
        return self.enabled and self.kind is not WarehouseKind.IN_TRANSIT

    @property
    def takes_orders(self) -> bool:
        return self.sells and not self.paused

    @property
    def position(self) -> tuple[float, float] | None:
        """(lat, lon): its own, else the centre of the region that it is in; None: unknown."""
        if self.lat is not None and self.lon is not None:
            return self.lat, self.lon
        return centre_of_region(self.region)
