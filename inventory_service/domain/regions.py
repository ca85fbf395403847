"""Codes of areas: GB/T 2260 at home (310000, 440300, 31), ISO 3166 elsewhere (SG, US-CA)."""

import re
from functools import lru_cache

from inventory_service.domain.places import countries
from inventory_service.domain.places.units import PROVINCES

EVERYWHERE = "*"
# Of a province-level unit that there is and what may lie in it, or of the form of ISO 3166.
_PROVINCES = "|".join(sorted(province.code[:2] for province in PROVINCES))
REGION_PATTERN = rf"\A(?:(?:{_PROVINCES})(?:[0-9]{{2}}){{0,2}}|[A-Z]{{2}}(?:-[A-Z0-9]{{1,3}})?)\Z"
COUNTRY_PATTERN = r"\A[A-Z]{2}\Z"

_GB_DIGITS = 6
_REGION = re.compile(REGION_PATTERN)


def names_region(code: str) -> bool:
    """Whether `code` can be an area."""
    return _REGION.match(code) is not None


@lru_cache(maxsize=1024)
def country_code(country: str) -> str:
    """ISO 3166 of a code or name; "": not said, or no country's, which does not tell a border from a spelling."""
    found = countries.find(country)
    return found.alpha_2 if found else ""


@lru_cache(maxsize=4096)
def areas_around(region: str) -> tuple[str, ...]:
    """Every code of an area that `region` lies in, itself first, the widest last; "" lies nowhere.

    440305 → 440305, 4403, 440300, 44, 4400, 440000; US-CA → US-CA, US. Pairs of zeros at the end say "all of it".
    """
    if not region:
        return ()
    if not (region.isascii() and region.isdigit() and len(region) % 2 == 0):
        return tuple(dict.fromkeys((region, region.split("-", maxsplit=1)[0])))
    core = same_area(region)
    spelled = [
        core[:digits] + "0" * zeros
        for digits in range(len(core), 0, -2)
        for zeros in range(0, max(1, _GB_DIGITS - digits + 1), 2)
    ]
    return tuple(dict.fromkeys((region, *spelled)))


def same_area(code: str) -> str:
    """One spelling for all that mean the same: 31, 3100 and 310000 → 31."""
    while code.isdigit() and len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code
