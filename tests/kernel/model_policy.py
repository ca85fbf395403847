"""The model's thresholds and preorders: how much of a line its SKU's policy lets through, and when it ships."""

from collections.abc import Iterable
from typing import NamedTuple

from inventory_service.domain.commands import LineRequest, Route
from inventory_service.domain.outcomes import ShortageReason
from inventory_service.domain.reservation import Allocation, Preorder, Reservation
from inventory_service.domain.stock import UNSET, Level, Terms
from tests.kernel.model_state import State


class Grant(NamedTuple):
    """`quantity` of the line may be sold, all of it `ahead` of what is on its way; `cut` is not, for `reason`."""

    sku: str
    quantity: int
    ahead: bool
    cut: int
    reason: ShortageReason


def ungoverned(lines: Iterable[LineRequest]) -> list[Grant]:
    """Lines that no policy is in the way of: their units are sold already."""
    return [Grant(line.sku, line.quantity, False, 0, ShortageReason.NOT_ENOUGH) for line in lines]


def grants(state: State, lines: Iterable[LineRequest], channel: str, route: Route, *, limited: bool) -> list[Grant]:
    return [grant(state, line, channel, route, limited) for line in lines]


def grant(state: State, line: LineRequest, channel: str, route: Route, limited: bool) -> Grant:
    """`limited`: by the limit per order too."""
    stock = state.stock[line.sku]
    if not stock.thresholds and stock.preorder_limit == UNSET:
        return Grant(line.sku, line.quantity, False, 0, ShortageReason.NOT_ENOUGH)
    terms = stock.terms(channel, sellable(state, line.sku, route))
    if terms.paused:
        return Grant(line.sku, 0, False, line.quantity, ShortageReason.PAUSED)
    asked = most(line.quantity, terms) if limited else line.quantity
    if asked <= terms.available:
        return Grant(line.sku, asked, False, line.quantity - asked, ShortageReason.LIMIT)
    if asked <= left_ahead(state, line.sku, channel, route):
        return Grant(line.sku, asked, True, line.quantity - asked, ShortageReason.LIMIT)
    return Grant(line.sku, terms.available, False, line.quantity - terms.available, ShortageReason.NOT_ENOUGH)


def most(quantity: int, terms: Terms) -> int:
    return quantity if terms.limit_quantity is None else min(quantity, terms.limit_quantity)


def sellable(state: State, sku: str, route: Route, *, ahead: bool = False) -> int:
    levels = [level for level in state.stock[sku].levels if level.warehouse not in route.not_selling]
    return sum(max(0, unpromised(state, sku, level) + (level.arriving if ahead else 0)) for level in levels)


def left_ahead(state: State, sku: str, channel: str, route: Route) -> int:
    stock = state.stock[sku]
    if stock.preorder_limit == UNSET:
        return 0
    withheld = sum(each.safety_stock for each in stock.thresholds if each.channel in ("", channel))
    return min(stock.preorder_limit - stock.preordered, sellable(state, sku, route, ahead=True) - withheld)


def preorders_of(state: State, granted: Iterable[Grant], allocations: Iterable[list[Allocation]]) -> list[Preorder]:
    """What is sold ahead, by the counters in front of the hold."""
    found = []
    for line, places in zip(granted, allocations, strict=True):
        for place in places if line.ahead else ():
            level = state.level(line.sku, place.warehouse)
            ship_by_ms = covered_ms(level, place.quantity - unpromised(state, line.sku, level))
            found.append(Preorder(line.sku, place.warehouse, place.quantity, ship_by_ms))
    return found


def still_ahead(record: Reservation) -> tuple[Preorder, ...]:
    """What was sold ahead and stands where it was, as far as it has not left."""
    places = {(line.sku, each.warehouse): each.open for line in record.lines for each in line.allocations}
    kept = [each._replace(quantity=min(each.quantity, places.get(each[:2], 0))) for each in record.preorders]
    return tuple(each for each in kept if each.quantity)


def unpromised(state: State, sku: str, level: Level) -> int:
    """On the shelf, neither promised nor withheld; below zero where promises go beyond it."""
    safety_stock = state.stock[sku].safety_stock if level.safety_stock == UNSET else level.safety_stock
    return level.on_hand - level.held - level.committed - level.unavailable - safety_stock


def covered_ms(level: Level, uncovered: int) -> int:
    """When the lot comes with which `uncovered` units have come, the earliest if there are none."""
    come = 0
    dates = []
    for expected_ms, quantity in level.arrivals:
        come += quantity
        if come >= uncovered:
            dates.append(expected_ms)
    return min(dates)
