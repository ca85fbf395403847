"""The province or city in the text of an address, by the longest names that match.

A Chinese address goes from the large to the small, so the first place in it counts; one in English the other way round.
A name that two cities share (朝阳区) names neither, unless the province is known.
"""

import re
from unicodedata import normalize

from inventory_service.domain.places import countries
from inventory_service.domain.places.countries import Country
from inventory_service.domain.places.folding import words
from inventory_service.domain.places.names import Codes, is_common_word, names
from inventory_service.domain.places.units import WHOLE

CHINESE_MAX = 100  # characters that are read; what stands behind them is a courier's business

_LETTERS = re.compile(r"[^\W\d_]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_COUNTRY = re.compile(r"(?:中华人民共和国|中国)")
_FULL_NAME = re.compile(r"(?:[省市盟区县旗]|..州)$")
_FILLER = re.compile(r"(?:省|自治区|市辖区|县|(?:省|自治区)?直辖(?:县级行政区划|县级行政单位|县|市)?)*")
# 北京东路, 南京大厦, 朝阳区: what goes on like this is no city, but called after one.
_CALLED_AFTER = re.compile(
    r"(?:[东西南北中]?[一二三四五六七八九十]*(?:路|道)|街|大街|大道|弄|巷|胡同|村|镇|乡|区|县|旗|庄|里弄|小区|花园|大厦|宾馆|酒店"
    r"|饭店|广场|公寓|新村|医院|公园|商城)"
)
_CALLED_AFTER_IN_ENGLISH = frozenset({
    "road", "rd", "street", "st", "avenue", "ave", "lane", "ln", "boulevard", "blvd", "highway", "lu", "jie", "dadao",
    "dajie", "district", "qu", "hotel", "tower", "building", "plaza",
})  # fmt: skip
_DIRECTIONS = frozenset({"east", "west", "south", "north", "middle", "central", "dong", "xi", "nan", "bei", "zhong"})
_WORDS_OF_A_NAME_MAX = 4


def find(text: str, within: str = "") -> str | Country | None:
    """The code of the finest unit that an address names, or a foreign country at its end, or None.

    `within`: the first two digits of the province that it is known to be in, "" for none. Then names of that province
    count first, and others only where the text begins with their full name.
    """
    if text.isascii():
        return _in_english(words(text), within)
    found = _in_chinese(normalize("NFKC", text[:CHINESE_MAX]), within) if _CHINESE.search(text) else None
    return found or _in_english(words(text), within)


def _in_chinese(text: str, within: str) -> str | None:
    pieces = _LETTERS.findall(text)
    joined = "".join(pieces)
    starts, position = [], 0
    for piece in pieces:
        starts.append(position)
        if country := _COUNTRY.match(joined, position):
            starts.append(country.end())
        position += len(piece)
    for start in starts:
        if code := _at(joined, start, within):
            return code
    if within:
        return next((code for start in starts if (code := _at(joined, start, "", unmistakable=True))), None)
    return next((code for start in _certain(joined, 0) if (code := _at(joined, start, "", unmistakable=True))), None)


def _certain(text: str, start: int) -> list[int]:
    """Positions where a name may stand that counts wherever it stands."""
    certain = names().unmistakable_starts
    return [position for position in range(start, len(text) - 1) if text[position : position + 2] in certain]


def _at(text: str, start: int, within: str, *, unmistakable: bool = False) -> str | None:
    """The finest unit that is named from `start` on: 广东深圳南山区 → 440300, 广东 → 440000."""
    end, codes = _longest(text, start, within, unmistakable=unmistakable)
    province = next((code for code in codes if code.endswith("0000")), "")
    if len(codes) == 1 and not province:
        return codes[0]
    if not province or (len(codes) > 1 and province[:2] in WHOLE):
        return None
    if province[:2] in WHOLE:
        return province
    inner = province[:2]
    behind = _FILLER.match(text, end)
    for position in (end, behind.end() if behind else end):
        _, below = _longest(text, position, inner)
        cities = [code for code in below if not code.endswith("0000")]
        if len(cities) == 1:
            return cities[0]
    for position in _certain(text, end):
        _, below = _longest(text, position, inner, unmistakable=True)
        if len(below) == 1 and below[0] != province:
            return below[0]
    return province


def _longest(text: str, start: int, within: str, *, unmistakable: bool = False) -> tuple[int, Codes]:
    """Where the longest name at `start` ends and what it may mean, in one province if `within` says so."""
    known = names()
    for length in known.starts.get(text[start : start + 2], ()):
        name = text[start : start + length]
        codes = known.chinese.get(name, ())
        if within:
            codes = tuple(code for code in codes if code.startswith(within))
        if not codes or (unmistakable and name not in known.unmistakable):
            continue
        if not _FULL_NAME.search(name) and _is_called_after(text, start + length, codes):
            continue
        if not within and is_common_word(name) and not _goes_on_within(text, start + length, codes):
            continue
        return start + length, codes
    return start, ()


def _is_called_after(text: str, end: int, codes: Codes) -> bool:
    """北京东路, but not 哈尔滨道里区."""
    return bool(_CALLED_AFTER.match(text, end)) and not _goes_on_within(text, end, codes)


def _goes_on_within(text: str, end: int, codes: Codes) -> bool:
    """Whether the name of something in the same province stands here."""
    known = names()
    return any(
        code.startswith(codes[0][:2])
        for length in known.starts.get(text[end : end + 2], ())
        for code in known.chinese.get(text[end : end + length], ())
    )


def _in_english(latin: list[str], within: str) -> str | Country | None:
    known = names()
    if not within and (country := _country_at_the_end(latin)) and country.alpha_2 != "CN":
        return countries.WITHIN_CHINA.get(country.alpha_2) or country
    best = ""
    for first in range(len(latin) - 1, -1, -1):
        if latin[first] not in known.english_starts:
            continue
        for last in range(min(first + _WORDS_OF_A_NAME_MAX, len(latin)), first, -1):
            codes = known.english.get("".join(latin[first:last]), ())
            if not codes or _is_called_after_in_english(latin, last):
                continue
            inside = [code for code in codes if code.startswith(best[:2] or within)]
            cities = [code for code in inside if not code.endswith("0000")]
            if len(cities) == 1 and (best or len(inside) == 1):
                return cities[0]
            best = best or next((code for code in inside if code.endswith("0000")), "")
            break
    return best or None


def _country_at_the_end(latin: list[str]) -> Country | None:
    """Its name in full: its codes mean too many other things. Inner Mongolia is none."""
    known = names().english
    for count in range(min(countries.NAME_WORDS_MAX, len(latin)), 0, -1):
        name = "".join(latin[-count:])
        if name in known:
            return None
        if len(name) > 3 and (country := countries.find(name)):
            return country
    return None


def _is_called_after_in_english(latin: list[str], end: int) -> bool:
    """Nanjing East Road, Chaoyang District."""
    following = latin[end : end + 2]
    if following and following[0] in _DIRECTIONS:
        following = following[1:]
    return bool(following) and following[0] in _CALLED_AFTER_IN_ENGLISH
