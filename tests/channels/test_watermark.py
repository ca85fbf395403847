"""Up to when orders are known: never past what is safe, never back, without a gap."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.channels.clock import PlatformClock
from inventory_service.usecases.sync.watermark import SECOND_MS, Watermark, Window
from tests.simulators.clock import SimulatedClock

HALF_HOUR_MS = 30 * 60 * 1000
NOW_MS = 1_767_240_000_000

behind = st.integers(0, 3 * 24 * 60 * 60 * 1000)
marks = st.builds(
    Watermark,
    reached_ms=behind.map(lambda ms: NOW_MS - ms),
    overlap_ms=st.integers(0, HALF_HOUR_MS),
    safety_ms=st.integers(0, 10 * 60 * 1000),
)


def test_windows_begin_in_the_overlap_and_end_at_safety() -> None:
    mark = Watermark(NOW_MS - 45 * 60_000, overlap_ms=10 * 60_000, safety_ms=60_000)
    assert list(mark.windows(NOW_MS, HALF_HOUR_MS)) == [
        Window(NOW_MS - 55 * 60_000, NOW_MS - 25 * 60_000),
        Window(NOW_MS - 25 * 60_000, NOW_MS - 60_000),
    ]


def test_a_clock_that_went_back_has_what_is_new_by_it_read() -> None:
    mark = Watermark(NOW_MS, overlap_ms=10 * 60_000, safety_ms=60_000)
    then_ms = NOW_MS - 24 * 60 * 60 * 1000
    window = Window(then_ms - 11 * 60_000, then_ms - 60_000)
    assert list(mark.windows(then_ms, HALF_HOUR_MS)) == [window]
    assert mark.after(window, then_ms) == mark


@given(mark=marks, now_ms=st.integers(NOW_MS, NOW_MS + 10_000))
def test_whatever_it_is(mark: Watermark, now_ms: int) -> None:
    limit_ms = now_ms - mark.safety_ms
    windows = list(mark.windows(now_ms, HALF_HOUR_MS))
    assert all(window.start_ms % SECOND_MS == window.end_ms % SECOND_MS == 0 for window in windows)
    assert all(0 < window.end_ms - window.start_ms <= HALF_HOUR_MS for window in windows)
    assert all(one.end_ms == following.start_ms for one, following in pairwise(windows))
    reached = mark
    for window in windows:
        following = reached.after(window, now_ms)
        assert reached.reached_ms <= following.reached_ms
        assert following.reached_ms <= max(mark.reached_ms, limit_ms, window.end_ms)
        reached = following
    if windows:
        assert windows[0].start_ms <= mark.reached_ms - mark.overlap_ms
        assert limit_ms - SECOND_MS < windows[-1].end_ms <= limit_ms
        assert reached.reached_ms <= max(mark.reached_ms, limit_ms)


def test_it_never_passes_safety_even_for_a_window_that_does() -> None:
    mark = Watermark(NOW_MS - HALF_HOUR_MS, safety_ms=60_000)
    assert mark.after(Window(NOW_MS - HALF_HOUR_MS, NOW_MS), NOW_MS).reached_ms == NOW_MS - 60_000
    assert mark.after(Window(0, 1000), NOW_MS) == mark


@pytest.mark.parametrize("date", ["", "soon", "Thu, 99 Jan 2026 04:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_date_that_is_none_or_absurd_is_not_the_platforms_time(date: str) -> None:
    ours = SimulatedClock()
    clock = PlatformClock(ours)
    clock.hear("Thu, 01 Jan 2026 05:00:00 GMT")
    clock.hear(date)
    assert clock.now_ms() == ours.now_ms() + 60 * 60 * 1000


def test_a_window_is_halved_down_to_a_second() -> None:
    window = Window(0, 5000)
    assert window.halves() == (Window(0, 2000), Window(2000, 5000))
    assert Window(2000, 4000).halves() == (Window(2000, 3000), Window(3000, 4000))
    assert Window(2000, 3000).halves() is None
