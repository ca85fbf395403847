"""What one shop has sold, whatever the platform."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Literal

from tests.simulators.clock import Clock

State = Literal[
    "unpaid", "deposit_paid", "paid", "on_hold", "part_shipped", "shipped", "done", "cancelled", "refunded"
]  # fmt: skip
PARCELS = {"part_shipped", "shipped", "done"}


@dataclass(kw_only=True)
class Line:
    line_id: str
    sku: str
    quantity: int = 1
    price_minor: int = 12_900
    is_gift: bool = False
    is_closed: bool = False  # inside a live order
    refund: Literal["none", "requested", "succeeded", "closed"] = "none"


@dataclass(kw_only=True)
class Order:
    order_id: str
    created_ms: int
    modified_ms: int
    state: State
    lines: list[Line]
    paid_ms: int | None = None
    postage_minor: int = 800
    receiver: str = "李雷"
    mobile: str = "13800138000"
    province: str = "广东省"
    city: str = "深圳市"
    address: str = "科技园科苑路15号 <A&B>"
    memo: str = ""
    deposit_minor: int = 0  # of a presale
    forfeited: bool = False  # its final payment was missed
    cash_on_delivery: bool = False

    @property
    def tracking_number(self) -> str:
        """Empty while there is no parcel."""
        return f"SF{self.created_ms}" if self.state in PARCELS else ""

    @property
    def goods_minor(self) -> int:
        return sum(line.price_minor * line.quantity for line in self.lines)

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.postage_minor


@dataclass(kw_only=True)
class Return:
    """A refund of `units` of a line, 0: of money alone. `goods_return`: of goods that have left and come back."""

    refund_id: str
    order_id: str
    line_id: str
    bought: int
    units: int
    amount_minor: int
    modified_ms: int
    goods_return: bool = False
    state: Literal["requested", "succeeded", "closed"] = "requested"


@dataclass
class Book:
    """`prefix` and `first` make ids: above 2^53 where the platform has numbers."""

    clock: Clock
    prefix: str = ""
    first: int = 4_888_888_888_888_888_001
    orders: dict[str, Order] = field(default_factory=dict)
    returns: dict[str, Return] = field(default_factory=dict)
    stock: dict[tuple[str, str], int] = field(default_factory=dict)
    older: dict[str, Order] = field(default_factory=dict)  # each order as it was before its last change

    def place(self, ago_ms: int = 0, state: State = "paid", skus: Sequence[str] = ("TEE-RED-M",)) -> Order:
        at_ms = self.clock.now_ms() - ago_ms
        number = self.first + 10 * len(self.orders)
        order = Order(
            order_id=f"{self.prefix}{number}",
            created_ms=at_ms,
            modified_ms=at_ms,
            state=state,
            paid_ms=None if state in {"unpaid", "deposit_paid", "cancelled"} else at_ms,
            lines=[Line(line_id=f"{self.prefix}{number + 1 + place}", sku=sku) for place, sku in enumerate(skus)],
        )
        self.orders[order.order_id] = order
        return order

    def place_many(self, count: int, within_ms: int, until_ms: int = 0) -> list[Order]:
        """Spread evenly from `within_ms` ago to `until_ms` ago."""
        step_ms = (within_ms - until_ms) // count
        return [self.place(within_ms - number * step_ms) for number in range(count)]

    def change(self, order_id: str, state: State | None = None) -> Order:
        order = self.orders[order_id]
        self.older[order_id] = deepcopy(order)
        order.state = state or order.state
        if state == "paid":
            order.paid_ms = self.clock.now_ms()
        order.modified_ms = self.clock.now_ms()
        return order

    def ask_back(
        self, order_id: str, ago_ms: int = 0, units: int | None = None, amount_minor: int | None = None
    ) -> Return:
        """Of the order's first line: all of it, so many units, or (0) an amount alone."""
        order = self.orders[order_id]
        line = order.lines[0]
        line.refund = "requested"
        order.modified_ms = self.clock.now_ms() - ago_ms
        wanted = line.quantity if units is None else units
        returned = Return(
            refund_id=str(7_777_777_777_777_777_001 + len(self.returns)),
            order_id=order_id,
            line_id=line.line_id,
            bought=line.quantity,
            units=wanted,
            amount_minor=line.price_minor * wanted if amount_minor is None else amount_minor,
            modified_ms=order.modified_ms,
            goods_return=order.state in {"shipped", "done"},
        )
        self.returns[returned.refund_id] = returned
        return returned

    def end_refund(self, refund_id: str, state: Literal["succeeded", "closed"]) -> Return:
        """Its line is closed once all of it is refunded, and the order with its last line."""
        returned = self.returns[refund_id]
        order = self.orders[returned.order_id]
        line = next(each for each in order.lines if each.line_id == returned.line_id)
        returned.state = line.refund = state
        returned.modified_ms = order.modified_ms = self.clock.now_ms()
        if state == "succeeded" and returned.units == line.quantity and not returned.goods_return:
            line.is_closed = True
        if all(each.is_closed for each in order.lines):
            order.state = "refunded"
        return returned

    def orders_within(self, start_ms: int, end_ms: int) -> list[Order]:
        """Oldest change first, both ends included, by whole seconds as platforms filter."""
        found = [order for order in self.orders.values() if start_ms <= _seconds(order.modified_ms) <= end_ms]
        return sorted(found, key=lambda order: (_seconds(order.modified_ms), order.order_id))

    def created_within(self, start_ms: int, end_ms: int) -> list[Order]:
        found = [order for order in self.orders.values() if start_ms <= _seconds(order.created_ms) <= end_ms]
        return sorted(found, key=lambda order: (_seconds(order.created_ms), order.order_id))

    def returns_within(self, start_ms: int, end_ms: int) -> list[Return]:
        found = [one for one in self.returns.values() if start_ms <= _seconds(one.modified_ms) <= end_ms]
        return sorted(found, key=lambda one: (_seconds(one.modified_ms), one.refund_id))


def _seconds(at_ms: int) -> int:
    return at_ms // 1000 * 1000
