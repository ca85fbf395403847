"""Distances against published ones, and where destinations are placed."""

import pytest

from inventory_service.domain.geography import (
    Destination,
    centre_of_region,
    great_circle_km,
    place,
    region_covers,
    region_of,
)
from inventory_service.domain.provinces import PROVINCES, Province

BEIJING = (39.9042, 116.4074)
SHANGHAI = (31.2304, 121.4737)


@pytest.mark.parametrize(
    ("start", "end", "expected_km"),
    [
        ((0.0, 0.0), (0.0, 0.0), 0.0),
        ((0.0, 0.0), (0.0, 1.0), 111.195),  # one degree of the equator
        ((0.0, 0.0), (90.0, 0.0), 10_007.557),  # a quarter of a meridian
        ((0.0, 0.0), (0.0, 180.0), 20_015.115),  # to the other side
        ((40.6397, -73.7789), (33.9425, -118.4072), 3_974.2),  # the classic: New York to Los Angeles, airports
        (BEIJING, SHANGHAI, 1_067.0),
        ((0.0, 179.5), (0.0, -179.5), 111.195),  # over the date line
    ],
)
def test_great_circle(start: tuple[float, float], end: tuple[float, float], expected_km: float) -> None:
    assert great_circle_km(*start, *end) == pytest.approx(expected_km, rel=2e-3, abs=1e-6)
    assert great_circle_km(*end, *start) == pytest.approx(great_circle_km(*start, *end))


def test_every_province_level_unit_is_there_once() -> None:
    assert len(PROVINCES) == 34
    for names in zip(*((unit.code, unit.name, unit.english_name, unit.capital) for unit in PROVINCES), strict=True):
        assert len(set(names)) == 34
    assert all(unit.code.endswith("0000") and 3 < unit.lat < 54 and 73 < unit.lon < 136 for unit in PROVINCES)


@pytest.mark.parametrize("province", PROVINCES, ids=lambda province: province.english_name)
def test_a_province_is_found_by_code_and_by_either_name(province: Province) -> None:
    for destination in (
        Destination(region=province.code),
        Destination(country="CN", region=province.code[:2] + "0105"),
        Destination(province=province.name),
        Destination(province=province.english_name.upper()),
        Destination(city=province.name),
    ):
        assert place(destination) == (province.lat, province.lon)
        assert region_of(destination).startswith(province.code[:2])


@pytest.mark.parametrize(
    ("short", "code"), [("上海", "310000"), ("新疆", "650000"), ("广西", "450000"), ("香港", "810000")]
)
def test_short_names_are_understood(short: str, code: str) -> None:
    assert region_of(Destination(province=short)) == code


def test_given_coordinates_are_finer_than_the_province() -> None:
    shenzhen = Destination(region="440300", province="广东省", lat=22.54, lon=114.06)
    assert place(shenzhen) == (22.54, 114.06)
    assert place(Destination(lat=0.0, lon=0.0)) == (0.0, 0.0)
    assert place(Destination(region="440300", lat=22.54)) == centre_of_region("440000")


@pytest.mark.parametrize(
    "destination",
    [
        Destination(),
        Destination(country="CN"),
        Destination(country="DE", region="110000", province="Beijing"),
        Destination(region="990000"),
        Destination(region="x1"),
        Destination(province="Atlantis"),
    ],
)
def test_what_cannot_be_placed_is_nowhere(destination: Destination) -> None:
    assert place(destination) is None


@pytest.mark.parametrize(
    ("served", "region", "covers"),
    [
        ("310000", "310000", True),
        ("310000", "310115", True),
        ("310000", "320000", False),
        ("440300", "440305", True),
        ("440300", "440000", False),  # the province is wider than the city
        ("440305", "440306", False),
        ("500000", "510000", False),  # the zero of 50 is no wildcard
        ("31", "310115", True),
        ("SG-01", "SG-01", True),
        ("000000", "310000", False),
        ("SG", "SG-01", False),
    ],
)
def test_a_region_covers_what_lies_in_it(served: str, region: str, covers: bool) -> None:
    assert region_covers(served, region) is covers
