"""What the pages of the problem codes say: `problems.toml`, read once."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

Line = Annotated[str, Meta(min_length=1)]


class Words(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One problem code in one language; `backticks` mark code."""

    meaning: Line
    causes: Annotated[list[Line], Meta(min_length=1)]
    storefront: Line
    operator: Line
    repeat: Line


class ChineseWords(Words, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The English title is that of the problem body itself."""

    title: Line


class ProblemText(Struct, forbid_unknown_fields=True, frozen=True):
    en: Words
    zh: ChineseWords


class Labels(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What all pages say in one language."""

    name: Line
    index: Line
    intro: Line
    status: Line
    repeat_yes: Line
    repeat_no: Line
    causes: Line
    action: Line
    storefront: Line
    operator: Line
    repeat: Line
    example: Line
    documentation: Line


class Texts(Struct, forbid_unknown_fields=True, frozen=True):
    labels: dict[str, Labels]  # by language
    problems: dict[str, ProblemText]  # by code


@lru_cache
def texts() -> Texts:
    """Raises msgspec.ValidationError where a part is missing or misspelt."""
    source = Path(__file__).with_name("problems.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(source), Texts)
