"""Which units a name may mean: provinces, cities, and counties, which stand for the city that they are in."""

from functools import cache
from typing import NamedTuple

from inventory_service.domain.places.folding import folded, words
from inventory_service.domain.places.units import UNITS, read_table

Codes = tuple[str, ...]

# Too much else is called so: an address that begins with one of them alone means a street, a house or a hotel.
_COMMON_WORDS = frozenset({"东方", "新星", "白杨", "双河", "北屯", "昆玉", "兴安", "海西", "海北"})
_ENGLISH_KINDS = (
    *("autonomousprefecture", "autonomousregion", "prefecture", "municipality", "province", "league", "county", "city"),
    *("sheng", "shi"),
)


class Names(NamedTuple):
    chinese: dict[str, Codes]
    unmistakable: frozenset[
        str
    ]  # full names of provinces and cities, county-level ones included: true wherever they stand
    starts: dict[str, tuple[int, ...]]  # first two characters → lengths of the names that begin so, longest first
    unmistakable_starts: frozenset[str]  # the first two characters of those
    english: dict[str, Codes]  # folded
    english_starts: frozenset[str]  # the first words of those


@cache
def names() -> Names:
    """Built at the first address, in about 10 ms; until then codes are all that is needed."""
    chinese: dict[str, Codes] = {}
    for unit in UNITS:
        for name in (unit.name, *unit.short):
            _add(chinese, name, unit.code)
    unmistakable = {unit.name for unit in UNITS} | {name for name in chinese if name.endswith(("省", "市"))}
    units = frozenset(chinese)
    for city, text in read_table("counties.json").items():
        for county in text.split():
            _add(chinese, county, city)
            short = county[:-1]
            if county[-1] in "市县" and len(short) > 1 and short not in units:
                _add(chinese, short, city)
            if county.endswith("新区"):
                _add(chinese, county[:-2], city)
            if county.endswith("市"):
                unmistakable.add(county)
    english: dict[str, Codes] = {}
    english_starts = set()
    for unit in UNITS:
        for name in unit.english:
            _add(english, folded(name), unit.code)
            english_starts.add(words(name)[0])
    lengths: dict[str, set[int]] = {}
    for name in chinese:
        lengths.setdefault(name[:2], set()).add(len(name))
    starts = {start: tuple(sorted(each, reverse=True)) for start, each in lengths.items()}
    certain = frozenset(unmistakable)
    return Names(chinese, certain, starts, frozenset(name[:2] for name in certain), english, frozenset(english_starts))


def meant_by(name: str) -> Codes:
    """Codes of the provinces and cities that a name alone may mean, in either language, with or without its kind."""
    known = names()
    if codes := known.chinese.get(name):
        return codes
    key = folded(name)
    return known.chinese.get(key) or _meant_in_english(key)


def _meant_in_english(key: str) -> Codes:
    """Of a folded name: shenzhen, shenzhencity, guangdongprovince."""
    english = names().english
    if codes := english.get(key):
        return codes
    for kind in _ENGLISH_KINDS:
        if key.endswith(kind) and (codes := english.get(key.removesuffix(kind))):
            cities = tuple(code for code in codes if not code.endswith("0000"))
            return cities if kind in {"city", "shi"} and cities else codes
    return ()


def is_common_word(name: str) -> bool:
    """Districts of two characters included: 东区 is a part of many an estate."""
    return name in _COMMON_WORDS or (len(name) == 2 and name[-1] in "区县")


def _add(table: dict[str, Codes], name: str, code: str) -> None:
    known = table.get(name, ())
    if code not in known:
        table[name] = (*known, code)
