"""What a scenario sells, and the warehouses that it is in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.lives import CARRIED, LIVES, PAID, WANDERING, Steps

PLENTY = 400_000
FEW = 12  # units for sale of what everybody wants: sold out in nearly every scenario, also where it has 50 orders
WITHHELD = 10
DAILY_CAPACITY = 15  # orders: reached in the middle of the scenarios that share a database
OUTBOUND = {"time_zone": "Asia/Shanghai", "daily_capacity": DAILY_CAPACITY}

# Where they stand and how many orders leave them each day, as `PUT /v1/warehouses/{code}` takes it.
WAREHOUSES: Mapping[str, dict[str, Any]] = {
    "SHA": {"name": "Shanghai", "lat": 31.23, "lon": 121.47},
    "PEK": {"name": "Beijing", "lat": 39.90, "lon": 116.40},
    "CAN": {
        "name": "Guangzhou",
        "lat": 23.13,
        "lon": 113.26,
        "outbound": {"time_zone": "Asia/Shanghai", "daily_capacity": DAILY_CAPACITY},
    },
    "WUH": {"name": "Wuhan", "lat": 30.59, "lon": 114.30},
}
# Wuhan fails, with every order that is in it: others stay out.
ELSEWHERE: dict[str, Any] = {"excluded": ["WUH"]}
ASKED: tuple[dict[str, Any], ...] = (
    {"ship_to": {"province": "广东"}, "allocation": ELSEWHERE},
    {"ship_to": {"province": "Guangdong", "city": "Shenzhen"}, "allocation": ELSEWHERE},
    {"ship_to": {"address": "上海市浦东新区世纪大道100号"}, "allocation": ELSEWHERE},
    {"ship_to": {"region": "110000"}, "allocation": {"strategy": "balance", **ELSEWHERE}},
    {"allocation": ELSEWHERE},
)


@dataclass(frozen=True, slots=True)
class Goods:
    """`arrival`: the movement that brings `quantity` to each warehouse. `scarce`: so many are for sale, and it only
    ever gets less. `weight`: how often an order is for it. `lives` of what wanders are orders that any warehouse ships.
    """

    name: str
    warehouses: Sequence[str]
    lives: Sequence[Steps]
    weight: int
    quantity: int = PLENTY
    arrival: str = "receive"
    scarce: int = 0
    policy: Mapping[str, Any] = field(default_factory=dict)

    @property
    def for_sale(self) -> int:
        return self.scarce or self.quantity * len(self.warehouses)


ONE_PLACE = (Goods("A", ("SHA",), LIVES, 4), Goods("B", ("PEK",), LIVES, 2))
EVERYWHERE = Goods("WIDE", ("SHA", "PEK", "CAN", "WUH"), WANDERING, 3)
CARGO = Goods("CARGO", ("SHA",), CARRIED, 1)
GOODS: Mapping[str, Goods] = {
    goods.name: goods
    for goods in (
        *ONE_PLACE,
        EVERYWHERE,
        CARGO,
        Goods("HOT", ("SHA",), (PAID,), 2, FEW + WITHHELD, scarce=FEW, policy={"total_safety_stock": WITHHELD}),
        Goods("SOON", ("PEK",), (PAID,), 1, arrival="expect", scarce=FEW, policy={"preorder_limit": FEW}),
    )
}
