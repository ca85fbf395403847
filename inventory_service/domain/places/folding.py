"""Names made alike: case, spaces, accents and apostrophes do not tell one place from another."""

import re
from unicodedata import combining, normalize

_WORDS = re.compile(r"[a-z]+(?:['’`][a-z]+)*")
_IGNORED = re.compile(r"[\W\d_]+")


def folded(name: str) -> str:
    """Letters alone, lower case: "Xi’an " → "xian", "Ürümqi" → "urumqi", " 上海 市" → "上海市"."""
    if name.isascii():
        return _IGNORED.sub("", name).casefold()
    return _IGNORED.sub("", _without_accents(name))


def words(text: str) -> list[str]:
    """The Latin words of a text, folded one by one; numbers are none."""
    return [word.translate(_APOSTROPHES) for word in _WORDS.findall(_without_accents(text))]


def _without_accents(text: str) -> str:
    return "".join(each for each in normalize("NFKD", text) if not combining(each)).casefold()


_APOSTROPHES = str.maketrans("", "", "'’`")
