"""Up to when a shop's orders are known. The platform's clock decides, never ours."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

SECOND_MS = 1000  # platforms filter by whole seconds
OVERLAP_MS = 10 * 60 * SECOND_MS
SAFETY_MS = 60 * SECOND_MS


class Window(NamedTuple):
    """Whole seconds, both ends included: neighbours share one, since platforms do not agree on who owns it."""

    start_ms: int
    end_ms: int

    def halves(self) -> tuple["Window", "Window"] | None:
        """None where it cannot be narrowed any more."""
        middle_ms = (self.start_ms + self.end_ms) // (2 * SECOND_MS) * SECOND_MS
        if middle_ms <= self.start_ms:
            return None
        return Window(self.start_ms, middle_ms), Window(middle_ms, self.end_ms)


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything modified before `reached_ms` has been kept.

    Nothing later than `safety_ms` ago is read by time: what changes while pages are read then leaves the window
    instead of moving within it, and rows that the platform's search shows late are there by then. The last `overlap_ms`
    before `reached_ms` are read again each time.
    """

    reached_ms: int
    overlap_ms: int = OVERLAP_MS
    safety_ms: int = SAFETY_MS

    def windows(self, platform_now_ms: int, span_ms_max: int) -> Iterator[Window]:
        """What is to be read now, oldest first, without a gap.

        A clock that was ahead for a while has left `reached_ms` in the future: until then it is the overlap before now.
        """
        limit_ms = _whole_seconds(platform_now_ms - self.safety_ms)
        start_ms = _whole_seconds(min(self.reached_ms, limit_ms) - self.overlap_ms)
        while start_ms < limit_ms:
            end_ms = min(start_ms + span_ms_max, limit_ms)
            yield Window(start_ms, end_ms)
            start_ms = end_ms

    def after(self, window: Window, platform_now_ms: int) -> Self:
        """Once all of `window` is kept; `platform_now_ms`: before the first of its pages was read."""
        safe_ms = min(window.end_ms, platform_now_ms - self.safety_ms)
        return replace(self, reached_ms=max(self.reached_ms, safe_ms))


def _whole_seconds(time_ms: int) -> int:
    return time_ms // SECOND_MS * SECOND_MS
