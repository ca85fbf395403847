"""Notices as the writer makes them."""

from typing import Any

from inventory_service.domain.notices import Named, Notice, Severity, Step
from tests.alerts.office import LI, START_MS


def notice(**changed: Any) -> Notice:
    whole = Notice(
        notice_id="ntc_7",
        step=Step.OPENED,
        alarm="deficit",
        severity=Severity.CRITICAL,
        person=LI,
        total=327,
        ended=0,
        named=[Named(f"TEE-RED-{size} SHA", START_MS, {"deficit": 2}) for size in ("S", "M", "L", "XL", "XXL")],
        since_ms=START_MS,
        written_ms=START_MS + 60_000,
    )
    return whole._replace(**changed)


LONG = notice(named=[Named("S" * 300, START_MS, {"reason": "缺" * 300}) for _ in range(5)])
EVIL = 'A<at user_id="all"></at>\r\nBcc: everybody@example.org\x1b[31m'
HOSTILE = notice(
    named=[Named(EVIL, START_MS, {"reason": EVIL})], total=1, person=LI._replace(name=EVIL), alarm="alarm_of_tomorrow"
)
