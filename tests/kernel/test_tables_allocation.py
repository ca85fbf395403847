"""Which warehouses: the fewest, then the best ranked; stores, calendars and daily capacity; and what is told of it."""

from typing import Any

import pytest

from inventory_service.domain.commands import CLOSED, UNBOUNDED, Route, Shift
from inventory_service.domain.reservation import Dispatch
from tests.kernel.driver import START_MS
from tests.kernel.make import TTL_MS, confirm, extend, policy, release, reserve, route, scan, stocked
from tests.kernel.twin import Twin

ALL = ("SHA", "PEK", "CAN", "CTU", "HRB", "WUH")
FAR_MS = 2**50
TODAY = START_MS // 86_400_000
DAY_MS = 86_400_000


def allocated(twin: Twin, reservation_id: str) -> str:
    """`"A: SHA*2 PEK*1, B: SHA*1"`"""
    return ", ".join(
        f"{line.sku}: {' '.join(f'{warehouse}*{quantity}' for warehouse, quantity, _ in line.allocations)}"
        for line in twin.record(reservation_id).lines
    )


def day(capacity: int = UNBOUNDED, at: int = TODAY, until_ms: int = FAR_MS) -> Shift:
    return Shift(until_ms, at, capacity)


CHOICES = [
    # greedy would take WUH first (5 of 9), and then two more
    ("A@SHA*4 A@PEK*5 A@CTU*6", "A*9", route(*ALL), "A: SHA*4 PEK*5"),
    ("A@SHA*3 B@SHA A@PEK B@PEK*3 A@CAN*2 B@CAN*2 A@CTU*2", "A*4 B*4", route(*ALL), "A: SHA*3 PEK*1, B: SHA*1 PEK*3"),
    ("A@SHA*3 A@PEK*3 A@CAN*4 A@CTU*5", "A*8", route(*ALL), "A: SHA*3 CTU*5"),
    ("A@SHA*3 A@PEK*3 A@CAN*5 A@CTU*5", "A*8", route("CTU", "SHA", "CAN", "PEK"), "A: CTU*5 SHA*3"),
    ("A@SHA*5 A@PEK*5 A@CAN*5 B@CAN*1", "A*10 B", route(*ALL), "A: SHA*5 CAN*5, B: CAN*1"),
    # sizes grow one by one, and of a size the first in lexicographic order of rank wins
    ("A@SHA*1 A@PEK*2 A@CAN*2 A@CTU*2 A@HRB*4", "A*6", route(*ALL), "A: PEK*2 HRB*4"),
    ("A@SHA*2 A@PEK*2 A@CAN*2 A@CTU*2 A@HRB*2 A@WUH*2", "A*9", route(*ALL), "A: SHA*2 PEK*2 CAN*2 CTU*2 HRB*1"),
    ("A@SHA B@PEK C@CAN D@CTU A@WUH B@WUH C@WUH", "A B C D", route(*ALL), "A: WUH*1, B: WUH*1, C: WUH*1, D: CTU*1"),
    # with balance the order is that of what is there
    ("A@SHA*2 A@PEK*3 A@CAN*4", "A*6", route(*ALL, balance=True), "A: CAN*4 PEK*2"),
    # stores are left alone where the others can, in several if need be
    ("A@SHA*1 A@PEK*1 A@CAN*9", "A*2", route("SHA", "PEK", "CAN", stores=1), "A: SHA*1 PEK*1"),
    ("A@SHA*1 A@CAN*9", "A*2", route("SHA", "PEK", "CAN", stores=1), "A: CAN*2"),
    ("A@SHA*1 A@PEK*1 A@CAN*9", "A*2", route("SHA", "PEK", "CAN", stores=1, max_splits=1), "A: CAN*2"),
    ("A@SHA*1 A@PEK*9 A@CAN*8", "A*2", route("SHA", "CAN", "PEK", stores=2, balance=True), "A: PEK*2"),
    ("A@SHA*1 A@PEK*1 A@CAN*1", "A*2", route("SHA", "PEK", "CAN", stores=2), "A: SHA*1 PEK*1"),
    ("A@SHA*1 A@PEK*8", "A*2", route("SHA", "PEK", stores=2), "A: PEK*2"),
]  # fmt: skip


@pytest.mark.parametrize(("stock", "lines", "where", "expected"), CHOICES)
def test_the_fewest_then_the_best_ranked(twin: Twin, stock: str, lines: str, where: Route, expected: str) -> None:
    twin.send(*stocked(stock))

    assert twin.ask(reserve("r", lines, where)).code == "held"
    assert allocated(twin, "r") == expected


# Calendars and daily capacity.

FULL, SHUT, OPEN = (day(0),), (day(at=CLOSED),), (day(),)
WINDOWS = [
    ({"SHA": OPEN}, "A: SHA*2"),
    ({"SHA": (day(1),)}, "A: SHA*2"),
    ({"SHA": FULL}, "A: PEK*2"),
    ({"SHA": SHUT}, "A: PEK*2"),
    ({"SHA": ()}, "A: PEK*2"),
    ({"SHA": (day(until_ms=START_MS),)}, "A: PEK*2"),  # until: no longer at that time
    ({"SHA": (day(until_ms=START_MS + 1),)}, "A: SHA*2"),
    ({"SHA": (day(0, until_ms=START_MS), day(1, TODAY + 1))}, "A: SHA*2"),
    ({"SHA": (day(1, until_ms=START_MS), day(0, TODAY + 1))}, "A: PEK*2"),
    ({"SHA": (day(0), day(5, TODAY + 1))}, "A: PEK*2"),  # the first shift counts, and is full
    ({"SHA": FULL, "PEK": SHUT}, "A: CAN*2"),
]


@pytest.mark.parametrize(("windows", "expected"), WINDOWS)
def test_one_that_does_not_dispatch_is_passed_over(twin: Twin, windows: dict[str, tuple[Shift]], expected: str) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5 A@CAN*5"))

    twin.send(reserve("r", "A*2", route("SHA", "PEK", "CAN", windows=windows)))

    assert allocated(twin, "r") == expected


def test_an_order_takes_one_place_per_warehouse_and_day(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*9 B@SHA*5"))
    where = route("SHA", "PEK", windows={"SHA": (day(2),), "PEK": (day(9, TODAY + 1),)})

    twin.send(*(reserve(f"r{number}", "A*2 B", where) for number in range(2)))
    assert twin.ask(reserve("r2", "B", where)).code == "insufficient_stock"
    twin.send(reserve("r3", "A*2", where))

    assert twin.record("r0").dispatches == (Dispatch("SHA", TODAY),)
    assert twin.record("r3").dispatches == (Dispatch("PEK", TODAY + 1),)
    assert twin.kernel.stored().places == {("SHA", TODAY): 2, ("PEK", TODAY + 1): 1}


def test_an_order_from_two_warehouses_takes_a_place_in_both(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*1 A@PEK*1"))

    twin.send(reserve("r", "A*2", route("SHA", "PEK", windows={"SHA": (day(1),), "PEK": (day(1),)})))

    assert twin.kernel.stored().places == {("SHA", TODAY): 1, ("PEK", TODAY): 1}


ONE = route("SHA", windows={"SHA": (day(1),)})


@pytest.mark.parametrize("ending", ["release", "release_all_parts", "expire"])
def test_a_place_is_given_back(twin: Twin, ending: str) -> None:
    twin.send(*stocked("A@SHA*5"), reserve("r", "A*2", ONE))
    assert twin.ask(reserve("r2", "A", ONE)).code == "insufficient_stock"

    if ending == "expire":
        twin.advance(TTL_MS)
    elif ending == "release":
        twin.send(release("r"))
    else:
        twin.send(release("r", "A", "rel-1"))
        assert twin.ask(reserve("r2", "A", ONE)).code == "insufficient_stock"
        twin.send(release("r", "A", "rel-2"))

    assert twin.ask(reserve("r2", "A", ONE)).code == "held"
    assert twin.record("r").dispatches == ()


def test_a_parcel_that_left_keeps_its_place(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5"), reserve("r", "A*2", ONE), confirm("r"), scan("s", "r", "A"), release("r"))

    assert twin.record("r").status == "shipped"
    assert twin.record("r").dispatches == (Dispatch("SHA", TODAY),)
    assert twin.ask(reserve("r2", "A", ONE)).code == "insufficient_stock"


def test_one_that_is_taken_again_takes_a_place_of_its_new_day(twin: Twin) -> None:
    later = START_MS + TTL_MS
    where = route("SHA", windows={"SHA": (day(1, until_ms=later), day(1, TODAY + 1))})
    twin.send(*stocked("A@SHA*5"), reserve("r", "A*2", where), reserve("r2", "A"))
    twin.advance(TTL_MS)

    assert twin.codes(confirm("r", where), extend("r2", TTL_MS, where)) == ["reacquired", "insufficient_stock"]
    assert twin.record("r").dispatches == (Dispatch("SHA", TODAY + 1),)
    assert twin.kernel.stored().places == {("SHA", TODAY + 1): 1}


def test_a_batch_takes_the_last_place_once(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5"))

    assert twin.codes(*(reserve(f"r{number}", "A", ONE) for number in range(3))) == [
        "held",
        "insufficient_stock",
        "insufficient_stock",
    ]


def test_days_that_are_over_are_dropped(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A", ONE), reserve("gone", "A"), release("gone"))
    twin.advance(3 * DAY_MS)
    twin.send(reserve("r2", "A", route("PEK", windows={"PEK": (day(1, TODAY + 3),)})))
    twin.evict("gone")
    assert twin.kernel.client.hlen(twin.kernel.capacity_key) == 2  # three days are kept

    twin.advance(DAY_MS)
    twin.send(reserve("gone too", "A"), release("gone too"))
    twin.evict("gone too")

    assert twin.kernel.client.hkeys(twin.kernel.capacity_key) == [f"PEK:{TODAY + 3}".encode()]


# Shortages.

SHORTAGES = [
    ("A@SHA*5", "A*2", route("SHA", windows={"SHA": FULL}), [("A", 2, 0, "capacity")]),
    ("A@SHA*5", "A*2", route("SHA", windows={"SHA": SHUT}), [("A", 2, 0, "closed")]),
    ("A@SHA*1", "A*2", route("SHA", windows={"SHA": FULL}), [("A", 2, 0, "not_enough")]),
    ("A@SHA*1 A@PEK*1", "A*2", route("SHA", "PEK", windows={"SHA": FULL}), [("A", 2, 1, "capacity")]),
    ("A@SHA*1 A@PEK*1", "A*2", route("SHA", "PEK", windows={"SHA": FULL, "PEK": SHUT}), [("A", 2, 0, "closed")]),
    ("A@SHA*1 A@PEK*1", "A*2", route("SHA", "PEK", windows={"SHA": OPEN}, max_splits=1), [("A", 2, 2, "max_splits")]),
    ("A@SHA*1 A@CAN*5", "A*2", route("SHA", out_of_area="CAN", windows={"SHA": SHUT}), [("A", 2, 0, "not_enough")]),
    ("A@CAN*5", "A*2", route("SHA", out_of_area="CAN", windows={"SHA": SHUT}), [("A", 2, 0, "not_served")]),
    ("A@SHA B@SHA*9", "A*2 B*9", route("SHA", windows={"SHA": FULL}), [("A", 2, 0, "not_enough"), ("B", 9, 0, "capacity")]),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("stock", "lines", "where", "expected"), SHORTAGES)
def test_shortages_say_what_is_missing(
    twin: Twin, stock: str, lines: str, where: Route, expected: list[tuple[str, int, int, str]]
) -> None:
    twin.send(*stocked(stock))

    outcome = twin.reservation(reserve("r", lines, where))

    assert outcome.code == "insufficient_stock"
    assert outcome.shortages == expected
    assert twin.kernel.stored().places == {}


# What the event tells.

VERDICTS = [
    ("A@SHA*5 A@PEK*5 A@CAN*1", "A*2", route(*ALL, basis="{}"), "u-----"),
    ("A@SHA*1 A@PEK*5 A@CAN*5", "A*2", route(*ALL, basis="{}"), "pu----"),
    ("A@SHA*1 A@PEK*1 A@CAN*1", "A*2", route(*ALL, basis="{}"), "uupnnn"),
    ("A@SHA*5 B@SHA*5 A@PEK*5", "A*2 B", route("PEK", "SHA", basis="{}"), "pu"),
    ("A@SHA*5 A@PEK*5 A@CAN*5", "A*2", route(*ALL, windows={"SHA": FULL, "PEK": SHUT}, basis="{}"), "fku---"),
    ("A@SHA*5", "A*2", route(*ALL), ""),
    ("A@SHA*1", "A*2", route("SHA", "PEK", basis="{}"), "un"),
    ("A@SHA*5 A@PEK*7 A@CAN*1", "A*2", route(*ALL, balance=True, basis="{}"), "cupnnn"),
    ("A@SHA*1 A@PEK*1 A@CAN*5", "A*2", route("SHA", "PEK", "CAN", stores=1, basis="{}"), "uu-"),
]


def told(twin: Twin) -> tuple[Any, ...]:
    """The details of the newest event."""
    details = twin.last_event().details
    assert details is not None
    return details


@pytest.mark.parametrize(("stock", "lines", "where", "expected"), VERDICTS)
def test_the_event_tells_what_each_warehouse_could_have_done(
    twin: Twin, stock: str, lines: str, where: Route, expected: str
) -> None:
    twin.send(*stocked(stock), reserve("r", lines, where, allow_partial=True))
    assert told(twin)[1:] == (where.basis, expected, 0)

    twin.advance(TTL_MS)
    twin.send(policy("A", 0), confirm("r", where))  # the sweep of its batch gave back what it held
    assert twin.last_event().type == "reacquire"
    again = expected if expected != "un" else "u-"  # of a part that is held alone, one has it all
    assert told(twin) == (where.basis, again, 0)


def test_of_many_warehouses_the_first_are_told(twin: Twin) -> None:
    where = route(*(f"W{number:03}" for number in range(60)), basis="{}")
    twin.send(*stocked("A@W000*5"), reserve("r", "A", where))

    assert told(twin)[2] == "u" + "-" * 29
