"""A notice as text for a phone: what, where, since when, who is responsible, what to do. Fitted to a sink's size."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Literal

from inventory_service.alerts.words import FACTS, SEVERITIES, STEPS, Said, alarm_words
from inventory_service.domain.notices import Named, Notice, Step

Language = Literal["en", "zh", "both"]

_WIDTHS = (150, 60)  # of the one alarm that is still named
_LABELS = {
    "where": Said("Where: ", "位置："),
    "since": Said("Since: ", "开始："),
    "until": Said(", over by ", "，恢复："),
    "person": Said("Responsible: ", "负责人："),
    "mend": Said("Do: ", "处理："),
    "more": Said("and {} more", "等共 {} 处"),
    "ended": Said("{} told before are over", "此前 {} 条已解除"),
    "test": Said("This is a test: nobody has to do anything.", "这是测试消息，无需处理。"),
}
_NO_MARKUP = str.maketrans("<>", "‹›")  # of chat robots: `<at user_id="all">` in a SKU would call everybody


def title(notice: Notice, language: Language) -> str:
    return " / ".join(_title(notice, pick) for pick in _picks(language))


def text(notice: Notice, language: Language, zone: tzinfo, bytes_max: int | None = None) -> str:
    """All of it; where `bytes_max` (of UTF-8) is less, fewer alarms are named, and with fewer words."""
    told = ""
    for named in _shorter_and_shorter(notice.named):
        fitted = notice._replace(named=named)
        told = "\n\n".join("\n".join(_lines(fitted, pick, zone)) for pick in _picks(language))
        if bytes_max is None or len(told.encode()) <= bytes_max:
            return told
    return told.encode()[: max(0, (bytes_max or 0) - len("…".encode()))].decode(errors="ignore") + "…"


def _shorter_and_shorter(named: Sequence[Named]) -> Iterator[Sequence[Named]]:
    for shown in range(len(named), 0, -1):
        yield named[:shown]
    for width in _WIDTHS:
        yield [_narrowed(each, width) for each in named[:1]]
    yield []


def _narrowed(each: Named, width: int) -> Named:
    facts = {name: fact if isinstance(fact, int) else fact[:width] for name, fact in each.facts.items()}
    return Named(each.where[:width], each.since_ms, facts)


Pick = Callable[[Said], str]


def _picks(language: Language) -> list[Pick]:
    picks: dict[str, list[Pick]] = {"en": [_en], "zh": [_zh], "both": [_zh, _en]}
    return picks[language]


def _en(said: Said) -> str:
    return said.en


def _zh(said: Said) -> str:
    return said.zh


def _title(notice: Notice, pick: Pick) -> str:
    head = f"[{pick(SEVERITIES[notice.severity])}] {pick(STEPS[notice.step])}"
    if notice.step == Step.TEST:
        return head
    return f"{head}: {pick(alarm_words(notice.alarm).title)} ({notice.total})"


def _lines(notice: Notice, pick: Pick, zone: tzinfo) -> Iterator[str]:
    yield _title(notice, pick)
    if notice.step == Step.TEST:
        yield pick(_LABELS["test"])
        return
    if where := _where(notice, pick):
        yield pick(_LABELS["where"]) + where
    until = f"{pick(_LABELS['until'])}{_time(notice.written_ms, zone)}" if notice.step == Step.OVER else ""
    yield pick(_LABELS["since"]) + _time(notice.since_ms, zone) + until
    if notice.ended:
        yield pick(_LABELS["ended"]).format(notice.ended)
    yield pick(_LABELS["person"]) + plain(notice.person.name)
    if notice.step != Step.OVER:
        yield pick(_LABELS["mend"]) + pick(alarm_words(notice.alarm).mend)


def _where(notice: Notice, pick: Pick) -> str:
    places = [_place(each, pick) for each in notice.named]
    rest = notice.total - len(places)
    if rest > 0:
        places.append(pick(_LABELS["more"]).format(rest if pick is _en else notice.total))
    return "; ".join(places)


def _place(each: Named, pick: Pick) -> str:
    facts = ", ".join(pick(FACTS[name]).format(fact) for name, fact in each.facts.items() if name in FACTS)
    return plain(f"{each.where} ({facts})" if facts else each.where)


def _time(time_ms: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(time_ms // 1000, zone).strftime("%Y-%m-%d %H:%M %Z")


def plain(words: str) -> str:
    """Text of callers on one line, without anything that a chat or a mail header would obey."""
    kept = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} else c for c in words)
    return kept.translate(_NO_MARKUP)
