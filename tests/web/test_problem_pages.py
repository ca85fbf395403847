"""The pages of the problem codes: both languages whole, the reader's first, nothing from elsewhere."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import msgspec
import pytest

from inventory_service.web.pages import problems
from inventory_service.web.pages.texts import texts
from inventory_service.web.problem_examples import EXAMPLES
from inventory_service.web.problems import KINDS
from tests.web.running import Web

HAN = re.compile(r"[一-鿿]")
VOID = {"meta", "link", "hr", "br"}


class Page(HTMLParser):
    """Text by language, titles, links; an element that is never closed, or closed twice, is an error."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.texts: dict[str, str] = {}
        self.feed(source)
        self.close()
        assert [name for name, _ in self.open] == ["html"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given["href"] or "")
        if tag not in VOID:
            self.open.append((tag, given.get("lang") or (self.open[-1][1] if self.open else "")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, tag

    def handle_data(self, data: str) -> None:
        tag, language = self.open[-1] if self.open else ("", "")
        if tag not in {"style", "title"}:
            self.texts[language] = self.texts.get(language, "") + data


def test_every_code_has_its_texts_and_nothing_else_has() -> None:
    assert sorted(texts().problems) == sorted(KINDS)
    assert sorted(texts().labels) == sorted(problems.LANGUAGES)


@pytest.mark.parametrize("code", KINDS)
def test_each_language_is_that_language(code: str) -> None:
    text = texts().problems[code]
    for words in (text.en, text.zh):
        parts = [words.meaning, *words.causes, words.storefront, words.operator, words.repeat]
        assert all(bool(HAN.search(part)) is (words is text.zh) for part in parts), parts
        assert all(part.count("`") % 2 == 0 for part in parts), parts
    assert len(text.en.causes) == len(text.zh.causes)
    assert HAN.search(text.zh.title) or text.zh.title.isascii()


@pytest.mark.parametrize("code", KINDS)
def test_what_the_body_calls_retryable_the_page_recommends(code: str) -> None:
    text = texts().problems[code]
    if KINDS[code].retryable:
        assert text.en.repeat.startswith("Yes")
        assert text.zh.repeat.startswith("有用")
    else:
        assert text.en.repeat.startswith(("No", "Only", "Do not")) or ", once " in text.en.repeat


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("code", KINDS)
async def test_a_page_has_both_languages_whole(web: Web, code: str, language: str) -> None:
    answer = await web.get(f"/problems/{code}?lang={language}", key=None)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    source = answer.raw.decode()
    page = Page(source)
    assert source.startswith(f'<!doctype html>\n<html lang="{problems.LANGUAGES[language]}">')
    assert f"({code})</title>" in source
    text = texts().problems[code]
    for tag, words, title in (("en", text.en, KINDS[code].title), ("zh-CN", text.zh, text.zh.title)):
        for part in (title, words.meaning, *words.causes, words.storefront, words.operator, words.repeat):
            assert part.replace("`", "") in page.texts[tag], (tag, part)
    assert msgspec.json.decode(source_of_example(page, language)) == msgspec.to_builtins(EXAMPLES[code])


def source_of_example(page: Page, language: str) -> str:
    text = page.texts[problems.LANGUAGES[language]]
    return text[text.index("{\n") : text.rindex("\n}") + 2]


@pytest.mark.parametrize("path", ["/problems", "/problems/not_held", "/docs"])
async def test_a_page_runs_and_loads_nothing_but_its_own(web: Web, path: str) -> None:
    answer = await web.get(path, key=None)
    source = answer.raw.decode()
    policy = answer.headers["Content-Security-Policy"]
    assert not re.search(r"https?://", source)
    assert "script-src 'unsafe-inline'" not in policy
    # Swagger UI sets styles on its elements, which no hash can name.
    inlines = "script" if path == "/docs" else "script|style"
    for inline in re.findall(rf"<(?:{inlines})>(.+?)</", source, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    if path != "/docs":
        assert "<script" not in source
        assert "default-src 'none'" in policy


async def test_the_index_leads_to_every_page(web: Web) -> None:
    page = Page((await web.get("/problems?lang=zh", key=None)).raw.decode())
    assert [link for link in page.links if link.startswith("/problems/")] == [
        f"/problems/{code}?lang=zh" for code in KINDS
    ]
    for link in page.links:
        assert (await web.get(link, key=None)).status == 200, link


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"), ("de,fr;q=0.8", "en"), ("*", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("fr, zh-Hans-CN;q=0.1", "zh"), ("en;q=0, zh;q=0.5", "zh"), ("zh;q=0.5,en", "en"), ("ZH", "zh"),
        ("zh;q=nonsense,;;,en;q=0.1", "en"), ("zh;q=0.8,zh-TW;q=0.1,en;q=0.5", "zh"), ("\x00" * 100, "en"),
    ],
)  # fmt: skip
def test_the_readers_language_comes_first(accepted: str, language: str) -> None:
    assert problems.preferred_language(accepted) == language


async def test_the_header_decides_and_the_query_decides_before_it(web: Web) -> None:
    chinese = {"Accept-Language": "zh-CN"}
    answer = await web.get("/problems/not_held", key=None, headers=chinese)
    assert b'<html lang="zh-CN">' in answer.raw
    assert answer.headers["Vary"] == "Accept-Language"
    assert b'<html lang="en">' in (await web.get("/problems/not_held?lang=en", key=None, headers=chinese)).raw
    (await web.get("/problems/not_held?lang=fr", key=None)).problem("validation_failed", "/lang")
