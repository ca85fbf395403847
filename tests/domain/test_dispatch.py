"""A warehouse's calendar, by example on the days when clocks change, and against the wall clock elsewhere."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.domain.commands import CLOSED, UNBOUNDED, Shift, Window
from inventory_service.domain.dispatch import AHEAD_MS, BEFORE_MS, HOUR_MS, shifts, windows
from inventory_service.domain.warehouse import EVERY_DAY, Outbound, Warehouse

ZONES = (
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Africa/Cairo", "America/Santiago", "Australia/Lord_Howe",
    "Pacific/Kiritimati", "Asia/Kathmandu", "UTC",
)  # fmt: skip
NEW_YEAR = (date(2027, 2, 6), date(2027, 2, 12))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * 1000


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def around(outbound: Outbound, text: str, hours: int = 26) -> tuple[Shift, ...]:
    return shifts(outbound, ms(text), ms(text) + hours * HOUR_MS)


def test_until_the_cut_off_it_leaves_today_then_tomorrow() -> None:
    outbound = Outbound("Asia/Shanghai", "16:00", daily_capacity=50)
    today = Shift(ms("2027-03-03T16:00+08:00"), day("2027-03-03"), 50)
    tomorrow = Shift(ms("2027-03-04T16:00+08:00"), day("2027-03-04"), 50)
    assert around(outbound, "2027-03-03T15:59+08:00")[:2] == (today, tomorrow)
    assert around(outbound, "2027-03-03T16:00+08:00")[0] == tomorrow


def test_without_a_cut_off_a_day_lasts_until_midnight() -> None:
    (tonight, *_) = around(Outbound("Asia/Shanghai", daily_capacity=1), "2027-03-03T23:59+08:00")
    assert tonight == Shift(ms("2027-03-04T00:00+08:00"), day("2027-03-03"), 1)


def test_a_weekday_off_moves_the_day() -> None:
    weekdays = Outbound("Asia/Shanghai", "16:00", working_days=(1, 2, 3, 4, 5), daily_capacity=9)
    friday, monday, tuesday = (
        Shift(ms(f"2027-03-{number:02d}T16:00+08:00"), day(f"2027-03-{number:02d}"), 9) for number in (5, 8, 9)
    )
    assert around(weekdays, "2027-03-05T10:00+08:00", 24 * 4) == (friday, monday, tuesday)
    assert around(weekdays, "2027-03-06T10:00+08:00")[0] == monday


def test_a_closed_date_takes_nothing_until_its_cut_off() -> None:
    festival = Outbound("Asia/Shanghai", "16:00", closed_dates=(NEW_YEAR,))
    found = around(festival, "2027-02-05T15:00+08:00", 24 * 9)
    assert found[:3] == (
        Shift(ms("2027-02-05T16:00+08:00"), day("2027-02-05"), UNBOUNDED),
        Shift(ms("2027-02-12T16:00+08:00"), CLOSED, UNBOUNDED),  # all of it as one
        Shift(ms("2027-02-13T16:00+08:00"), day("2027-02-13"), UNBOUNDED),
    )


def test_a_closed_date_that_is_no_working_day_closes_nothing() -> None:
    outbound = Outbound("Asia/Shanghai", "16:00", (1, 2, 3, 4, 5), ((date(2027, 3, 6), date(2027, 3, 7)),))
    assert [shift.day for shift in around(outbound, "2027-03-05T10:00+08:00", 72)] == [
        day("2027-03-05"),
        day("2027-03-08"),
    ]


@pytest.mark.parametrize(
    ("zone", "days", "cut_offs"),
    [
        ("Europe/Berlin", ("2027-03-27", "2027-03-28"), ("2027-03-27T15:00Z", "2027-03-28T14:00Z")),
        ("Europe/Berlin", ("2027-10-30", "2027-10-31"), ("2027-10-30T14:00Z", "2027-10-31T15:00Z")),
        ("America/New_York", ("2027-03-13", "2027-03-14"), ("2027-03-13T21:00Z", "2027-03-14T20:00Z")),
        ("America/New_York", ("2027-11-06", "2027-11-07"), ("2027-11-06T20:00Z", "2027-11-07T21:00Z")),
    ],
)
def test_the_cut_off_is_at_its_hour_on_days_of_23_and_25_hours(
    zone: str, days: tuple[str, ...], cut_offs: tuple[str, ...]
) -> None:
    found = around(Outbound(zone, "16:00", daily_capacity=1), f"{days[0]}T00:30-01:00", 48)
    assert [(shift.until_ms, shift.day) for shift in found[:2]] == [
        (ms(until), day(on)) for until, on in zip(cut_offs, days, strict=True)
    ]


@pytest.mark.parametrize(
    ("zone", "cut_off", "on", "until"),
    [
        ("Europe/Berlin", "02:30", "2027-03-28", "2027-03-28T01:30Z"),  # 02:30 does not come: an hour after 01:30
        ("Europe/Berlin", "02:30", "2027-10-31", "2027-10-31T00:30Z"),  # it comes twice: the first
        ("Europe/Berlin", "", "2027-03-28", "2027-03-28T22:00Z"),  # 23 hours
        ("Europe/Berlin", "", "2027-10-31", "2027-10-31T23:00Z"),  # 25 hours
        ("Africa/Cairo", "", "2027-04-29", "2027-04-29T22:00Z"),  # at midnight clocks jump to 01:00
    ],
)
def test_an_hour_that_is_missing_or_comes_twice(zone: str, cut_off: str, on: str, until: str) -> None:
    found = around(Outbound(zone, cut_off, daily_capacity=1), f"{on}T00:00Z")
    assert {shift.day: shift.until_ms for shift in found}[day(on)] == ms(until)


outbounds = st.builds(
    Outbound,
    time_zone=st.sampled_from(ZONES),
    cut_off=st.just("") | st.times(time(4), time(23, 59)).map(lambda at: f"{at:%H:%M}"),  # clocks change before four
    working_days=st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda days: tuple(sorted(days))),
    closed_dates=st.lists(
        st.tuples(st.dates(date(2027, 1, 1), date(2027, 12, 31)), st.integers(0, 40)).map(
            lambda span: (span[0], span[0] + timedelta(days=span[1]))
        ),
        max_size=9,
    ).map(tuple),
    daily_capacity=st.none() | st.integers(1, 9),
)
instants = st.integers(ms("2027-01-01T00:00Z"), ms("2027-12-31T23:59Z"))


def by_the_wall(outbound: Outbound, now_ms: int) -> int:
    """What somebody in the warehouse would say who looks at the clock and the calendar there."""
    now = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(outbound.time_zone))
    on = now.date()
    if outbound.cut_off and f"{now:%H:%M}" >= outbound.cut_off:
        on += timedelta(days=1)
    while on.isoweekday() not in outbound.working_days:
        on += timedelta(days=1)
    closed = any(first <= on <= last for first, last in outbound.closed_dates)
    return CLOSED if closed else day(on.isoformat())


@given(outbounds, instants, st.integers(0, 30 * HOUR_MS))
def test_it_is_what_the_wall_says(outbound: Outbound, from_ms: int, later_ms: int) -> None:
    found = shifts(outbound, from_ms, from_ms + 30 * HOUR_MS)
    ends = [shift.until_ms for shift in found]
    assert ends == sorted(set(ends))
    assert ends[-1] >= from_ms + 30 * HOUR_MS
    now_ms = min(from_ms + later_ms, from_ms + 30 * HOUR_MS - 1)
    first = next(shift for shift in found if shift.until_ms > now_ms)
    assert first.day == by_the_wall(outbound, now_ms)
    capacity = UNBOUNDED if outbound.daily_capacity is None or first.day == CLOSED else outbound.daily_capacity
    assert first.capacity == capacity


def test_windows_are_of_those_that_close_or_fill_up() -> None:
    now_ms = ms("2027-02-05T12:00+08:00")
    network = {
        name: Warehouse(name, "", outbound=outbound)
        for name, outbound in {
            "NONE": None,
            "ZONE": Outbound("Asia/Shanghai"),
            "CALM": Outbound("Asia/Shanghai", "16:00", (1, 2), ((date(2027, 5, 1), date(2027, 5, 5)),)),
            "FULL": Outbound("Asia/Shanghai", daily_capacity=3),
            "SHUT": Outbound("Asia/Shanghai", "16:00", closed_dates=(NEW_YEAR,)),
        }.items()
    }
    found = windows(network, now_ms)
    assert set(found) == {"FULL", "SHUT"}
    for name, window in found.items():
        outbound = network[name].outbound
        assert outbound is not None
        assert window == Window(name, shifts(outbound, now_ms - BEFORE_MS, now_ms + AHEAD_MS))
        assert window.shifts[-1].until_ms >= now_ms + 24 * HOUR_MS


def test_zones_are_known_on_a_machine_that_brings_none() -> None:
    """As in a slim image: the package `tzdata` has them."""
    told = subprocess.run(
        [sys.executable, "-c", "import zoneinfo; print(zoneinfo.TZPATH, zoneinfo.ZoneInfo('Asia/Shanghai'))"],
        env={**os.environ, "PYTHONTZPATH": ""}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.split() == ["()", "Asia/Shanghai"]


def test_a_zone_that_this_machine_does_not_know_stops_nothing() -> None:
    assert around(Outbound("Mars/Olympus", "16:00", daily_capacity=1), "2027-03-03T10:00Z") == around(
        Outbound("UTC", "16:00", daily_capacity=1), "2027-03-03T10:00Z"
    )
