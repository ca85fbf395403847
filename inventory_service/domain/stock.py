"""Stock of one SKU as the kernel stores it. The order of the fields is the wire layout (`lua/lib/stock.lua`)."""

from typing import NamedTuple

QUANTITY_MAX = 1_000_000
ON_HAND_MAX = 1_000_000_000
UNSET = -1  # a policy value that is not given: the SKU's default applies


class Level(NamedTuple):
    """Counters of one SKU in one warehouse. Never clamped: on_hand may fall below its promises (deficit)."""

    warehouse: str
    on_hand: int
    held: int
    committed: int
    unavailable: int
    incoming: int
    safety_stock: int  # UNSET: the SKU's default
    warn_below: int  # UNSET: the SKU's default
    counted_ms: int  # when the newest count was applied, 0: never

    @property
    def deficit(self) -> int:
        return max(0, self.held + self.committed + self.unavailable - self.on_hand)

    def available(self, default_safety_stock: int) -> int:
        """What can be promised now; `default_safety_stock` applies where the warehouse has none of its own."""
        safety_stock = default_safety_stock if self.safety_stock == UNSET else self.safety_stock
        return max(0, self.on_hand - self.held - self.committed - self.unavailable - safety_stock)


class Stock(NamedTuple):
    """One SKU over all its warehouses; `changed_seq` is the event that last touched it."""

    version: int
    changed_seq: int
    safety_stock: int  # each warehouse's default
    warn_below: int  # each warehouse's default, 0: never warn
    levels: list[Level]


class Change(NamedTuple):
    """What one event did to one SKU in one warehouse: the five deltas, then the counters after it."""

    sku: str
    warehouse: str
    on_hand_delta: int
    held_delta: int
    committed_delta: int
    unavailable_delta: int
    incoming_delta: int
    on_hand: int
    held: int
    committed: int
    unavailable: int
    incoming: int
