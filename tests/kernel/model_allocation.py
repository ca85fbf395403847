"""Which warehouses an order is taken from: tried out, set by set, from the smallest and best ranked on."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from inventory_service.domain.commands import CLOSED, UNBOUNDED, Route, Shift
from inventory_service.domain.outcomes import Shortage, ShortageReason, Verdict
from inventory_service.domain.reservation import Allocation, Dispatch, Preorder
from tests.kernel.model_policy import Grant, preorders_of
from tests.kernel.model_state import State

VERDICTS_MAX = 30
EXACT_MAX = 12  # candidates with something to give; beyond that the kernel may choose otherwise


class Plan(NamedTuple):
    """Allocations of each line, in the order of the request, what is sold ahead, what stays short, places, and why.

    `limited`: the first short line, where a limit per order alone is in the way; else -1.
    """

    allocations: list[list[Allocation]]
    preorders: tuple[Preorder, ...]
    shortages: list[Shortage]
    limited: int
    dispatches: list[Dispatch]
    verdicts: str


def allocate(state: State, lines: list[Grant], route: Route, placed: Sequence[Dispatch] = ()) -> Plan:
    """The plan for `lines`; nothing is changed. Every SKU must be known. `placed`: places it has already."""
    candidates, stores = tried(state, lines, route, placed)
    bound = route.max_splits or len(route.ranked)
    alone = smallest_set(state, lines, candidates, bound)
    found = alone or smallest_set(state, lines, [*candidates, *stores], bound)
    used = found or greedy_choice(state, lines, [*candidates, *stores], route.max_splits)
    allocations = [taken_from(state, line, used) for line in lines]
    short = shortages(state, lines, allocations, route, placed)
    by_limit = short and all(each.reason == ShortageReason.LIMIT for each in short.values())
    taken = [allocation.warehouse for line in allocations for allocation in line]
    seen = looked_at(route, found, stores_too=not alone)
    return Plan(
        allocations=allocations,
        preorders=tuple(preorders_of(state, lines, allocations)),
        shortages=list(short.values()),
        limited=min(short) if by_limit else -1,
        dispatches=dispatches(state, route, taken, placed),
        verdicts=verdicts(state, lines, route, seen, taken, placed) if route.basis else "",
    )


def there(state: State, line: Grant, warehouse: str) -> int:
    return state.available(line.sku, warehouse, ahead=line.ahead)


def looked_at(route: Route, found: Sequence[str], *, stores_too: bool) -> tuple[str, ...]:
    """Behind the first that ships it all nobody is asked, unless the order of asking depends on the answers."""
    seen = route.ranked if stores_too else route.ranked[: len(route.ranked) - route.stores]
    if len(found) == 1 and not route.balance:
        return seen[: seen.index(found[0]) + 1]
    return seen


def tried(state: State, lines: list[Grant], route: Route, placed: Sequence[Dispatch]) -> tuple[list[str], list[str]]:
    """The warehouses that dispatch, in the order of trying; the stores among them apart."""
    stores = route.ranked[len(route.ranked) - route.stores :]
    open_ones = [warehouse for warehouse in route.ranked if not obstacle(state, route, warehouse, placed)]
    if route.balance:
        open_ones.sort(key=lambda warehouse: -sum(there(state, line, warehouse) for line in lines))
    return [each for each in open_ones if each not in stores], [each for each in open_ones if each in stores]


def smallest_set(state: State, lines: list[Grant], candidates: list[str], bound: int) -> list[str]:
    """The first set of the smallest size that has all of the order; empty: there is none."""
    useful = [warehouse for warehouse in candidates if any(there(state, line, warehouse) for line in lines)]
    assert len(useful) <= EXACT_MAX
    for size in range(1, min(bound, len(useful)) + 1):
        for warehouses in combinations(useful, size):
            if all(sum(there(state, line, each) for each in warehouses) >= line.quantity for line in lines):
                return list(warehouses)
    return []


def greedy_choice(state: State, lines: list[Grant], ranked: list[str], max_splits: int) -> list[str]:
    """Warehouses in the order of taking: each time the one that covers most of what is still missing."""
    missing = {line: line.quantity for line in lines}
    used: list[str] = []
    while any(missing.values()) and (max_splits == 0 or len(used) < max_splits):
        cover = {
            warehouse: sum(min(n, there(state, line, warehouse)) for line, n in missing.items())
            for warehouse in ranked
            if warehouse not in used
        }
        best = max(cover, key=lambda warehouse: cover[warehouse], default="")
        if not cover.get(best):
            break
        used.append(best)
        missing = {line: n - min(n, there(state, line, best)) for line, n in missing.items()}
    return used


def taken_from(state: State, line: Grant, used: list[str]) -> list[Allocation]:
    allocations, missing = [], line.quantity
    for warehouse in used:
        taken = min(missing, there(state, line, warehouse))
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


def verdicts(
    state: State,
    lines: list[Grant],
    route: Route,
    seen: Sequence[str],
    taken: Sequence[str],
    placed: Sequence[Dispatch],
) -> str:
    """One letter per warehouse of the route."""
    letters = [
        Verdict.USED if warehouse in taken else verdict(state, lines, route, warehouse, placed)
        for warehouse in seen[:VERDICTS_MAX]
    ]
    return "".join(letters).ljust(min(VERDICTS_MAX, len(route.ranked)), Verdict.NOT_LOOKED_AT)


def verdict(state: State, lines: list[Grant], route: Route, warehouse: str, placed: Sequence[Dispatch] = ()) -> Verdict:
    """What it could have done for the order, or why nothing."""
    share = [min(line.quantity, there(state, line, warehouse)) for line in lines]
    could = Verdict.PART if any(share) else Verdict.NOTHING
    if share == [line.quantity for line in lines]:
        could = Verdict.BEHIND
    return obstacle(state, route, warehouse, placed) or could


def shortages(
    state: State, lines: list[Grant], allocations: list[list[Allocation]], route: Route, placed: Sequence[Dispatch]
) -> dict[int, Shortage]:
    """Of every line that does not get all that was asked for, by its index."""
    short = {}
    for index, (line, places) in enumerate(zip(lines, allocations, strict=True)):
        got, requested = sum(allocation.quantity for allocation in places), line.quantity + line.cut
        if got < line.quantity:
            short[index] = shortage(state, line, route, placed)._replace(requested=requested)
        elif line.cut:
            short[index] = Shortage(line.sku, requested, line.quantity, line.reason)
    return short


def shortage(state: State, line: Grant, route: Route, placed: Sequence[Dispatch]) -> Shortage:
    """Why a line gets less than its policy lets through: what more warehouses, other days, or others would have had."""
    had: Counter[Verdict | None] = Counter()
    for warehouse in route.ranked:
        had[obstacle(state, route, warehouse, placed)] += there(state, line, warehouse)
    available = had[None]
    elsewhere = sum(there(state, line, warehouse) for warehouse in route.out_of_area)
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
