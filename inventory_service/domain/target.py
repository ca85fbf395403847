"""A destination as the ranking sees it."""

from typing import NamedTuple

from inventory_service.domain.geography import Destination, Place, region_of, resolve
from inventory_service.domain.places.countries import WITHIN_CHINA
from inventory_service.domain.regions import country_code

Position = tuple[float, float]  # lat, lon


class Target(NamedTuple):
    """Where an order goes. "", () and None: unknown."""

    countries: tuple[str, ...] = ()  # ISO 3166: where Hong Kong is said to be in China, both
    region: str = ""
    name: str = ""
    confidence: str = ""
    position: Position | None = None


NOWHERE = Target()


def target_of(destination: Destination | None) -> Target:
    """The one place where a resolved destination and its confidence enter the ranking."""
    if destination is None:
        return NOWHERE
    place = resolve(destination)
    if place is None:
        return Target(_countries(destination, None), region_of(destination))
    return Target(
        _countries(destination, place), place.region, place.name, str(place.confidence), (place.lat, place.lon)
    )


def _countries(destination: Destination, place: Place | None) -> tuple[str, ...]:
    """Whose warehouses cross no border. ISO 3166 has codes of its own for units of China that a caller may not mean."""
    said = country_code(destination.country)
    found = place.country if place else ""
    if said not in ("", "CN"):
        return (said,)
    return tuple(dict.fromkeys(code for code in ("CN" if found in WITHIN_CHINA else said, found) if code))
