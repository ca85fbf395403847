"""The merchant of the demo: warehouses in real cities, a catalogue, and one hot SKU with its units."""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

Body = Mapping[str, Any]

HOT_NAME = "NOVA X1"

WEST = ["540000", "620000", "630000", "650000"]  # Tibet, Gansu, Qinghai, Xinjiang

# code, name, kind, region, lat, lon, priority, regions served (None: all)
_WAREHOUSES: list[tuple[str, str, str, str, float, float, int, list[str] | None]] = [
    ("SHA", "上海 Shanghai", "warehouse", "310000", 31.2304, 121.4737, 10, None),
    ("PEK", "北京 Beijing", "warehouse", "110000", 39.9042, 116.4074, 20, None),
    ("CAN", "广州 Guangzhou", "warehouse", "440000", 23.1291, 113.2644, 20, None),
    ("WUH", "武汉 Wuhan", "warehouse", "420000", 30.5928, 114.3055, 30, None),
    ("CTU", "成都 Chengdu", "warehouse", "510000", 30.5728, 104.0668, 30, None),
    ("URC", "乌鲁木齐 Urumqi", "warehouse", "650000", 43.8256, 87.6168, 50, WEST),
    ("SHE", "沈阳 Shenyang, store", "store", "210000", 41.8057, 123.4315, 80, None),
    ("XIY", "西安 Xi'an, transit", "in_transit", "610000", 34.3416, 108.9398, 90, None),
]
_HOT_SHARES = {"SHA": 26, "CAN": 24, "PEK": 17, "WUH": 13, "CTU": 12, "SHE": 5, "URC": 3}  # percent

_PRODUCTS = ["TEE", "HOODIE", "JEANS", "COAT", "DRESS", "SHIRT", "SKIRT", "SNEAKER", "SOCKS", "CAP"]
_COLOURS = ["BLACK", "WHITE", "RED", "BLUE", "GREEN", "SAND"]
_SIZES = ["XS", "S", "M", "L", "XL"]

CATALOGUE = [f"{product}-{colour}-{size}" for product in _PRODUCTS for colour in _COLOURS for size in _SIZES]


def warehouses() -> dict[str, Body]:
    """Code → body of `PUT /v1/warehouses/{code}`."""
    return {
        code: {
            "name": name,
            "kind": kind,
            "country": "CN",
            "region": region,
            "lat": lat,
            "lon": lon,
            "priority": priority,
            "serves": serves,
            "enabled": True,
        }
        for code, name, kind, region, lat, lon, priority, serves in _WAREHOUSES
    }


def spread(units: int) -> dict[str, int]:
    """The hot SKU's units over the warehouses that sell, every one of them placed."""
    placed = {code: units * percent // 100 for code, percent in _HOT_SHARES.items()}
    rest = units - sum(placed.values())
    for code in list(placed)[:rest]:
        placed[code] += 1
    return {code: quantity for code, quantity in placed.items() if quantity}


def movements(run: str, hot_sku: str, units: int, random: Random) -> Iterator[Body]:
    """How the stock comes to be: deliveries, some announced, some set aside for inspection.

    `run` makes the movement ids new for every demo in the same data directory.
    """
    deliveries = _deliveries(hot_sku, units, random)
    for number, (kind, sku, warehouse, quantity) in enumerate(deliveries, start=1):
        yield {
            "movement_id": f"demo-{run}-{number:05d}",
            "type": kind,
            "sku": sku,
            "warehouse": warehouse,
            "quantity": quantity,
            "reference": f"delivery-{run}",
        }


def policies(random: Random) -> dict[str, Body]:
    """SKU → body of `PUT /v1/stock/{sku}/policy`, for every tenth SKU of the catalogue."""
    return {
        sku: {"safety_stock": random.choice([2, 3, 5]), "warn_below": random.choice([10, 20])}
        for sku in CATALOGUE[::10]
    }


def _deliveries(hot_sku: str, units: int, random: Random) -> Iterator[tuple[str, str, str, int]]:
    for code, quantity in spread(units).items():
        yield "receive", hot_sku, code, quantity
    selling = [row[0] for row in _WAREHOUSES if row[2] != "in_transit"]
    for sku in CATALOGUE:
        for code in random.sample(selling, 4):
            yield "receive", sku, code, random.randint(20, 120)
    for sku in random.sample(CATALOGUE, 30):
        yield "receive", sku, "XIY", random.randint(20, 60)
        yield "expect", sku, "SHA", random.randint(50, 200)
    for sku in random.sample(CATALOGUE, 10):
        yield "receive", sku, "PEK", 5
        yield "quarantine", sku, "PEK", 3
