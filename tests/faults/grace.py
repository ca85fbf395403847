"""After an outage nobody loses a hold before there was time to come back for it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.checker import Event

GRACE_MS = 60_000
_SETS_DEADLINE = frozenset({"reserve", "extend", "reacquire"})


def check_grace(events: "Sequence[Event]", opened_ms: int) -> list[str]:
    """`opened_ms`: when the gate was last opened behind an outage. Each opening begins an epoch, so only the last
    one's events are looked at.
    """
    armed_ms: dict[str, int] = {}
    findings = []
    for event in events:
        if event.type in _SETS_DEADLINE:
            armed_ms[event.subject] = event.at_ms
        elif event.type == "expire" and event.epoch == events[-1].epoch and opened_ms <= event.at_ms:
            since_ms = event.at_ms - opened_ms
            if armed_ms.get(event.subject, opened_ms) < opened_ms and since_ms < GRACE_MS:
                findings.append(f"early: {event.subject} expired {since_ms} ms after the opening behind an outage")
    return findings
