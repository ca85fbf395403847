"""Stock of one SKU as the kernel stores it. The order of the fields is the wire layout (`lua/lib/stock.lua`)."""

from collections.abc import Iterable
from typing import NamedTuple

QUANTITY_MAX = 1_000_000
ON_HAND_MAX = 1_000_000_000
UNSET = -1  # a policy value that is not given: the SKU's default applies
CHANNELS_MAX = 50  # with thresholds of their own, per SKU
ARRIVALS_MAX = 50  # dated lots on their way, per SKU and warehouse


class Arrival(NamedTuple):
    """A dated lot on its way: a part of `incoming`."""

    expected_ms: int
    quantity: int


class Threshold(NamedTuple):
    """What is withheld from a channel, when it sells less or not at all, and when to warn. 0: none of it."""

    channel: str  # "": all of them, and orders without one
    safety_stock: int = 0  # units withheld, over all warehouses
    limit_below: int = 0  # with less than this available: at most `limit_quantity` per order
    limit_quantity: int = 0
    pause_below: int = 0  # with less than this available: nothing is sold
    warn_below: int = 0  # with less than this available: an alarm


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
    arrivals: tuple[Arrival, ...] = ()  # the dated part of `incoming`, earliest first
    in_transit: int = 0  # the part of `incoming` that open transfers bring

    @property
    def arriving(self) -> int:
        return sum(arrival.quantity for arrival in self.arrivals)

    @property
    def shortfall(self) -> int:
        return max(0, self.held + self.committed + self.unavailable - self.on_hand)

    def preordered(self, preorder_limit: int) -> int:
        """Promised units that lots on their way cover, where the SKU is sold ahead of them."""
        return min(self.shortfall, self.arriving) if preorder_limit != UNSET else 0

    def deficit(self, preorder_limit: int) -> int:
        """Promised units that nothing covers."""
        return self.shortfall - self.preordered(preorder_limit)

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
    preorder_limit: int = UNSET  # units sold ahead of arrivals, over all warehouses; UNSET: never, 0: no more
    thresholds: tuple[Threshold, ...] = ()  # one per channel, in the order of their names

    @property
    def preordered(self) -> int:
        return sum(level.preordered(self.preorder_limit) for level in self.levels)

    def terms(self, channel: str, available: int) -> "Terms":
        """What applies on a channel; `available`: units over all warehouses that sell."""
        applying = [each for each in self.thresholds if each.channel in ("", channel)]
        left = left_for(channel, self.thresholds, available)
        limits = [each.limit_quantity for each in applying if left < each.limit_below]
        return Terms(left, any(left < each.pause_below for each in applying), min(limits, default=None))


class Terms(NamedTuple):
    """On which terms a channel sells a SKU at the moment."""

    available: int
    paused: bool
    limit_quantity: int | None  # units per order; None: no limit


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


def left_for(channel: str, thresholds: Iterable[Threshold], available: int) -> int:
    """What a channel has of so many units over all warehouses that sell: what every threshold is compared with."""
    return max(0, available - sum(each.safety_stock for each in thresholds if each.channel in ("", channel)))


def merged(thresholds: Iterable[Threshold], given: Iterable[Threshold]) -> tuple[Threshold, ...]:
    """Thresholds with what is given over them; UNSET leaves a value alone, and what says nothing is dropped."""
    by_channel = {each.channel: each for each in thresholds}
    for new in given:
        old = by_channel.get(new.channel, Threshold(new.channel))
        values = (was if value == UNSET else value for was, value in zip(old[1:], new[1:], strict=True))
        by_channel[new.channel] = Threshold(new.channel, *values)
    return tuple(by_channel[channel] for channel in sorted(by_channel, key=str.encode) if any(by_channel[channel][1:]))


def contradiction(threshold: Threshold) -> str:
    """The field that makes no sense beside the others, "": none. A limit at or below the pause would never apply."""
    if threshold.limit_below and not threshold.limit_quantity:
        return "limit_below"
    if threshold.limit_below and threshold.pause_below >= threshold.limit_below:
        return "pause_below"
    return ""
