"""Coordinates of Chinese maps made WGS 84.

Maps in China are shifted by law (GCJ-02: AMap, Tencent, Google in China), Baidu's once more (BD-09); by 100 to 700 m,
by up to 2 km on Baidu's. The formulas are those that everybody uses since they became known. The shift has no inverse
in closed form, so it is undone by approaching the point that is shifted to the given one.
"""

from collections.abc import Callable
from math import atan2, cos, hypot, pi, radians, sin, sqrt

Point = tuple[float, float]  # latitude, longitude in degrees

_AXIS_M = 6_378_245.0  # Krasovsky 1940
_ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943_23
_BAIDU_TURN = pi * 3000 / 180
_ROUNDS = 5  # each makes the error at least a hundred times smaller


def to_wgs84(datum: str, lat: float, lon: float) -> Point:
    """`datum`: wgs84, gcj02 or bd09. Outside China these are all the same."""
    if datum == "gcj02":
        return _undone(gcj02_from_wgs84, (lat, lon))
    if datum == "bd09":
        return _undone(gcj02_from_wgs84, _undone(bd09_from_gcj02, (lat, lon)))
    return lat, lon


def gcj02_from_wgs84(lat: float, lon: float) -> Point:
    if not _in_china(lat, lon):
        return lat, lon
    x, y = lon - 105.0, lat - 35.0
    both = 20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (both + 20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (both + 20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    flat = 1 - _ECCENTRICITY_SQUARED * sin(radians(lat)) ** 2
    metres_of_radian_north = _AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (flat * sqrt(flat))
    metres_of_radian_east = _AXIS_M / sqrt(flat) * cos(radians(lat))
    return lat + north * 180.0 / (metres_of_radian_north * pi), lon + east * 180.0 / (metres_of_radian_east * pi)


def bd09_from_gcj02(lat: float, lon: float) -> Point:
    if not _in_china(lat, lon):
        return lat, lon
    distance = hypot(lon, lat) + 0.00002 * sin(lat * _BAIDU_TURN)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * _BAIDU_TURN)
    return distance * sin(angle) + 0.006, distance * cos(angle) + 0.0065


def _undone(shift: Callable[[float, float], Point], shifted: Point) -> Point:
    lat, lon = shifted
    for _ in range(_ROUNDS):
        again_lat, again_lon = shift(lat, lon)
        lat, lon = lat + shifted[0] - again_lat, lon + shifted[1] - again_lon
    return lat, lon


def _in_china(lat: float, lon: float) -> bool:
    """The box that everybody shifts in; where it reaches over a border the error is below a kilometre."""
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347
