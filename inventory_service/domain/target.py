"""A destination as the ranking sees it."""

from typing import NamedTuple

from inventory_service.domain.geography import Destination, place, region_of
from inventory_service.domain.provinces import PROVINCES
from inventory_service.domain.regions import country_code

TOLD_DECIMALS = 1  # of degrees, about 11 km: enough to rank warehouses, too little to find a person

Position = tuple[float, float]  # lat, lon

_NAMES = {province.code[:2]: province.name for province in PROVINCES}


class Target(NamedTuple):
    """Where an order goes. "" and None: unknown."""

    country: str = ""  # ISO 3166
    region: str = ""
    name: str = ""
    confidence: str = ""
    position: Position | None = None
    told: Position | None = None  # as coarse as it may be written down: distances to it give away no more


NOWHERE = Target()


def target_of(destination: Destination | None) -> Target:
    """The one place where a resolved destination and its confidence enter the ranking."""
    if destination is None:
        return NOWHERE
    region, position = region_of(destination), place(destination)
    given = destination.lat is not None and destination.lon is not None
    return Target(
        country=country_code(destination.country),
        region=region,
        name=_NAMES.get(region[:2], ""),
        confidence=_confidence(destination) if region or position else "",
        position=position,
        told=_coarse(position) if given else position,
    )


def _confidence(destination: Destination) -> str:
    """What the place was made of."""
    if destination.lat is not None and destination.lon is not None:
        return "coordinates"
    return "region" if destination.region else "province"


def _coarse(position: Position | None) -> Position | None:
    return None if position is None else (round(position[0], TOLD_DECIMALS), round(position[1], TOLD_DECIMALS))
