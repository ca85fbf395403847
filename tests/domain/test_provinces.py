"""Which of eight warehouses serves which province: the README's table, drawn anew."""

from pathlib import Path

from inventory_service.domain.eligibility import AllocationWish
from inventory_service.domain.geography import Destination
from inventory_service.domain.places.units import PROVINCES
from inventory_service.domain.ranking import route
from tests.domain.network import NETWORK

README = Path(__file__).parents[2] / "README.md"
HEAD = "| warehouse | is the nearest to |"


def table() -> list[str]:
    """A row per warehouse, its provinces in the order of their codes."""
    nearest: dict[str, list[str]] = {code: [] for code in NETWORK}
    for province in PROVINCES:
        found = route(NETWORK, Destination(country="CN", province=province.name), AllocationWish())
        nearest[found.ranked[0]].append(f"{province.name} {province.english_name}")
    rows = [f"| {NETWORK[code].name} | {', '.join(provinces)} |" for code, provinces in nearest.items()]
    return [HEAD, "| --- | --- |", *rows]


def test_the_readme_shows_what_is_ranked_first() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    start = lines.index(HEAD)
    drawn = table()
    assert lines[start : start + len(drawn)] == drawn, "\n".join(drawn)
    assert not lines[start + len(drawn)].startswith("|")


def test_every_warehouse_is_the_nearest_to_its_own_province() -> None:
    for code, warehouse in NETWORK.items():
        assert route(NETWORK, Destination(region=warehouse.region), AllocationWish()).ranked[0] == code
