"""The order of events agrees with the callers' clocks: what was answered before another call began lies before it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tests.faults.load import Load

if TYPE_CHECKING:
    from tests.faults.checker import Event


def check_order(load: Load, events: "Sequence[Event]") -> list[str]:
    """Real time, over all reserves; linear in their number."""
    lives = {life.subject: life for life in load.lives if life.told_s}
    findings = []
    latest_start = float("-inf")
    for event in events:
        life = lives.get(event.subject) if event.type == "reserve" else None
        if life is not None:
            if life.told_s[0] < latest_start:
                findings.append(f"{life.subject} at {event.seq} lies behind one that began after its answer")
            latest_start = max(latest_start, life.sent_s[0])
    return findings
