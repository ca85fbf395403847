"""Which warehouses an order is taken from: one that can ship all of it, else few of them, greedily."""

from typing import NamedTuple

from inventory_service.domain.commands import LineRequest, Route
from inventory_service.domain.outcomes import Shortage, ShortageReason
from inventory_service.domain.reservation import Allocation
from tests.kernel.model_state import State


class Plan(NamedTuple):
    """Allocations of each line, in the order of the request, and what stays short."""

    allocations: list[list[Allocation]]
    shortages: list[Shortage]


def allocate(state: State, lines: list[LineRequest], route: Route) -> Plan:
    """The plan for `lines`; nothing is changed. Every SKU must be known."""
    ranked = rank(state, lines, route)
    whole = [warehouse for warehouse in ranked if all(state.available(sku, warehouse) >= n for sku, n in lines)]
    used = whole[:1] or greedy_choice(state, lines, ranked, route.max_splits)
    allocations = [taken_from(state, line, used) for line in lines]
    granted = [sum(allocation.quantity for allocation in line) for line in allocations]
    shortages = [shortage(state, line, route) for line, got in zip(lines, granted, strict=True) if got < line.quantity]
    return Plan(allocations, shortages)


def rank(state: State, lines: list[LineRequest], route: Route) -> list[str]:
    if not route.balance:
        return list(route.ranked)
    return sorted(route.ranked, key=lambda warehouse: -sum(state.available(sku, warehouse) for sku, _ in lines))


def greedy_choice(state: State, lines: list[LineRequest], ranked: list[str], max_splits: int) -> list[str]:
    """Warehouses in the order of taking: each time the one that covers most of what is still missing."""
    missing = dict(lines)
    used: list[str] = []
    while any(missing.values()) and (max_splits == 0 or len(used) < max_splits):
        cover = {
            warehouse: sum(min(n, state.available(sku, warehouse)) for sku, n in missing.items())
            for warehouse in ranked
            if warehouse not in used
        }
        best = max(cover, key=lambda warehouse: cover[warehouse], default="")
        if not cover.get(best):
            break
        used.append(best)
        missing = {sku: n - min(n, state.available(sku, best)) for sku, n in missing.items()}
    return used


def taken_from(state: State, line: LineRequest, used: list[str]) -> list[Allocation]:
    allocations, missing = [], line.quantity
    for warehouse in used:
        taken = min(missing, state.available(line.sku, warehouse))
        if taken:
            allocations.append(Allocation(warehouse, taken, 0))
            missing -= taken
    return allocations


def shortage(state: State, line: LineRequest, route: Route) -> Shortage:
    """Why a line stays short: what more warehouses, or other ones, would have had."""
    served = sum(state.available(line.sku, warehouse) for warehouse in route.ranked)
    elsewhere = sum(state.available(line.sku, warehouse) for warehouse in route.out_of_area)
    reason = ShortageReason.NOT_ENOUGH
    if served >= line.quantity:
        reason = ShortageReason.MAX_SPLITS
    elif served == 0 and elsewhere > 0:
        reason = ShortageReason.NOT_SERVED
    return Shortage(line.sku, line.quantity, served, reason)
