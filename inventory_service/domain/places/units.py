"""The 34 province-level and 371 city-level units of China, from `china.json`."""

import json
from pathlib import Path
from typing import Any, NamedTuple

# Municipalities, special administrative regions, Taiwan: below them this table tells nothing apart.
WHOLE = frozenset({"11", "12", "31", "50", "71", "81", "82"})


class Unit(NamedTuple):
    """A province-level or city-level unit; the latter are also the counties that answer to a province directly."""

    code: str  # GB/T 2260, six digits
    name: str
    short: list[str]  # names of every day
    english: list[str]  # the usual name first
    lat: float  # the seat of its government, degrees WGS 84
    lon: float
    reach_km: int  # how far from there a province's places lie; 0: see its province
    postcodes: list[str]  # prefixes: two digits of a province, three or four of a city
    near: str  # "": the point is its own; else the code of the neighbour whose point it borrows
    prefix: str  # what the codes of everything within it begin with
    is_province: bool
    is_finest: bool  # the table knows no unit within it

    @property
    def english_name(self) -> str:
        return self.english[0]


def _unit(code: str, *fields: Any) -> Unit:
    is_province = code.endswith("0000")
    prefix = code[:2] if is_province else code[:4] if code.endswith("00") else code
    derived = (prefix, is_province, not is_province or prefix in WHOLE)
    return Unit(*(code, *fields, *derived))


def read_table(name: str) -> Any:
    """The rows of a table beside this module."""
    return json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))["rows"]


UNITS = tuple(_unit(*row) for row in read_table("china.json"))
PROVINCES = tuple(unit for unit in UNITS if unit.is_province)

_BY_PREFIX = {unit.prefix: unit for unit in UNITS}
_BY_POSTCODE = {prefix: unit for unit in UNITS for prefix in unit.postcodes}


def is_code(region: str) -> bool:
    """Whether it is made like a code of GB/T 2260 or of the statistics built on it: pairs of digits."""
    return region.isascii() and region.isdigit() and len(region) % 2 == 0


def by_code(region: str) -> Unit | None:
    """The finest unit that a code lies in: a district's city, else its province."""
    if not is_code(region):
        return None
    return _BY_PREFIX.get(region[:6]) or _BY_PREFIX.get(region[:4]) or _BY_PREFIX.get(region[:2])


def by_postcode(postcode: str) -> Unit | None:
    """The city of a Chinese postcode where its first digits belong to one alone, else its province."""
    if not (postcode.isascii() and postcode.isdigit() and len(postcode) == 6):
        return None
    return _BY_POSTCODE.get(postcode[:4]) or _BY_POSTCODE.get(postcode[:3]) or _BY_POSTCODE.get(postcode[:2])


def province_of(unit: Unit) -> Unit:
    return _BY_PREFIX[unit.code[:2]]
