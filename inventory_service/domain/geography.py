"""Where a destination is, and how far one place is from another."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from inventory_service.domain.provinces import PROVINCES, Province

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG

# Longest first: "壮族自治区" must go before "自治区" does.
_NAME_SUFFIXES = ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an order goes; every part is optional. `region` is a GB/T 2260 code, `lat`/`lon` degrees WGS 84."""

    country: str = ""
    region: str = ""
    province: str = ""
    city: str = ""
    lat: float | None = None
    lon: float | None = None


def great_circle_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Shortest distance over the ground by the haversine formula, which stays exact for small distances."""
    half_lat = radians(lat2 - lat1) / 2
    half_lon = radians(lon2 - lon1) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))


def place(destination: Destination) -> tuple[float, float] | None:
    """(lat, lon) of a destination: its own coordinates, else the centre of its province-level unit, else None.

    Given coordinates win because they are the finer answer. Prefecture and county names are not looked up yet:
    whoever adds them does it in `_province_of`, the one place where a name becomes a place.
    """
    if destination.lat is not None and destination.lon is not None:
        return destination.lat, destination.lon
    province = _province_of(destination)
    return (province.lat, province.lon) if province else None


def region_of(destination: Destination) -> str:
    """The destination's region code: as given, else of the province-level unit it names, "" when unknown."""
    if destination.region:
        return destination.region
    province = _province_of(destination)
    return province.code if province else ""


def centre_of_region(region: str) -> tuple[float, float] | None:
    """(lat, lon) of the capital of the province-level unit that a GB/T 2260 code lies in."""
    province = _BY_PREFIX.get(region[:2]) if _is_code(region) else None
    return (province.lat, province.lon) if province else None


def region_covers(served: str, region: str) -> bool:
    """Whether `served` is `region` or an area around it: 310000 covers 310115, 440300 covers 440305.

    The pairs of zeros at the end of a GB/T 2260 code say "all of it"; other codes only cover themselves.
    """
    if served == region:
        return True
    if not _is_code(served):
        return False
    prefix = served
    while len(prefix) > 2 and prefix.endswith("00"):
        prefix = prefix[:-2]
    return region.startswith(prefix)


def _province_of(destination: Destination) -> Province | None:
    if destination.country.upper() not in ("", "CN"):
        return None
    if _is_code(destination.region) and (province := _BY_PREFIX.get(destination.region[:2])):
        return province
    return _BY_NAME.get(_plain_name(destination.province)) or _BY_NAME.get(_plain_name(destination.city))


def _is_code(region: str) -> bool:
    return region.isascii() and region.isdigit() and len(region) % 2 == 0


def _plain_name(name: str) -> str:
    """A name without its administrative suffix, spaces or case: 上海市 → 上海, "Hong Kong" → "hongkong"."""
    name = name.strip()
    for suffix in _NAME_SUFFIXES:
        if len(name) > len(suffix) + 1 and name.endswith(suffix):
            return name.removesuffix(suffix)
    return "".join(name.split()).casefold()


_BY_PREFIX = {province.code[:2]: province for province in PROVINCES}
_BY_NAME = {_plain_name(name): province for province in PROVINCES for name in (province.name, province.english_name)}
