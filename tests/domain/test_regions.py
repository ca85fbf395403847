"""Codes of areas."""

import pytest

from inventory_service.domain.places.units import PROVINCES
from inventory_service.domain.regions import areas_around, country_code, names_region, same_area


@pytest.mark.parametrize(
    ("region", "areas"),
    [
        ("440305", ("440305", "4403", "440300", "44", "4400", "440000")),
        ("440300", ("440300", "4403", "44", "4400", "440000")),
        ("310000", ("310000", "31", "3100")),
        ("500000", ("500000", "50", "5000")),  # the zero of 50 is no wildcard
        ("US-CA", ("US-CA", "US")),
        ("SG", ("SG",)),
        ("x1", ("x1",)),
        ("", ()),
    ],
)
def test_a_region_lies_in_these(region: str, areas: tuple[str, ...]) -> None:
    assert areas_around(region) == areas


def test_every_province_is_a_region_under_each_of_its_spellings() -> None:
    for province in PROVINCES:
        assert all(names_region(province.code[:digits]) for digits in (2, 4, 6))
        assert {same_area(province.code[:digits]) for digits in (2, 4, 6)} == {province.code[:2]}


@pytest.mark.parametrize("code", ["SG", "US-CA", "GB-ENG", "310115"])
def test_what_may_be_a_region(code: str) -> None:
    assert names_region(code)


@pytest.mark.parametrize(
    "code", ["", "99", "990000", "3", "310", "3101150", "sg", "SGP", "上海", "31\n", "*", "US-", "00"]
)
def test_what_is_none(code: str) -> None:
    assert not names_region(code)


@pytest.mark.parametrize(
    ("country", "code"), [("cn", "CN"), (" SG ", "SG"), ("China", "CN"), ("中国", "CN"), ("Atlantis", ""), ("", "")]
)
def test_a_country_is_known_by_its_code(country: str, code: str) -> None:
    assert country_code(country) == code
