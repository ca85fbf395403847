"""Countries by their codes of ISO 3166 and their names, from `countries.json`."""

from typing import NamedTuple

from inventory_service.domain.places.folding import folded
from inventory_service.domain.places.units import read_table


class Country(NamedTuple):
    alpha_2: str
    alpha_3: str
    english: str
    chinese: str
    lat: float  # the centre of its people, degrees WGS 84: that is where freight goes
    lon: float
    reach_km: int  # how far from there its places lie


# Whose places are units of China, and which one where it is a single one: ISO 3166 has codes of its own for three.
WITHIN_CHINA = {"CN": "", "HK": "810000", "MO": "820000", "TW": "710000"}
CODES_OF_UNITS = {code[:2]: country for country, code in WITHIN_CHINA.items() if code}

_ALSO = {"uk": "GB", "england": "GB", "prc": "CN", "korea": "KR", "中华人民共和国": "CN", "香港": "HK", "澳门": "MO"}
_COUNTRIES = tuple(Country(*row) for row in read_table("countries.json"))
_BY_CODE = {country.alpha_2: country for country in _COUNTRIES}
_BY_NAME = {
    folded(name): country
    for country in _COUNTRIES
    for name in (country.alpha_2, country.alpha_3, country.english, country.chinese)
    if name
} | {name: _BY_CODE[code] for name, code in _ALSO.items()}
NAME_WORDS_MAX = 5


def find(text: str) -> Country | None:
    """By code of two or three letters, or by name in English or Chinese; None when it is none of these."""
    return (_BY_CODE.get(text) or _BY_NAME.get(folded(text))) if text else None
