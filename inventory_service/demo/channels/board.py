"""What is known while it runs, of each shop: by the platform's books, by the service, and by the warehouse."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from inventory_service.demo.channels.platforms import Platform
from inventory_service.demo.channels.scene import Article
from inventory_service.demo.channels.shoppers import Crowd
from inventory_service.demo.options import DemoOptions

Row = Mapping[str, Any]

OPEN_STATES = frozenset({"unpaid", "paid"})  # of the platforms, those that are met here


class Figures(NamedTuple):
    """Orders of one shop. `oversold`: paid or not, there is no stock for them. `lag_s`: of the oldest not here yet."""

    on_platform: int = 0
    arrived: int = 0
    held: int = 0
    committed: int = 0
    told: int = 0
    acknowledged: int = 0
    oversold: int = 0
    given_back: int = 0
    lag_s: float = 0.0


@dataclass(slots=True)
class Board:
    """Everything by the name of its shop, but `statuses`, by reservation, and `stock`, by SKU. `entries`: what the
    warehouse read.
    """

    options: DemoOptions
    platforms: Sequence[Platform]
    articles: Sequence[Article]
    crowd: Crowd
    hot_sku: str
    started_ms: int
    started: float = field(default_factory=time.monotonic)
    phase: str = "sale"
    books: dict[str, Row] = field(default_factory=dict)
    orders: dict[str, list[Row]] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    entries: list[Row] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    stock: dict[str, Row] = field(default_factory=dict)
    overpromised_looks: int = 0
    story: list[str] = field(default_factory=list)
    alarm: Row | None = None
    is_alarm_over: bool = False
    backfill: Row | None = None
    claims: list[str] = field(default_factory=list)

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def tell(self, line: str) -> None:
        """The story, with the time before each line of it."""
        self.story.append(f"{self.elapsed_s:5.1f} s  {line}")

    def figures(self, shop: str) -> Figures:
        if shop not in self.books:
            return Figures()
        sold = self.books[shop]["orders"]
        orders = self.orders.get(shop, [])
        here = {order["channel_order_id"] for order in orders}
        statuses = Counter(self.statuses.get(order["reservation_id"] or "") for order in orders)
        last = {(entry["order_no"], entry["warehouse"]): entry for entry in self.entries if entry["shop"] == shop}
        told = {entry["order_no"]: entry["position"] for entry in last.values() if entry["kind"] != "cancel"}
        missing_ms = [order["created_ms"] for order in sold if order["order_id"] not in here]
        return Figures(
            on_platform=len(sold),
            arrived=len(here),
            held=statuses["held"],
            committed=statuses["confirmed"],
            told=len(told),
            acknowledged=len([position for position in told.values() if position in self.answered]),
            oversold=len([order for order in orders if order["case"] and order["case"]["code"] == "oversold"]),
            given_back=len([order for order in orders if order["fulfilment"] == "cancelled"]),
            lag_s=max(0.0, time.time() - min(missing_ms) / 1000) if missing_ms else 0.0,
        )
