"""What five shops have sold, and what the service has to have of it in the end."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.acceptance.client import Api
from tests.simulators.book import Order
from tests.simulators.platform import Simulator

SKUS = tuple(f"TEE-{number}" for number in range(20))
SET, LAST = "SET", "LAST"  # a bundle, and an article of which there is too little
PARTS = {"TEE-0": 1, "TEE-1": 2}
WAREHOUSE = "SHA"

Units = Counter[str]


class Life(StrEnum):
    """What becomes of an order, after it was placed."""

    UNPAID = "stays unpaid"
    DROPPED = "is cancelled unpaid"
    PAID = "is paid"
    GROWN = "is paid, and then is for two"
    REFUNDED = "is paid and refunded"
    SHIPPED = "is paid and shipped"


STATES = {
    Life.UNPAID: ("unpaid", "open"),
    Life.DROPPED: ("unpaid", "cancelled"),
    Life.PAID: ("paid", "open"),
    Life.GROWN: ("paid", "open"),
    Life.REFUNDED: ("refunded", "cancelled"),
    Life.SHIPPED: ("paid", "shipped"),
}
COMMITS = {Life.PAID, Life.GROWN}


@dataclass
class Shop:
    """One of five: its platform, and the life of each of its orders."""

    name: str
    platform: Simulator
    lives: dict[str, Life] = field(default_factory=dict)
    held_back: list[Order] = field(default_factory=list)

    def orders(self) -> Iterator[tuple[Order, Life]]:
        return ((self.platform.book.orders[order_id], life) for order_id, life in self.lives.items())


@dataclass
class Told:
    """What the warehouse was told: by order, entry after entry."""

    cursor: str = "0"
    entries: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def note(self, entry: Any) -> None:
        self.entries.setdefault((entry["shop"], entry["channel_order_id"]), []).append(entry)

    def of(self, shop: str, order_id: str) -> tuple[Units, int]:
        """What is to leave for an order, as told last, and how many times it was told to be shipped."""
        entries = self.entries.get((shop, order_id), [])
        last = entries[-1]["lines"] if entries else []
        units = Counter({each["sku"]: each["quantity"] for each in last})
        return units, sum(each["kind"] == "ship" for each in entries)


async def what_is_wrong(api: Api, shops: Sequence[Shop], told: Told, received: Mapping[str, int]) -> Sequence[str]:
    """Empty where everything is as it should be; the quick question first."""
    levels = await wrong_levels(api, shops, received)
    return [*levels, *await wrong_orders(api, shops, told, received[LAST])]


async def wrong_levels(api: Api, shops: Sequence[Shop], received: Mapping[str, int]) -> Sequence[str]:
    """SKUs whose (on_hand, held, committed) is not what the orders make of what was received."""
    held, committed, left = Units(), Units(), Units()
    for order, life in (each for shop in shops for each in shop.orders()):
        counted = {Life.UNPAID: held, Life.SHIPPED: left} | dict.fromkeys(COMMITS, committed)
        counted.get(life, Units()).update(units_of(order))
    committed[LAST] = min(committed[LAST], received[LAST])
    expected = {sku: (units - left[sku], held[sku], committed[sku]) for sku, units in received.items()}
    query = [("limit", "200"), *(("sku", sku) for sku in received)]
    rows = (await api.get("/v1/stock", query)).ok()["data"]
    found = {row["sku"]: (row["on_hand"], row["held"], row["committed"]) for row in rows}
    return [f"{sku}: {found.get(sku)}, not {wanted}" for sku, wanted in expected.items() if found.get(sku) != wanted]


async def wrong_orders(api: Api, shops: Sequence[Shop], told: Told, scarce: int) -> Sequence[str]:
    """Orders that are missing, there twice, in another state than on their platform, or told wrongly."""
    rows = await _listed(api)
    found = {(row["shop"], row["channel_order_id"]): row for row in rows}
    wrong = [f"{len(rows)} orders, {len(found)} different ones"] if len(rows) != len(found) else []
    expected = {(shop.name, order.order_id): (order, life) for shop in shops for order, life in shop.orders()}
    wrong += [f"{key} is nobody's" for key in found.keys() - expected.keys()]
    oversold = 0
    for key, (order, life) in expected.items():
        row = found.get(key)
        if row is None:
            wrong.append(f"{key} is missing")
            continue
        is_short = row["case"] is not None and row["case"]["code"] == "oversold"
        oversold += is_short
        wrong += _wrong(row, life, Units() if is_short else units_of(order), told.of(*key))
    wanting = sum(order.lines[0].sku == LAST for order, _ in expected.values())
    if oversold != max(0, wanting - scarce):
        wrong.append(f"{oversold} oversold of {wanting} for {scarce}")
    return wrong


def units_of(order: Order) -> Units:
    units = Units()
    for line in order.lines:
        for sku, count in PARTS.items() if line.sku == SET else [(line.sku, 1)]:
            units[sku] += count * line.quantity
    return units


def _wrong(row: Any, life: Life, units: Units, told: tuple[Units, int]) -> list[str]:
    state = (row["payment"], row["fulfilment"])
    is_shipped = bool(units) and life in COMMITS | {Life.SHIPPED}
    expected = units if is_shipped else Units()
    wrong = [] if state == STATES[life] else [f"{row['order_no']} {life}: {state}"]
    if told[0] != expected or told[1] > 1 or (is_shipped and told[1] != 1):
        wrong.append(f"{row['order_no']} {life}: told {told}, not {dict(expected)}")
    if row["case"] is not None and row["case"]["code"] != "oversold":
        wrong.append(f"{row['order_no']} {life}: {row['case']}")
    return wrong


async def _listed(api: Api) -> Sequence[Any]:
    rows: list[Any] = []
    query = {"limit": "200"}
    while True:
        page = (await api.get("/v1/orders", query)).ok()
        rows += page["data"]
        if not page["next_cursor"]:
            return rows
        query = {"limit": "200", "cursor": page["next_cursor"]}
