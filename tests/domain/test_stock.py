"""The arithmetic of stock, and what quantities the movements take."""

import pytest

from inventory_service.domain.movements import MovementType, quantity_allowed
from inventory_service.domain.reservation import Allocation, Line
from inventory_service.domain.stock import UNSET, Level, Stock, Threshold, contradiction, left_for, merged


def level(on_hand: int, held: int = 0, committed: int = 0, unavailable: int = 0, safety_stock: int = UNSET) -> Level:
    return Level("SHA", on_hand, held, committed, unavailable, 7, safety_stock, UNSET, 0)


@pytest.mark.parametrize(
    ("counters", "default_safety_stock", "available", "deficit"),
    [
        (level(10), 0, 10, 0),
        (level(10, held=1, committed=2, unavailable=3), 0, 4, 0),
        (level(10, held=1, committed=2, unavailable=3), 3, 1, 0),
        (level(10, held=1, committed=2, unavailable=3), 5, 0, 0),  # safety stock makes no deficit
        (level(10, safety_stock=4), 9, 6, 0),
        (level(10, safety_stock=0), 9, 10, 0),
        (level(5, held=1, committed=2, unavailable=3), 0, 0, 1),
        (level(-2, committed=1), 0, 0, 3),  # the shelf says so: never clamped
        (level(0), 0, 0, 0),
    ],
)
def test_available_and_deficit(counters: Level, default_safety_stock: int, available: int, deficit: int) -> None:
    assert counters.available(default_safety_stock) == available
    assert counters.deficit(UNSET) == deficit


@pytest.mark.parametrize("movement_type", MovementType)
def test_quantities_of_movements(movement_type: MovementType) -> None:
    assert quantity_allowed(movement_type, 1)
    assert quantity_allowed(movement_type, 0) is (movement_type is MovementType.COUNT)
    assert quantity_allowed(movement_type, -1) is (movement_type is MovementType.ADJUST)


TERMS = (Threshold("", 2, warn_below=9), Threshold("taobao", 3, 6, 1, 4))


@pytest.mark.parametrize(
    ("channel", "available", "left"), [("", 10, 8), ("taobao", 10, 5), ("jd", 10, 8), ("taobao", 4, 0)]
)
def test_what_thresholds_are_compared_with(channel: str, available: int, left: int) -> None:
    assert left_for(channel, TERMS, available) == left
    assert Stock(1, 1, 0, 0, [], UNSET, TERMS).terms(channel, available).available == left


def test_thresholds_with_what_is_given_over_them() -> None:
    given = [Threshold("taobao", UNSET, UNSET, UNSET, UNSET, 7), Threshold("", 0, UNSET, UNSET, UNSET, UNSET)]
    both = merged(TERMS, given)
    assert both == (Threshold("", 0, warn_below=9), Threshold("taobao", 3, 6, 1, 4, 7))
    assert not any(map(contradiction, both))  # a warning may lie below a pause or above it
    assert merged(both, [Threshold("", 0, 0, 0, 0, 0)]) == both[1:]


def test_what_is_open_of_a_line() -> None:
    line = Line("A", 5, 5, 1, [Allocation("SHA", 3, 1), Allocation("PEK", 1, 1)])
    assert (line.shipped, [allocation.open for allocation in line.allocations]) == (2, [2, 0])
