"""Distances between calls, rests after failures."""

from inventory_service.channels.pacing import BACK_OFF_MS_MAX, FIRST_BACK_OFF_MS, WAIT_MS_MAX, Pace, back_off_ms


def test_calls_of_one_name_keep_their_distance() -> None:
    pace = Pace(calls_per_second=10)
    assert [pace.wait_ms("list", 0) for _ in range(4)] == [0, 100, 200, 300]
    assert pace.wait_ms("detail", 0) == 0
    assert pace.wait_ms("list", 10_000) == 0


def test_whoever_was_told_to_rest_rests_and_the_others_behind_it() -> None:
    pace = Pace(calls_per_second=10)
    pace.hold("list", 5000)
    assert [pace.wait_ms("list", 1000) for _ in range(2)] == [4000, 4100]
    pace.hold("list", 2000)
    assert pace.wait_ms("list", 1000) == 4200


def test_a_ban_that_nobody_waits_for_takes_no_turn() -> None:
    pace = Pace(calls_per_second=10)
    pace.hold("list", 10 * WAIT_MS_MAX)
    assert [pace.wait_ms("list", 0) for _ in range(2)] == [10 * WAIT_MS_MAX] * 2


def test_rests_double_up_to_a_bound() -> None:
    for attempt in range(1, 40):
        longest = min(BACK_OFF_MS_MAX, FIRST_BACK_OFF_MS * 2 ** (attempt - 1))
        assert longest // 2 <= back_off_ms(attempt) <= longest
