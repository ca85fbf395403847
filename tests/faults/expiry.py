"""No hold expires before its deadline; how late it does."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.checker import Event


def check_expiry(events: "Sequence[Event]") -> tuple[list[str], list[int]]:
    """What expired early, and how late everything else was, in ms of the kernel's clock."""
    expired = [event for event in events if event.type == "expire"]
    late_ms = [event.at_ms - event.deadline_ms for event in expired]
    early = [
        f"{event.subject} expired {-late} ms early" for event, late in zip(expired, late_ms, strict=True) if late < 0
    ]
    return early, late_ms
