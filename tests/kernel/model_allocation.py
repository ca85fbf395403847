"""Which warehouses an order is taken from: tried out, set by set, from the smallest and best ranked on."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from inventory_service.domain.commands import CLOSED, UNBOUNDED, LineRequest, Route, Shift
from inventory_service.domain.outcomes import Shortage, ShortageReason, Verdict
from inventory_service.domain.reservation import Allocation, Dispatch
from tests.kernel.model_state import State

VERDICTS_MAX = 30
EXACT_MAX = 12  # candidates with something to give; beyond that the kernel may choose otherwise


class Plan(NamedTuple):
    """Allocations of each line, in the order of the request, what stays short, places taken, and why."""

    allocations: list[list[Allocation]]
    shortages: list[Shortage]
    dispatches: list[Dispatch]
    verdicts: str


def allocate(state: State, lines: list[LineRequest], route: Route, placed: Sequence[Dispatch] = ()) -> Plan:
    """The plan for `lines`; nothing is changed. Every SKU must be known. `placed`: places it has already."""
    candidates, stores = tried(state, lines, route, placed)
    bound = route.max_splits or len(candidates)
    alone = smallest_set(state, lines, candidates, bound)
    found = alone or smallest_set(state, lines, [*candidates, *stores], bound)
    seen = looked_at(route, found, stores_too=not alone)
    used = found or greedy_choice(state, lines, [*candidates, *stores], route.max_splits)
    allocations = [taken_from(state, line, used) for line in lines]
    granted = [sum(allocation.quantity for allocation in line) for line in allocations]
    shortages = [
        shortage(state, line, route, placed) for line, got in zip(lines, granted, strict=True) if got < line.quantity
    ]
    taken = [allocation.warehouse for line in allocations for allocation in line]
    verdicts = "".join(
        Verdict.USED if warehouse in taken else verdict(state, lines, route, warehouse, placed)
        for warehouse in seen[:VERDICTS_MAX]
    )
    places = dispatches(state, route, taken, placed)
    verdicts = verdicts.ljust(min(VERDICTS_MAX, len(route.ranked)), Verdict.NOT_LOOKED_AT)
    return Plan(allocations, shortages, places, verdicts if route.basis else "")


def looked_at(route: Route, found: Sequence[str], *, stores_too: bool) -> tuple[str, ...]:
    """Behind the first that ships it all nobody is asked, unless the order of asking depends on the answers."""
    seen = route.ranked if stores_too else route.ranked[: len(route.ranked) - route.stores]
    if len(found) == 1 and not route.balance:
        return seen[: seen.index(found[0]) + 1]
    return seen


def tried(
    state: State, lines: list[LineRequest], route: Route, placed: Sequence[Dispatch]
) -> tuple[list[str], list[str]]:
    """The warehouses that dispatch, in the order of trying; the stores among them apart."""
    stores = route.ranked[len(route.ranked) - route.stores :]
    open_ones = [warehouse for warehouse in route.ranked if not obstacle(state, route, warehouse, placed)]
    if route.balance:
        open_ones.sort(key=lambda warehouse: -sum(state.available(sku, warehouse) for sku, _ in lines))
    return [each for each in open_ones if each not in stores], [each for each in open_ones if each in stores]


def smallest_set(state: State, lines: list[LineRequest], candidates: list[str], bound: int) -> list[str]:
    """The first set of the smallest size that has all of the order; empty: there is none."""
    useful = [warehouse for warehouse in candidates if any(state.available(sku, warehouse) for sku, _ in lines)]
    assert len(useful) <= EXACT_MAX
    for size in range(1, min(bound, len(useful)) + 1):
        for warehouses in combinations(useful, size):
            if all(sum(state.available(sku, each) for each in warehouses) >= quantity for sku, quantity in lines):
                return list(warehouses)
    return []


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


# Calendars and daily outbound capacity.


def shift_of(state: State, route: Route, warehouse: str) -> Shift | None:
    """The shift in which it would dispatch, None: it dispatches always. One whose shifts are all past is closed."""
    shifts = [window.shifts for window in route.windows if window.warehouse == warehouse]
    if not shifts:
        return None
    return next((shift for shift in shifts[0] if state.now_ms < shift.until_ms), Shift(0, CLOSED, UNBOUNDED))


def obstacle(state: State, route: Route, warehouse: str, placed: Sequence[Dispatch] = ()) -> Verdict | None:
    shift = shift_of(state, route, warehouse)
    if shift is None:
        return None
    if shift.day == CLOSED:
        return Verdict.CLOSED
    has_place = any(dispatch.warehouse == warehouse for dispatch in placed)
    full = shift.capacity != UNBOUNDED and state.places[warehouse, shift.day] >= shift.capacity
    return Verdict.FULL if full and not has_place else None


def dispatches(state: State, route: Route, taken: Sequence[str], placed: Sequence[Dispatch]) -> list[Dispatch]:
    """The places that an order takes which is shipped from `taken`, beside those it has."""
    found: list[Dispatch] = []
    for warehouse in dict.fromkeys(taken):
        shift = shift_of(state, route, warehouse)
        bounded = shift is not None and shift.day != CLOSED and shift.capacity != UNBOUNDED
        if shift and bounded and not any(dispatch.warehouse == warehouse for dispatch in placed):
            found.append(Dispatch(warehouse, shift.day))
    return found


# Why.


def verdict(
    state: State, lines: list[LineRequest], route: Route, warehouse: str, placed: Sequence[Dispatch] = ()
) -> Verdict:
    """What it could have done for the order, or why nothing."""
    share = [min(quantity, state.available(sku, warehouse)) for sku, quantity in lines]
    could = Verdict.PART if any(share) else Verdict.NOTHING
    if share == [line.quantity for line in lines]:
        could = Verdict.BEHIND
    return obstacle(state, route, warehouse, placed) or could


def shortage(state: State, line: LineRequest, route: Route, placed: Sequence[Dispatch] = ()) -> Shortage:
    """Why a line stays short: what more warehouses, other days, or other warehouses would have had."""
    had: Counter[Verdict | None] = Counter()
    for warehouse in route.ranked:
        had[obstacle(state, route, warehouse, placed)] += state.available(line.sku, warehouse)
    available = had[None]
    elsewhere = sum(state.available(line.sku, warehouse) for warehouse in route.out_of_area)
    reason = ShortageReason.NOT_ENOUGH
    if available >= line.quantity:
        reason = ShortageReason.MAX_SPLITS
    elif available + had[Verdict.FULL] >= line.quantity:
        reason = ShortageReason.CAPACITY
    elif had.total() >= line.quantity:
        reason = ShortageReason.CLOSED
    elif had.total() == 0 and elsewhere > 0:
        reason = ShortageReason.NOT_SERVED
    return Shortage(line.sku, line.quantity, available, reason)
