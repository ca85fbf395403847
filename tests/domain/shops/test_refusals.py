"""When refused calls are a burst, and what ends it."""

from inventory_service.domain.shops.refusals import WITHIN_MS, Refusals, one_more, resumes

NOW_MS = 1_794_355_200_000


def after(*refused: tuple[int, int]) -> Refusals:
    """Refusals of (version, milliseconds later)."""
    found = Refusals()
    for version, later_ms in refused:
        found = one_more(found, version, NOW_MS + later_ms)
    return found


def test_one_is_a_mood_and_two_are_a_burst() -> None:
    assert not after().is_burst
    assert not after((1, 0)).is_burst
    assert after((1, 0), (1, 60_000)).is_burst
    assert after((1, 0), (1, 1), (1, 2), (1, 3)) == Refusals(1, (NOW_MS + 2, NOW_MS + 3))


def test_those_far_apart_are_none() -> None:
    assert after((1, 0), (1, WITHIN_MS)).is_burst
    assert not after((1, 0), (1, WITHIN_MS + 1)).is_burst


def test_a_newer_version_begins_anew() -> None:
    assert not after((1, 0), (2, 1)).is_burst
    assert after((1, 0), (2, 1), (2, 2)).is_burst


def test_a_newer_version_lets_it_go_on() -> None:
    assert [resumes(2, newest) for newest in (0, 1, 2, 3)] == [False, False, False, True]
    assert resumes(0, 1)
