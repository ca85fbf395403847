"""What a destination resolves to, from each of its parts and from several that agree or contradict each other."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis.strategies import builds, floats, none, sampled_from, text

from inventory_service.domain.geography import (
    Confidence,
    Destination,
    centre_of_region,
    place,
    region_covers,
    region_of,
    resolve,
    settled,
)
from inventory_service.domain.places.units import PROVINCES, UNITS, Unit

SHENZHEN = Destination(
    country="CN", region="440300", province="广东省", city="深圳市", address="南山区科技园", postcode="518057"
)


PROVINCE_OF = {province.code[:2]: province for province in PROVINCES}


def test_every_unit_is_found_by_its_code_and_each_of_its_names_in_either_language() -> None:
    assert (len(PROVINCES), len(UNITS)) == (34, 34 + 365)
    sent = [(unit, destination) for unit in UNITS for destination in ways_to_say(unit)]
    assert len(sent) > 2_500
    assert [(unit.code, destination) for unit, destination in sent if region_of(destination) != unit.code] == []
    assert {place(destination) for unit, destination in sent} == {(unit.lat, unit.lon) for unit in UNITS}


def ways_to_say(unit: Unit) -> Iterator[Destination]:
    province = PROVINCE_OF[unit.code[:2]]
    yield Destination(region=unit.code)
    yield Destination(city=unit.name)
    yield Destination(address=f"{unit.name}人民路8号")
    yield Destination(province=province.name, city=unit.name)
    if unit is province:
        for name in (*unit.short, *unit.english, unit.english_name.upper(), f"{unit.english_name} Province"):
            yield Destination(province=name)
        return
    for name in unit.short:
        yield Destination(province=province.short[0], city=name)
        if name not in province.short:  # 吉林
            yield Destination(region=province.code, address=f"{name}1号楼")
    for name in (*unit.english, f"{unit.english_name} City"):
        yield Destination(province=province.english_name, city=name.lower())


@pytest.mark.parametrize(
    ("destination", "region", "confidence"),
    [
        (SHENZHEN, "440300", "region"),
        (replace(SHENZHEN, region="440305"), "440305", "region"),  # a district stays what it is
        (replace(SHENZHEN, region="440305001000"), "440305001000", "region"),
        (replace(SHENZHEN, region=""), "440300", "names"),
        (replace(SHENZHEN, region="44"), "440300", "names"),  # the city is finer than the province
        (replace(SHENZHEN, region="440000", city=""), "440300", "address"),
        (Destination(address="南山区科技园", postcode="518057"), "440300", "postcode"),  # Hegang has a Nanshan too
        (Destination(region="上海市"), "310000", "names"),
        (Destination(region="341400"), "341400", "region"),  # Chaohu, dissolved in 2011: its province is left
        (Destination(city="昆山市"), "320500", "names"),  # a county stands for its city
        (Destination(province="广东省", city="南山区"), "440300", "names"),
        (Destination(city="深圳市南山区"), "440300", "names"),
        (Destination(province="吉林", city="吉林"), "220200", "names"),
        (Destination(region="220000", province="吉林"), "220000", "region"),
        (Destination(city="吉林"), "220000", "names"),
        (Destination(province="Qinghai", city="Hainan"), "632500", "names"),
        (Destination(city="Hainan"), "460000", "names"),
        (Destination(city="Xi’an"), "610100", "names"),
        (Destination(city="urumqi"), "650100", "names"),
        (Destination(province="Jiangsu", city="Suzhou"), "320500", "names"),
        (Destination(city="Suzhou", postcode="234000"), "341300", "postcode"),
        (Destination(country="HK"), "810000", "country"),
        (Destination(country="TW", city="台北市"), "710000", "names"),
        # Contradictions: the finer part, of equal ones the surer.
        (replace(SHENZHEN, city="杭州市"), "440300", "conflicting"),
        (replace(SHENZHEN, region="330000"), "440300", "conflicting"),
        (Destination(province="浙江省", city="昆明市"), "530100", "conflicting"),
        (Destination(province="江苏省", address="浙江省杭州市西湖区1号"), "330100", "conflicting"),
        (Destination(region="440000", postcode="200000"), "310000", "conflicting"),
    ],
)
def test_the_finest_part_wins_and_the_confidence_says_which(
    destination: Destination, region: str, confidence: str
) -> None:
    found = resolve(destination)
    assert found is not None
    assert (found.region, found.confidence) == (region, confidence)
    assert (found.lat, found.lon) == centre_of_region(region)
    assert found.country == {"81": "HK", "71": "TW"}.get(region[:2], "CN")


def test_coordinates_are_the_finest_and_coarse_enough_to_find_nobody() -> None:
    found = resolve(replace(SHENZHEN, lat=22.5401, lon=113.9345))
    assert found == ("440300", "深圳市", 22.5, 113.9, Confidence.COORDINATES, "CN")
    assert resolve(Destination(lat=0.0, lon=0.0)) == ("", "", 0.0, 0.0, Confidence.COORDINATES, "")
    assert place(replace(SHENZHEN, lat=22.54)) == centre_of_region("440300")


def test_half_a_kilometre_of_datum_shows_where_it_crosses_a_tenth_of_a_degree() -> None:
    assert place(Destination(lat=39.9512, lon=116.4502, datum="gcj02")) == (39.9, 116.4)
    assert place(Destination(lat=39.9512, lon=116.4562, datum="bd09")) == (39.9, 116.4)
    assert place(Destination(lat=39.9512, lon=116.4562, datum="wgs84")) == (40.0, 116.5)


@pytest.mark.parametrize(
    ("destination", "point"),
    [
        (Destination(region="310000", lat=35.68, lon=139.77), (35.7, 139.8)),  # Tokyo
        (Destination(region="310000", lat=30.27, lon=120.16), (30.3, 120.2)),  # Hangzhou
        (Destination(country="DE", lat=48.86, lon=2.35), (48.9, 2.4)),  # Paris
        (Destination(country="CN", lat=48.86, lon=2.35), (48.9, 2.4)),
    ],
)
def test_coordinates_elsewhere_than_the_names_say_so(destination: Destination, point: tuple[float, float]) -> None:
    found = resolve(destination)
    assert found is not None
    assert (found.lat, found.lon) == point
    assert found.confidence == "conflicting"


@pytest.mark.parametrize(
    "destination",
    [
        Destination(region="310000", lat=30.9, lon=121.9),  # the far end of Pudong
        Destination(region="150000", lat=49.2, lon=119.8),  # Hulunbuir, 1,100 km from Hohhot
        Destination(country="US", lat=21.3, lon=-157.9),  # Honolulu
        Destination(country="CN", lat=39.5, lon=76.0),  # Kashgar
    ],
)
def test_far_but_within_is_no_contradiction(destination: Destination) -> None:
    found = resolve(destination)
    assert found is not None
    assert found.confidence == "coordinates"


@pytest.mark.parametrize(
    ("destination", "country", "region", "name"),
    [
        (Destination(country="DE"), "DE", "DE", "Germany"),
        (Destination(country="deu"), "DE", "DE", "Germany"),
        (Destination(country="United States"), "US", "US", "United States"),
        (Destination(country="美国", province="California"), "US", "US", "United States"),
        (Destination(region="SG-01"), "SG", "SG-01", "Singapore"),
        (Destination(country="FR", region="FR-75", postcode="750001"), "FR", "FR-75", "France"),
        (Destination(country="DE", region="110000", province="Beijing"), "DE", "DE", "Germany"),  # no code of China's
        (Destination(address="5 Shanghai Road, Berlin, Germany"), "DE", "DE", "Germany"),
    ],
)
def test_other_countries(destination: Destination, country: str, region: str, name: str) -> None:
    found = resolve(destination)
    assert found is not None
    assert (found.country, found.region, found.name, found.confidence) == (country, region, name, "country")


@pytest.mark.parametrize(
    "destination",
    [
        Destination(),
        Destination(country="CN"),
        Destination(country="Atlantis"),
        Destination(region="990000"),
        Destination(region="x1"),
        Destination(province="Atlantis"),
        Destination(city="朝阳区"),  # of Beijing, or of Changchun
        Destination(city="Suzhou"),  # of Jiangsu, or of Anhui
        Destination(postcode="999999"),
        Destination(postcode="1234"),
        Destination(address="南京东路100号"),
        Destination(address="\n\0 123 ☂"),
    ],
)
def test_what_cannot_be_placed_is_nowhere(destination: Destination) -> None:
    assert resolve(destination) is None
    assert place(destination) is None


@pytest.mark.parametrize(
    "destination",
    [
        SHENZHEN,
        replace(SHENZHEN, region=""),
        replace(SHENZHEN, region="440305"),
        replace(SHENZHEN, city="杭州市"),
        replace(SHENZHEN, region="", province="", city=""),
        replace(SHENZHEN, lat=22.5455, lon=113.9499, datum="gcj02"),
        replace(SHENZHEN, lat=35.68, lon=139.77),
        Destination(lat=-33.86, lon=151.2),
        Destination(country="Germany", region="DE-BY", address="Marienplatz 1, München"),
        Destination(country="HK", address="九龙尖沙咀"),
        Destination(region="EAST-1"),
        Destination(country="China"),
        Destination(address="火星基地1号"),
    ],
)
def test_what_is_kept_resolves_to_the_same_place_and_names_nobody(destination: Destination) -> None:
    kept = settled(destination)
    assert resolve(kept) == resolve(destination)
    assert region_of(kept) == region_of(destination)
    assert settled(kept) == kept
    assert (kept.address, kept.province, kept.city, kept.postcode, kept.datum) == ("", "", "", "", "")


TEXTS = (
    sampled_from(
        [
            "",
            "CN",
            "HK",
            "DE",
            "Germany",
            "中国",
            "440300",
            "44",
            "990000",
            "DE-BY",
            "SG-01",
            "EAST-1",
            "广东省",
            "深圳",
        ]
    )
    | sampled_from([unit.name for unit in UNITS])
    | sampled_from(
        ["吉林", "Hainan", "Suzhou", "朝阳区", "200000", "杭州市西湖区文三路", "Berlin, Germany", "Xi'an, Shaanxi"]
    )
    | text(max_size=40)
)
DEGREES = none() | floats(-90, 90)


@given(
    builds(Destination, TEXTS, TEXTS, TEXTS, TEXTS, DEGREES, DEGREES, TEXTS, TEXTS, sampled_from(["", "gcj02", "bd09"]))
)
def test_whatever_is_sent_is_no_error_and_settles_once(destination: Destination) -> None:
    kept = settled(destination)
    assert (resolve(kept), region_of(kept)) == (resolve(destination), region_of(destination))
    assert settled(kept) == kept
    assert (kept.address, kept.province, kept.city, kept.postcode, kept.datum) == ("", "", "", "", "")


def test_a_region_that_is_text_is_not_kept() -> None:
    assert settled(Destination(region="Room 5, 3 Elm Street")).region == ""
    assert settled(Destination(region="李四家")).region == ""


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
