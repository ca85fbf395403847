"""The page of one problem code, and the list of all. Both languages stand on each page, the reader's first."""

import base64
import hashlib
import html
import re
from functools import lru_cache
from pathlib import Path
from string import Template

import msgspec

from inventory_service.web.pages.texts import ChineseWords, Labels, Words, texts
from inventory_service.web.problem_examples import EXAMPLES
from inventory_service.web.problems import KINDS

LANGUAGES = {"en": "en", "zh": "zh-CN"}  # as asked for → as the page declares it

_CODE = re.compile("`([^`]+)`")
_RANGE = re.compile(r"\s*([A-Za-z]+)[A-Za-z0-9-]*\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


_STYLE = _file("problems.css")
_PAGE = Template(_file("problem.html"))
_ARTICLE = Template(_file("problem_article.html"))
_INDEX = Template(_file("problems.html"))
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# No script and nothing from elsewhere: one style, known by its hash.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def preferred_language(accept_language: str) -> str:
    """The one of our languages that the header likes best; English when it names neither."""
    liked = [match for part in accept_language.split(",") if (match := _RANGE.fullmatch(part))]
    qualities = {match[1].lower(): float(match[2] or 1) for match in reversed(liked)}
    ours = [language for language in LANGUAGES if qualities.get(language)]
    return max(ours, key=lambda language: qualities[language], default="en")


@lru_cache(maxsize=128)
def problem_page(code: str, language: str) -> bytes:
    """The page of a code that is in KINDS, in UTF-8."""
    second = _other(language)
    labels = texts().labels[language]
    page = _PAGE.substitute(
        lang=LANGUAGES[language],
        language=language,
        title=f"{html.escape(_title(code, language))} ({code})",
        style=_STYLE,
        index=labels.index,
        switch=_switch(f"/problems/{code}", language),
        first=_article(code, language, 1, f"<h2>{labels.example}</h2>"),
        example=html.escape(msgspec.json.format(msgspec.json.encode(EXAMPLES[code]), indent=2).decode(), quote=False),
        second=_article(code, second, 2, ""),
    )
    return page.encode()


@lru_cache
def problem_index(language: str) -> bytes:
    """All codes by status, in UTF-8."""
    labels = texts().labels[language]
    page = _INDEX.substitute(
        lang=LANGUAGES[language],
        style=_STYLE,
        index=labels.index,
        documentation=labels.documentation,
        intro=_inline(labels.intro),
        switch=_switch("/problems", language),
        rows="\n".join(_row(code, language) for code in KINDS),
    )
    return page.encode()


def _article(code: str, language: str, level: int, example_heading: str) -> str:
    labels, words, kind = texts().labels[language], _words(code, language), KINDS[code]
    return _ARTICLE.substitute(
        lang=LANGUAGES[language],
        h1=level,
        h2=level + 1,
        title=html.escape(_title(code, language)),
        code=code,
        number=kind.status,
        repeat_class="yes" if kind.retryable else "no",
        repeat_fact=labels.repeat_yes if kind.retryable else labels.repeat_no,
        causes="".join(f"\n    <li>{_inline(cause)}</li>" for cause in words.causes) + "\n  ",
        example_heading=example_heading,
        **{part: _inline(getattr(words, part)) for part in ("meaning", "storefront", "operator", "repeat")},
        **_labels(labels),
    )


def _labels(labels: Labels) -> dict[str, str]:
    named = {
        f"{part}_label": getattr(labels, part) for part in ("causes", "action", "storefront", "operator", "repeat")
    }
    return {"status": labels.status, **named}


def _row(code: str, language: str) -> str:
    other = _other(language)
    return (
        f'<li><span class="number">{KINDS[code].status}</span>'
        f'<a href="/problems/{code}?lang={language}"><code>{code}</code></a>'
        f'<span class="titles"><span lang="{LANGUAGES[language]}">{html.escape(_title(code, language))}</span>'
        f'<span class="other" lang="{LANGUAGES[other]}">{html.escape(_title(code, other))}</span></span></li>'
    )


def _switch(path: str, shown: str) -> str:
    return "".join(
        f'<strong lang="{tag}">{texts().labels[language].name}</strong>'
        if language == shown
        else f'<a href="{path}?lang={language}" lang="{tag}" hreflang="{tag}">{texts().labels[language].name}</a>'
        for language, tag in LANGUAGES.items()
    )


def _words(code: str, language: str) -> Words:
    text = texts().problems[code]
    return text.zh if language == "zh" else text.en


def _title(code: str, language: str) -> str:
    words = _words(code, language)
    return words.title if isinstance(words, ChineseWords) else KINDS[code].title


def _other(language: str) -> str:
    return "en" if language == "zh" else "zh"


def _inline(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", html.escape(text, quote=False))
