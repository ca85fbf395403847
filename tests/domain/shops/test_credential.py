"""Which version of a credential counts when, and when people hear of its end."""

from dataclasses import replace

import pytest

from inventory_service.domain.shops.credential import (
    DAY_MS,
    Credential,
    State,
    Version,
    live,
    state_of,
    warning_due,
)

NOW_MS = 1_794_355_200_000


def version(number: int, **changes: object) -> Version:
    made = Version(version=number, app_key="key", set_by="desk", set_ms=NOW_MS, renewed_ms=NOW_MS)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_newest_signs_and_the_one_before_verifies_until_its_end() -> None:
    old, new = version(1, valid_until_ms=NOW_MS + 5), version(2)
    assert live([old, new], NOW_MS) == [new, old]
    assert live([old, new], NOW_MS + 4) == [new, old]
    assert live([old, new], NOW_MS + 5) == [new]
    assert [state_of(each, [old, new], NOW_MS) for each in (old, new)] == [State.PREVIOUS, State.CURRENT]
    assert state_of(old, [old, new], NOW_MS + 5) is State.RETIRED


def test_what_is_retired_opens_nothing_and_never_more_than_two_do() -> None:
    gone = version(3, retired_ms=NOW_MS - 1)
    assert live([gone], NOW_MS) == []
    assert state_of(gone, [gone], NOW_MS) is State.RETIRED
    many = [version(number, valid_until_ms=NOW_MS + 5) for number in (1, 2)] + [version(4), gone]
    assert [each.version for each in live(many, NOW_MS)] == [4, 2]
    assert state_of(many[0], many, NOW_MS) is State.RETIRED


def test_secrets_stay_out_of_representations() -> None:
    secret = Credential(version=1, app_key="key", app_secret="s-1", access_token="s-2", refresh_token="s-3")
    assert "s-" not in repr(secret)
    assert secret.secrets == ("s-1", "s-2", "s-3")
    assert Credential(version=1, app_key="key", app_secret="s-1").secrets == ("s-1",)


@pytest.mark.parametrize(
    ("days_left", "told", "due"),
    [
        (31, None, None), (30, None, 30), (29, 30, None), (7.1, 30, None), (7, 30, 7), (6, None, 7), (2, 7, None),
        (1, 7, 1), (1, 1, None), (-5, 7, 1), (-5, 1, None),
    ],
)  # fmt: skip
def test_an_end_is_told_thirty_seven_and_one_day_before(days_left: float, told: int | None, due: int | None) -> None:
    ends_ms = NOW_MS + int(days_left * DAY_MS)
    long_since = version(1, expires_ms=ends_ms, warned_days=told, renewed_ms=NOW_MS - 400 * DAY_MS)
    assert warning_due(long_since, NOW_MS) == due


def test_what_has_no_end_or_is_renewed_by_a_call_is_not_told() -> None:
    assert warning_due(version(1), NOW_MS) is None
    renews = version(1, expires_ms=NOW_MS + 1, renews=True, renewed_ms=NOW_MS - 90 * DAY_MS)
    assert warning_due(renews, NOW_MS) is None
    assert warning_due(replace(renews, renewable_until_ms=NOW_MS + 6 * DAY_MS), NOW_MS) == 7


def test_a_token_of_two_weeks_is_not_told_of_thirty_days() -> None:
    fresh = version(1, renews=True, renewable_until_ms=NOW_MS + 14 * DAY_MS)
    assert warning_due(fresh, NOW_MS) is None
    assert warning_due(fresh, NOW_MS + 7 * DAY_MS) == 7
    assert warning_due(version(1, expires_ms=NOW_MS + DAY_MS), NOW_MS) is None
