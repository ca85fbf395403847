"""What a person reads on a phone."""

from zoneinfo import ZoneInfo

import pytest

from inventory_service.alerts.text import Language, text, title
from inventory_service.alerts.words import ALARMS, FACTS, SEVERITIES, STEPS
from inventory_service.domain.notices import FACTS as FACTS_TOLD
from inventory_service.domain.notices import Severity, Step
from inventory_service.telemetry.alarms import ALARM_RULES
from tests.alerts.written import HOSTILE, LONG, notice

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_it_says_what_where_since_when_who_and_what_to_do() -> None:
    places = "; ".join(f"TEE-RED-{size} SHA (2 promised too much)" for size in ("S", "M", "L", "XL", "XXL"))
    assert text(notice(), "en", SHANGHAI).splitlines() == [
        "[CRITICAL] Alarm: more is promised than is on the shelf (327)",
        f"Where: {places}; and 322 more",
        "Since: 2026-11-07 00:00 CST",
        "Responsible: Li Na",
        "Do: Find the goods, move stock, or release an order: GET /v1/alerts names the orders at risk.",
    ]
    assert text(notice(named=notice().named[:1], total=1), "zh", SHANGHAI).splitlines() == [
        "[严重] 告警: 库存不足以交付已承诺的订单 (1)",
        "位置：TEE-RED-S SHA (超卖 2 件)",
        "开始：2026-11-07 00:00 CST",
        "负责人：Li Na",
        "处理：找到货物、调入库存或释放订单；GET /v1/alerts 列出受影响的订单。",
    ]


def test_it_says_when_it_is_over_and_asks_for_nothing() -> None:
    told = text(notice(step=Step.OVER, total=2, named=notice().named[:2]), "en", SHANGHAI)
    assert told.splitlines()[0] == "[CRITICAL] Alarm is over: more is promised than is on the shelf (2)"
    assert "Since: 2026-11-07 00:00 CST, over by 2026-11-07 00:01 CST" in told
    assert "Do: " not in told
    assert "3 told before are over" in text(notice(step=Step.MORE, ended=3), "en", SHANGHAI)


def test_both_languages_stand_below_each_other() -> None:
    both = text(notice(), "both", SHANGHAI)
    assert both == text(notice(), "zh", SHANGHAI) + "\n\n" + text(notice(), "en", SHANGHAI)


@pytest.mark.parametrize("language", ["en", "zh", "both"])
@pytest.mark.parametrize("bytes_max", [10, 100, 400, 1000, 2048, 4096])
def test_it_fits_and_keeps_what_matters_as_long_as_it_can(language: Language, bytes_max: int) -> None:
    told = text(LONG, language, SHANGHAI, bytes_max)
    assert len(told.encode()) <= bytes_max
    if bytes_max >= 2048:
        assert "Li Na" in told
        assert "327" in told
        assert told.count("SSS") > 0
    assert text(notice(), language, SHANGHAI, 100_000) == text(notice(), language, SHANGHAI)


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_codes_of_callers_stay_words_on_a_line(language: Language) -> None:
    told = text(HOSTILE, language, SHANGHAI)
    assert "<" not in told + title(HOSTILE, language)
    assert [line for line in told.splitlines() if line.startswith("Bcc")] == []
    assert "\x1b" not in told
    assert "alarm of tomorrow" in told  # an alarm that has no words yet


def test_every_alarm_step_severity_and_fact_has_words() -> None:
    assert set(ALARMS) == set(ALARM_RULES)
    assert (set(STEPS), set(SEVERITIES), set(FACTS)) == (set(Step), set(Severity), set(FACTS_TOLD))
