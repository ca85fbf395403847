"""Which warehouses may ship an order, best first; by example, and against a plain reading of the rules."""

import json
from collections.abc import Mapping
from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_service.domain.commands import CLOSED, UNBOUNDED, Route, Shift, Window
from inventory_service.domain.eligibility import AllocationWish, Exclusion
from inventory_service.domain.geography import Destination, great_circle_km, place, region_of, resolve
from inventory_service.domain.ranking import route
from inventory_service.domain.warehouse import Freight, Warehouse, WarehouseKind


def registry(*warehouses: Warehouse) -> dict[str, Warehouse]:
    return {warehouse.code: warehouse for warehouse in warehouses}


SHANGHAI = Warehouse("SHA", "Shanghai", lat=31.23, lon=121.47, priority=30)
BEIJING = Warehouse("PEK", "Beijing", lat=39.90, lon=116.41, priority=20)
CHENGDU = Warehouse("CTU", "Chengdu", lat=30.57, lon=104.07, priority=10)
CITIES = registry(SHANGHAI, BEIJING, CHENGDU)
HANGZHOU = Destination(lat=30.27, lon=120.16)
TIANJIN = Destination(region="120000")


def shown(found: Route) -> Route:
    """Without the basis, which is read by itself."""
    return found._replace(basis="")


def told(found: Route) -> dict[str, Any]:
    basis: dict[str, Any] = json.loads(found.basis)
    return basis


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
    assert shown(route(CITIES, destination, AllocationWish(strategy))) == Route(ranked, (), strategy == "balance", 0)


def test_equal_distance_is_decided_by_priority_then_code() -> None:
    twins = registry(
        Warehouse("C", "", lat=31.0, lon=121.0, priority=2),
        Warehouse("B", "", lat=31.0, lon=121.0, priority=1),
        Warehouse("A", "", lat=31.0, lon=121.0, priority=2),
    )
    assert route(twins, HANGZHOU, AllocationWish()).ranked == ("B", "A", "C")


def test_equal_priority_is_decided_by_distance_then_code() -> None:
    equal = registry(
        Warehouse("FAR", "", lat=45.8, lon=126.5), Warehouse("Z", "", lat=30.3, lon=120.2), Warehouse("NOWHERE", "")
    )
    assert route(equal, HANGZHOU, AllocationWish("priority")).ranked == ("Z", "FAR", "NOWHERE")
    assert route(equal, None, AllocationWish("priority")).ranked == ("FAR", "NOWHERE", "Z")


def test_a_warehouse_without_coordinates_stands_in_its_province() -> None:
    placed = registry(CHENGDU, Warehouse("HGH", "", region="330100"), Warehouse("NOWHERE", "", priority=1))
    assert route(placed, HANGZHOU, AllocationWish()).ranked == ("HGH", "CTU", "NOWHERE")


def test_what_does_not_sell_is_no_candidate() -> None:
    closed = registry(
        SHANGHAI,
        Warehouse("OFF", "", enabled=False),
        Warehouse("SEA", "", kind=WarehouseKind.IN_TRANSIT),
        Warehouse("SHOP", "", kind=WarehouseKind.STORE),
        Warehouse("HALT", "", paused=True),
    )
    found = route(closed, None, AllocationWish())
    assert shown(found) == Route(("SHA", "SHOP"), (), False, 0, stores=1, not_selling=("OFF", "SEA"))
    assert told(found)["excluded"] == [
        {"warehouse": "HALT", "reason": "paused"},
        {"warehouse": "OFF", "reason": "disabled"},
        {"warehouse": "SEA", "reason": "in_transit"},
    ]


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
    assert shown(route(areas, destination, AllocationWish())) == Route(ranked, out_of_area, False, 0)


def test_wanted_limits_but_does_not_order() -> None:
    found = route(CITIES, HANGZHOU, AllocationWish(warehouses=("CTU", "SHA", "GONE"), max_splits=2))
    assert shown(found) == Route(("SHA", "CTU"), (), False, 2)
    assert told(found)["excluded"] == [{"warehouse": "PEK", "reason": "not_wanted"}]


def test_excluded_ones_are_left_out() -> None:
    found = route(CITIES, HANGZHOU, AllocationWish(excluded=("SHA", "GONE")))
    assert found.ranked == ("PEK", "CTU")
    assert told(found)["excluded"] == [{"warehouse": "SHA", "reason": "excluded"}]


def test_stores_come_behind_all_warehouses_and_are_ranked_among_themselves() -> None:
    shops = registry(
        SHANGHAI,
        CHENGDU,
        Warehouse("NEAR", "", WarehouseKind.STORE, lat=30.3, lon=120.2),
        Warehouse("FAR", "", WarehouseKind.STORE, lat=39.9, lon=116.4),
    )
    found = route(shops, HANGZHOU, AllocationWish())
    assert (found.ranked, found.stores) == (("SHA", "CTU", "NEAR", "FAR"), 2)
    assert [row.get("store", False) for row in told(found)["ranked"]] == [False, False, True, True]


@pytest.mark.parametrize(
    ("destination", "ranked", "crossing"),
    [
        (Destination(country="CN", region="440000"), ("HOME", "OPEN", "WORDS"), ("SG",)),
        (Destination(country="sg"), ("OPEN", "SG", "WORDS"), ("HOME",)),
        (Destination(country="SG", region="SG-01"), ("OPEN", "SG", "WORDS"), ("HOME",)),  # `serves` is about home
        (Destination(country="DE"), ("WORDS",), ("HOME", "OPEN", "SG")),
        (Destination(country="德国"), ("WORDS",), ("HOME", "OPEN", "SG")),
        (Destination(country="Atlantis"), ("HOME", "OPEN", "SG", "WORDS"), ()),  # no country's name: no border is known
        (
            Destination(country="CN", region="810000"),
            ("HOME", "OPEN", "WORDS"),
            ("SG",),
        ),  # of China, if it is said to be
        (Destination(country="HK"), ("OPEN", "WORDS"), ("HOME", "SG")),
        (Destination(), ("HOME", "OPEN", "SG", "WORDS"), ()),
    ],
)
def test_nothing_crosses_a_border_unasked(
    destination: Destination, ranked: tuple[str, ...], crossing: tuple[str, ...]
) -> None:
    countries = registry(
        Warehouse("HOME", ""),
        Warehouse("OPEN", "", serves=("440000",), cross_border=("HK", "SG")),
        Warehouse("SG", "", country="SG"),
        Warehouse("WORDS", "", country="Atlantis"),
    )
    found = route(countries, destination, AllocationWish())
    assert (tuple(sorted(found.ranked)), found.out_of_area) == (ranked, crossing)
    assert told(found)["excluded"] == [{"warehouse": code, "reason": "cross_border"} for code in crossing]


def freight(currency: str = "CNY", **amounts: int) -> Freight:
    return Freight(currency, {name.removeprefix("_").replace("all", "*"): amount for name, amount in amounts.items()})


def test_cheapest_goes_by_amount_then_distance_then_priority() -> None:
    priced = registry(
        Warehouse("A", "", lat=45.8, lon=126.5, freight=freight(_33=700, all=900)),
        Warehouse("B", "", lat=30.3, lon=120.2, freight=freight(_330000=800)),
        Warehouse("C", "", lat=30.4, lon=120.2, priority=9, freight=freight(all=800)),
        Warehouse("D", "", lat=30.4, lon=120.2, priority=1, freight=freight(all=800)),
        Warehouse("NEAR", "", lat=30.27, lon=120.16),
        Warehouse("ELSEWHERE", "", lat=30.27, lon=120.17, freight=freight(_44=1)),
        Warehouse("DOLLARS", "", lat=30.27, lon=120.18, freight=freight("USD", all=100)),
    )
    found = route(priced, Destination(region="330106"), AllocationWish("cheapest"))
    assert found.ranked == ("A", "B", "D", "C", "NEAR", "ELSEWHERE", "DOLLARS")
    amounts = {row["warehouse"]: row["amount"] for row in told(found)["ranked"] if "amount" in row}
    assert (amounts, told(found)["currency"]) == ({"A": 700, "B": 800, "C": 800, "D": 800}, "CNY")


@pytest.mark.parametrize(
    ("region", "amount"),
    [
        ("440305", 3),
        ("440300", 2),
        ("440000", 1),
        ("44", 1),
        ("450000", 9),
        ("US-CA", 5),
        ("US", 4),
        ("UK", 9),
        ("", 9),
    ],
)
def test_the_narrowest_area_has_the_price(region: str, amount: int) -> None:
    table = freight(_440000=1, _4403=2, _440305=3, _US=4, all=9)
    assert Freight("CNY", {**table.amounts, "US-CA": 5}).amount(region) == amount
    assert freight(_440305=3).amount("440300") is None  # the city is wider than the district


@pytest.mark.parametrize("strategy", ["nearest", "cheapest", "gone"])
def test_what_cannot_be_placed_falls_back_to_priority_and_says_so(strategy: str) -> None:
    priced = {**CITIES, "SHA": Warehouse("SHA", "", priority=30, freight=freight(all=1))}
    found = route(priced, Destination(city="Atlantis"), AllocationWish(strategy))
    assert found.ranked == ("CTU", "PEK", "SHA")
    assert (told(found)["strategy"], told(found)["fallback"], told(found)["place"]) == (strategy, "priority", None)


def test_the_basis_says_what_the_ranking_was_made_of() -> None:
    found = route({**CITIES, "NOWHERE": Warehouse("NOWHERE", "")}, TIANJIN, AllocationWish())
    assert told(found) == {
        "strategy": "nearest",
        "place": {"region": "120000", "name": "天津市", "confidence": "region"},
        "ranked": [
            {"warehouse": "PEK", "km": 107},
            {"warehouse": "SHA", "km": 962},
            {"warehouse": "CTU", "km": 1527},
            {"warehouse": "NOWHERE", "km": None},
        ],
        "excluded": [],
    }


def test_the_basis_names_thirty_and_counts_the_rest() -> None:
    many = registry(*(Warehouse(f"W{number:02d}", "", enabled=number < 33) for number in range(70)))
    basis = told(route(many, None, AllocationWish()))
    assert [row["warehouse"] for row in basis["ranked"]] == [f"W{number:02d}" for number in range(30)]
    assert [row["warehouse"] for row in basis["excluded"]] == [f"W{number:02d}" for number in range(33, 63)]
    assert basis["more"] == {"ranked": 3, "excluded": 7}


def test_the_basis_does_not_find_the_person() -> None:
    """Distances to three places give a point away; these are of the coarse place that the record keeps."""
    here, there = Destination(lat=31.2261, lon=121.4649), Destination(lat=31.1701, lon=121.5399)
    assert route(CITIES, here, AllocationWish()).basis == route(CITIES, there, AllocationWish()).basis


def test_windows_of_ranked_ones_come_along() -> None:
    windows = {code: Window(code, (Shift(1, CLOSED, UNBOUNDED),)) for code in ("SHA", "CTU", "GONE")}
    found = route(CITIES, HANGZHOU, AllocationWish(excluded=("CTU",)), windows)
    assert found.windows == (windows["SHA"],)


COUNTRIES = ("CN", "SG", "")
REGIONS = ("", "310000", "310115", "440300", "440305", "990000", "SG-01")
AREAS = ("31", "310000", "310115", "440000", "440300", "SG", "SG-01")
degrees = st.one_of(st.none(), st.integers(0, 60).map(float))


def unit(code: str) -> st.SearchStrategy[Warehouse]:
    return st.builds(
        Warehouse,
        code=st.just(code),
        name=st.just(""),
        kind=st.sampled_from(list(WarehouseKind)),
        country=st.sampled_from(COUNTRIES),
        region=st.sampled_from(REGIONS),
        lat=degrees,
        lon=degrees,
        priority=st.integers(0, 2),
        serves=st.none() | st.lists(st.sampled_from(AREAS), min_size=1, max_size=2).map(tuple),
        enabled=st.sampled_from((True, True, True, False)),
        paused=st.sampled_from((False, False, False, True)),
        cross_border=st.lists(st.sampled_from(("CN", "SG"))).map(tuple),
        freight=st.none()
        | st.builds(Freight, st.just("CNY"), st.dictionaries(st.sampled_from((*AREAS, "*")), st.integers(0, 3))),
    )


CODES = [f"W{number}" for number in range(5)]
networks = st.sets(st.sampled_from(CODES)).flatmap(
    lambda codes: st.fixed_dictionaries({code: unit(code) for code in codes})
)
destinations = st.builds(
    Destination, country=st.sampled_from(COUNTRIES), region=st.sampled_from(REGIONS), lat=degrees, lon=degrees
)
some_codes = st.lists(st.sampled_from(CODES), max_size=5).map(tuple)
wishes = st.builds(
    AllocationWish,
    st.sampled_from(("nearest", "priority", "balance", "cheapest")),
    st.one_of(st.just(()), some_codes),
    st.integers(0, 3),
    some_codes,
)


def lies_in(region: str, area: str) -> bool:
    """By digits: 31 and 310000 are one area, and hold what begins with 31."""
    if area.isdigit():
        return region.isdigit() and region.startswith(area[:2] + area[2:].rstrip("0"))
    return region == area or region.startswith(area + "-")


def model(network: Mapping[str, Warehouse], to: Destination, wish: AllocationWish) -> tuple[list[str], list[str]]:
    """Who ships, best first, and who would if it served there."""
    region, here, found = region_of(to), place(to), resolve(to)
    there = to.country or (found.country if found else "")

    def home(w: Warehouse) -> bool:
        return not w.country or not there or w.country == there

    def asked(w: Warehouse) -> bool:
        open_for_orders = w.enabled and not w.paused and w.kind != "in_transit"
        return open_for_orders and w.code not in wish.excluded and (not wish.warehouses or w.code in wish.warehouses)

    def served(w: Warehouse) -> bool:
        if not home(w):
            return there in w.cross_border
        return w.serves is None or region == "" or any(lies_in(region, area) for area in w.serves)

    def km(w: Warehouse) -> float:
        stands = (w.lat, w.lon) if None not in (w.lat, w.lon) else place(Destination(region=w.region))
        return inf if here is None or stands is None else great_circle_km(*here, *stands)  # type: ignore[arg-type]

    def price(w: Warehouse) -> float:
        table = dict(w.freight.amounts) if w.freight else {}
        fitting = [
            (len(area.rstrip("0") if area.isdigit() else area), amount)
            for area, amount in table.items()
            if area != "*" and lies_in(region, area)
        ]
        return max(fitting)[1] if fitting else table.get("*", inf)

    keys = {
        "nearest": lambda w: (km(w), w.priority, w.code),
        "balance": lambda w: (km(w), w.priority, w.code),
        "priority": lambda w: (w.priority, km(w), w.code),
        "cheapest": lambda w: (price(w), km(w), w.priority, w.code),
    }
    strategy = wish.strategy if here or region or wish.strategy == "balance" else "priority"
    able = sorted((w for w in network.values() if asked(w) and served(w)), key=keys[strategy])
    ranked = [w.code for w in able if w.kind != "store"] + [w.code for w in able if w.kind == "store"]
    return ranked, sorted(w.code for w in network.values() if asked(w) and not served(w))


@given(networks, destinations, wishes)
def test_it_is_the_plain_reading_of_the_rules(
    network: dict[str, Warehouse], to: Destination, wish: AllocationWish
) -> None:
    ambiguous = [w for w in network.values() if w.freight and {"31", "310000"} <= w.freight.amounts.keys()]
    if ambiguous:  # refused when it is put
        return
    found = route(network, to, wish)
    ranked, unserved = model(network, to, wish)
    assert (list(found.ranked), list(found.out_of_area)) == (ranked, unserved)
    assert found.stores == sum(network[code].kind is WarehouseKind.STORE for code in ranked)
    assert (found.max_splits, found.balance) == (wish.max_splits, wish.strategy == "balance")
    basis = told(found)
    assert [row["warehouse"] for row in basis["ranked"]] == ranked
    assert {row["warehouse"] for row in basis["excluded"]} == network.keys() - set(ranked)
    assert {row["reason"] for row in basis["excluded"]} <= set(Exclusion)
