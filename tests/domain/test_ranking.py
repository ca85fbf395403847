"""Which warehouses may ship an order, best first."""

import pytest

from inventory_service.domain.commands import Route
from inventory_service.domain.geography import Destination
from inventory_service.domain.ranking import route
from inventory_service.domain.warehouse import Warehouse, WarehouseKind


def registry(*warehouses: Warehouse) -> dict[str, Warehouse]:
    return {warehouse.code: warehouse for warehouse in warehouses}


SHANGHAI = Warehouse("SHA", "Shanghai", lat=31.23, lon=121.47, priority=30)
BEIJING = Warehouse("PEK", "Beijing", lat=39.90, lon=116.41, priority=20)
CHENGDU = Warehouse("CTU", "Chengdu", lat=30.57, lon=104.07, priority=10)
CITIES = registry(SHANGHAI, BEIJING, CHENGDU)
HANGZHOU = Destination(lat=30.27, lon=120.16)
TIANJIN = Destination(region="120000")


@pytest.mark.parametrize(
    ("strategy", "destination", "ranked"),
    [
        ("nearest", HANGZHOU, ("SHA", "PEK", "CTU")),
        ("nearest", TIANJIN, ("PEK", "SHA", "CTU")),
        ("nearest", None, ("CTU", "PEK", "SHA")),
        ("nearest", Destination(country="CN"), ("CTU", "PEK", "SHA")),
        ("priority", HANGZHOU, ("CTU", "PEK", "SHA")),
        ("balance", HANGZHOU, ("SHA", "PEK", "CTU")),
    ],
)
def test_strategies(strategy: str, destination: Destination | None, ranked: tuple[str, ...]) -> None:
    assert route(CITIES, destination, strategy, (), 0) == Route(ranked, (), strategy == "balance", 0)


def test_equal_distance_is_decided_by_priority_then_code() -> None:
    twins = registry(
        Warehouse("C", "", lat=31.0, lon=121.0, priority=2),
        Warehouse("B", "", lat=31.0, lon=121.0, priority=1),
        Warehouse("A", "", lat=31.0, lon=121.0, priority=2),
    )
    assert route(twins, HANGZHOU, "nearest", (), 0).ranked == ("B", "A", "C")


def test_equal_priority_is_decided_by_distance_then_code() -> None:
    equal = registry(
        Warehouse("FAR", "", lat=45.8, lon=126.5), Warehouse("Z", "", lat=30.3, lon=120.2), Warehouse("NOWHERE", "")
    )
    assert route(equal, HANGZHOU, "priority", (), 0).ranked == ("Z", "FAR", "NOWHERE")
    assert route(equal, None, "priority", (), 0).ranked == ("FAR", "NOWHERE", "Z")


def test_a_warehouse_without_coordinates_stands_in_its_province() -> None:
    placed = registry(CHENGDU, Warehouse("HGH", "", region="330100"), Warehouse("NOWHERE", "", priority=1))
    assert route(placed, HANGZHOU, "nearest", (), 0).ranked == ("HGH", "CTU", "NOWHERE")


def test_what_does_not_sell_is_no_candidate() -> None:
    closed = registry(
        SHANGHAI,
        Warehouse("OFF", "", enabled=False),
        Warehouse("SEA", "", kind=WarehouseKind.IN_TRANSIT),
        Warehouse("SHOP", "", kind=WarehouseKind.STORE),
    )
    assert route(closed, None, "nearest", (), 0) == Route(("SHA", "SHOP"), (), False, 0)


@pytest.mark.parametrize(
    ("destination", "ranked", "out_of_area"),
    [
        (Destination(region="310115"), ("LOCAL", "ALL"), ("NONE",)),
        (Destination(province="上海市"), ("LOCAL", "ALL"), ("NONE",)),
        (Destination(region="330000"), ("LOCAL", "ALL"), ("NONE",)),
        (Destination(region="440000"), ("ALL",), ("LOCAL", "NONE")),
        (Destination(lat=22.5, lon=114.1), ("LOCAL", "ALL", "NONE"), ()),
        (None, ("LOCAL", "ALL", "NONE"), ()),
    ],
)
def test_areas(destination: Destination | None, ranked: tuple[str, ...], out_of_area: tuple[str, ...]) -> None:
    areas = registry(
        Warehouse("ALL", "", priority=2),
        Warehouse("LOCAL", "", priority=1, serves=("310000", "330000")),
        Warehouse("NONE", "", priority=3, serves=()),
    )
    assert route(areas, destination, "nearest", (), 0) == Route(ranked, out_of_area, False, 0)


def test_wanted_limits_but_does_not_order() -> None:
    found = route(CITIES, HANGZHOU, "nearest", ("CTU", "SHA", "GONE"), 2)
    assert found == Route(("SHA", "CTU"), (), False, 2)
