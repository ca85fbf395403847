"""Where a destination is, and how far one place is from another."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from inventory_service.domain.places import address, countries, datum, names, units
from inventory_service.domain.places.countries import Country
from inventory_service.domain.places.units import Unit

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
COORDINATE_DECIMALS = 1  # about 11 km: enough to rank warehouses, too little to find a person
MARGIN_KM = 50  # what lies so far outside of what is known of a province or country is not a contradiction yet
REGION_LENGTH_MAX = 16


class Confidence(StrEnum):
    """How a place was found, the surest way first."""

    COORDINATES = "coordinates"
    REGION = "region"
    NAMES = "names"
    ADDRESS = "address"
    POSTCODE = "postcode"
    COUNTRY = "country"
    CONFLICTING = "conflicting"  # what was sent contradicts itself: the finest part was believed


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an order goes; every part is optional. `region` is a GB/T 2260 code, `lat`/`lon` degrees in `datum`."""

    country: str = ""
    region: str = ""
    province: str = ""
    city: str = ""
    lat: float | None = None
    lon: float | None = None
    address: str = ""
    postcode: str = ""
    datum: str = ""  # wgs84, which "" stands for too, gcj02 or bd09
    confidence: str = ""  # of a settled destination: how it was found when it was sent


class Place(NamedTuple):
    """What a destination was resolved to."""

    region: str  # GB/T 2260, as fine as it is known, or the caller's own code; "" where nothing names one
    name: str  # of the province or city in Chinese, of another country in English; "" for coordinates alone
    lat: float  # degrees WGS 84, of coordinates as sent COORDINATE_DECIMALS
    lon: float
    confidence: str  # Confidence
    country: str  # ISO 3166 alpha-2; "" for coordinates alone


class _Found(NamedTuple):
    unit: Unit
    confidence: Confidence


class _Told(NamedTuple):
    found: _Found | None
    country: Country | None

    @property
    def is_enough(self) -> bool:
        """Whether nothing finer can be learned: neither from an address, nor of a country that only has a centre."""
        if self.found:
            return self.found.unit.is_finest
        return self.country is not None and self.country.alpha_2 not in countries.WITHIN_CHINA


def great_circle_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Shortest distance over the ground by the haversine formula, which stays exact for small distances."""
    half_lat = radians(lat2 - lat1) / 2
    half_lon = radians(lon2 - lon1) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))


def resolve(destination: Destination) -> Place | None:
    """The place that a destination names, or None when nothing in it names one.

    Of several parts the finest wins, of equally fine ones the surest by the order of `Confidence`. Coordinates say
    where it is and nothing else: region and name come from the other parts. China alone is no place: it says nothing
    about which of its warehouses is near.
    """
    told = _told(destination.country, destination.region, destination.province, destination.city)
    found, country = told if told.is_enough else _guessed(destination, told)
    if destination.lat is not None and destination.lon is not None:
        where = _at_coordinates(destination, found, country)
    elif found:
        unit = found.unit
        region = _finer(destination.region, unit)
        where = Place(region, unit.name, unit.lat, unit.lon, found.confidence, _country_of(unit))
    elif country and country.alpha_2 != "CN":
        where = _abroad(destination, country)
    else:
        return None
    return where._replace(confidence=destination.confidence) if destination.confidence else where


def settled(destination: Destination) -> Destination:
    """What may be kept of a destination, and resolves to the same place: codes and coarse coordinates, no address.

    A route that is ranked from here is found again from the record.
    """
    where = resolve(destination)
    if where is None:
        country = countries.find(destination.country)
        return Destination(country=country.alpha_2 if country else "", region=_code(destination.region))
    given = destination.lat is not None and destination.lon is not None
    return Destination(
        country=_country_said(destination, where),
        region=where.region,
        lat=where.lat if given else None,
        lon=where.lon if given else None,
        confidence=where.confidence,
    )


def _country_said(destination: Destination, where: Place) -> str:
    """Hong Kong said to be in China, or by its name alone, stays in China: whether it is behind a border differs."""
    said = countries.find(destination.country)
    if said:
        return said.alpha_2
    return "CN" if where.country in countries.WITHIN_CHINA else where.country


def place(destination: Destination) -> tuple[float, float] | None:
    """(lat, lon) of a destination: its own coordinates, else those of what it names, else None."""
    found = resolve(destination)
    return (found.lat, found.lon) if found else None


def region_of(destination: Destination) -> str:
    """The destination's region code: the finest that it names, else the caller's own code, "" when unknown."""
    found = resolve(destination)
    return found.region if found else _code(destination.region)


def centre_of_region(region: str) -> tuple[float, float] | None:
    """(lat, lon) of the seat of the city, else province, that a GB/T 2260 code lies in."""
    unit = units.by_code(region)
    return (unit.lat, unit.lon) if unit else None


def region_covers(served: str, region: str) -> bool:
    """Whether `served` is `region` or an area around it: 310000 covers 310115, 440300 covers 440305.

    The pairs of zeros at the end of a GB/T 2260 code say "all of it"; other codes only cover themselves.
    """
    if served == region:
        return True
    if not units.is_code(served):
        return False
    prefix = served
    while len(prefix) > 2 and prefix.endswith("00"):
        prefix = prefix[:-2]
    return region.startswith(prefix)


@lru_cache(4096)  # a sale asks for the same few thousand; streets are not among what is remembered
def _told(country: str, region: str, province: str, city: str) -> _Told:
    """What codes and names say, from the surest to the least sure."""
    abroad = countries.find(country) or (countries.find(region[:2]) if region[2:3] == "-" else None)
    if abroad and abroad.alpha_2 not in countries.WITHIN_CHINA:
        return _Told(None, abroad)
    found = _as_found(units.by_code(region), Confidence.REGION) or _as_found(_named(region), Confidence.NAMES)
    found = _combined(found, _as_found(_named(province, found.unit.prefix if found else ""), Confidence.NAMES))
    within = found.unit.prefix if found else ""
    found = _combined(found, _as_found(_named(city, within, as_city=True), Confidence.NAMES))
    part = countries.WITHIN_CHINA.get(abroad.alpha_2, "") if abroad else ""
    return _Told(_combined(found, _as_found(units.by_code(part), Confidence.COUNTRY)), abroad)


def _guessed(destination: Destination, told: _Told) -> _Told:
    """What the address and the postcode add where codes and names leave something open."""
    found, country = told
    if destination.address:
        code = address.find(destination.address, found.unit.code[:2] if found else "")
        if isinstance(code, str):
            found = _combined(found, _as_found(units.by_code(code), Confidence.ADDRESS))
        elif code and not country:
            return _Told(None, code)
    if destination.postcode and not (found and found.unit.is_finest):
        found = _combined(found, _as_found(units.by_postcode(destination.postcode.strip()), Confidence.POSTCODE))
    return _Told(found, country)


def _as_found(unit: Unit | None, confidence: Confidence) -> _Found | None:
    return _Found(unit, confidence) if unit else None


def _combined(found: _Found | None, other: _Found | None) -> _Found | None:
    """The finer of two; of equals the first, which is surer. `conflicting` unless one lies in the other."""
    if found is None or other is None:
        return found or other
    if found.unit.code.startswith(other.unit.prefix):
        return found
    if other.unit.code.startswith(found.unit.prefix):
        conflicting = found.confidence is Confidence.CONFLICTING
        return other._replace(confidence=Confidence.CONFLICTING) if conflicting else other
    finer = other if other.unit.is_finest and not found.unit.is_finest else found
    return finer._replace(confidence=Confidence.CONFLICTING)


def _named(name: str, within: str = "", *, as_city: bool = False) -> Unit | None:
    """The unit that a name means, one within `within` sooner than others; None if it is nobody's, or several places'.

    吉林 and Hainan are a province and a city in it: as the name of a city the city if its province is known.
    """
    if not name:
        return None
    codes = names.meant_by(name)
    if not codes:
        code = address.find(name, within[:2])
        return units.by_code(code) if isinstance(code, str) else None
    meant = [unit for code in codes if (unit := units.by_code(code))]
    inside = [unit for unit in meant if unit.code.startswith(within)] or meant
    if len(inside) == 1:
        return inside[0]
    cities = [unit for unit in inside if not unit.is_province]
    if as_city and within and len(cities) == 1:
        return cities[0]
    return next((unit for unit in inside if not unit.is_finest), None)


def _at_coordinates(destination: Destination, found: _Found | None, country: Country | None) -> Place:
    assert destination.lat is not None  # noqa: S101 - the caller looked
    assert destination.lon is not None  # noqa: S101
    lat, lon = datum.to_wgs84(destination.datum, destination.lat, destination.lon)
    lat, lon = round(lat, COORDINATE_DECIMALS), round(lon, COORDINATE_DECIMALS)
    if found:
        region, name, code = _finer(destination.region, found.unit), found.unit.name, _country_of(found.unit)
        astray = found.confidence is Confidence.CONFLICTING or _is_astray(lat, lon, units.province_of(found.unit))
    elif country and country.alpha_2 != "CN":
        region, name, code = _region_abroad(destination, country), country.english, country.alpha_2
        astray = _is_astray(lat, lon, country)
    else:
        region, name, code = _code(destination.region), "", country.alpha_2 if country else ""
        astray = country is not None and _is_astray(lat, lon, country)
    return Place(region, name, lat, lon, Confidence.CONFLICTING if astray else Confidence.COORDINATES, code)


def _is_astray(lat: float, lon: float, around: Unit | Country) -> bool:
    return great_circle_km(lat, lon, around.lat, around.lon) > around.reach_km + MARGIN_KM


def _abroad(destination: Destination, country: Country) -> Place:
    region = _region_abroad(destination, country)
    return Place(region, country.english, country.lat, country.lon, Confidence.COUNTRY, country.alpha_2)


def _region_abroad(destination: Destination, country: Country) -> str:
    """The caller's own code or that of ISO 3166-2, else the country's; digits would be taken for a place in China."""
    region = _code(destination.region)
    return country.alpha_2 if not region or units.is_code(region) else region


def _finer(region: str, unit: Unit) -> str:
    """A district's code stays as it was sent: a warehouse may serve that district alone."""
    return region if units.is_code(region) and region.startswith(unit.prefix) else unit.code


def _country_of(unit: Unit) -> str:
    return countries.CODES_OF_UNITS.get(unit.code[:2], "CN")


def _code(region: str) -> str:
    """A region as it was sent, if it is a code and no text that might be somebody's address."""
    return region if len(region) <= REGION_LENGTH_MAX and region.isascii() and " " not in region else ""
