"""Great-circle distances against published ones and against geographiclib, told that the earth is a sphere."""

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis.strategies import floats

from inventory_service.domain.geography import EARTH_RADIUS_KM, great_circle_km

BEIJING = (39.9042, 116.4074)
SHANGHAI = (31.2304, 121.4737)
SPHERE = Geodesic(EARTH_RADIUS_KM * 1000, 0)
LATITUDES = floats(-90, 90)
LONGITUDES = floats(-180, 180)


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
def test_published_distances(start: tuple[float, float], end: tuple[float, float], expected_km: float) -> None:
    assert great_circle_km(*start, *end) == pytest.approx(expected_km, rel=2e-3, abs=1e-6)
    assert great_circle_km(*end, *start) == pytest.approx(great_circle_km(*start, *end))


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_any_two_points_lie_as_far_apart_as_the_library_says(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    """To 10 m: near the antipodes, where the haversine formula is at its worst, a float resolves no more."""
    expected_m = SPHERE.Inverse(lat1, lon1, lat2, lon2, Geodesic.DISTANCE)["s12"]
    assert great_circle_km(lat1, lon1, lat2, lon2) * 1000 == pytest.approx(expected_m, rel=1e-9, abs=10)
