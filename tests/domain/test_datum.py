"""Conversions of coordinates, against pairs that others have published, and there and back again."""

from collections.abc import Callable
from math import hypot

import pytest
from hypothesis import given
from hypothesis.strategies import floats

from inventory_service.domain.geography import great_circle_km
from inventory_service.domain.places.datum import Point, bd09_from_gcj02, gcj02_from_wgs84, to_wgs84

LATITUDES = floats(18, 53)  # China, whose shift has an end at the border
LONGITUDES = floats(74, 134)


def metres(one: Point, other: Point) -> float:
    return 1000 * great_circle_km(*one, *other)


@pytest.mark.parametrize(
    ("convert", "point", "expected"),
    [
        # the vectors of googollee/eviltransform
        (gcj02_from_wgs84, (31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        (gcj02_from_wgs84, (22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        (gcj02_from_wgs84, (39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
        # the examples of wandergis/coordtransform
        (gcj02_from_wgs84, (39.915, 116.404), (39.91640428150164, 116.41024449916938)),
        (bd09_from_gcj02, (39.915, 116.404), (39.92133699351021, 116.41036949371029)),
    ],
)
def test_published_pairs(convert: Callable[[float, float], Point], point: Point, expected: Point) -> None:
    assert metres(convert(*point), expected) < 0.1


def test_there_and_back_by_the_published_pairs() -> None:
    assert metres(to_wgs84("gcj02", 31.17530398364597, 121.531541859215), (31.1774276, 121.5272106)) < 0.1
    gcj02_of_bd09 = (39.90865673957631, 116.39762729119315)  # wandergis: bd09togcj02(116.404, 39.915), good to metres
    assert metres(to_wgs84("bd09", 39.915, 116.404), to_wgs84("gcj02", *gcj02_of_bd09)) < 2


@given(LATITUDES, LONGITUDES)
def test_there_and_back_again(lat: float, lon: float) -> None:
    shifted = gcj02_from_wgs84(lat, lon)
    assert 50 < metres(shifted, (lat, lon)) < 1_000
    assert metres(to_wgs84("gcj02", *shifted), (lat, lon)) < 0.01
    assert metres(to_wgs84("bd09", *bd09_from_gcj02(*shifted)), (lat, lon)) < 0.01


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "wgs84", ""])
@pytest.mark.parametrize("point", [(-33.86, 151.21), (40.71, -74.01), (52.52, 13.4), (0.0, 0.0), (90.0, 180.0)])
def test_nothing_is_shifted_outside_china(datum: str, point: Point) -> None:
    assert to_wgs84(datum, *point) == point


def test_wgs84_is_what_it_is() -> None:
    assert to_wgs84("wgs84", 31.2, 121.5) == (31.2, 121.5) == to_wgs84("", 31.2, 121.5)
    assert hypot(*to_wgs84("gcj02", 31.2, 121.5)) != hypot(31.2, 121.5)
