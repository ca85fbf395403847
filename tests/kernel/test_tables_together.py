"""Policies beside choice: thresholds and what is sold ahead, with several warehouses, capacity, moves and previews."""

from typing import NamedTuple

import pytest

from inventory_service.domain.commands import Route, Shift
from inventory_service.domain.outcomes import PreviewOutcome, Shortage
from inventory_service.domain.reservation import Dispatch, Preorder
from tests.kernel import make
from tests.kernel.driver import START_MS
from tests.kernel.twin import Twin

TODAY = START_MS // 86_400_000
MONDAY, FRIDAY = START_MS + 86_400_000, START_MS + 5 * 86_400_000
BOTH = make.route("SHA", "PEK", basis="{}")
FULL = make.route("SHA", windows={"SHA": (Shift(2**50, TODAY, 0),)})


@pytest.fixture
def shop(twin: Twin) -> Twin:
    """A: two on the shelf in SHA, nothing in PEK, where five come on Monday and five on Friday. B: two in each."""
    twin.send(*make.stocked("A@SHA*2 B@SHA*2 B@PEK*2"))
    for day in (MONDAY, FRIDAY):
        twin.send(make.move(f"e{day}", "expect", "A", 5, "PEK", at_ms=day))
    return twin


class Case(NamedTuple):
    """What is set for A, what is asked for and where, and what stays short."""

    terms: tuple[int, ...]  # withheld, limit_below, limit_quantity, pause_below
    lines: str
    where: Route
    short: list[Shortage]
    code: str = "insufficient_stock"


SHORT = {
    "cut alone": Case((1,), "A*2", BOTH, [Shortage("A", 2, 1, "not_enough")]),
    "paused beside splits": Case(
        (0, 0, 0, 3), "A*1 B*4", make.route("SHA", "PEK", max_splits=1),
        [Shortage("A", 1, 0, "paused"), Shortage("B", 4, 4, "max_splits")],
    ),
    "limit alone": Case((0, 3, 1), "A*2 B*1", BOTH, [Shortage("A", 2, 1, "limit")], "limit_exceeded"),
    "limit beside a full day": Case(
        (0, 3, 1), "A*2 B*1", FULL, [Shortage("A", 2, 0, "capacity"), Shortage("B", 1, 0, "capacity")]
    ),
    "cut and not there": Case((1,), "A*2", make.route("PEK"), [Shortage("A", 2, 0, "not_enough")]),
}  # fmt: skip


@pytest.mark.parametrize("case", SHORT.values(), ids=SHORT)
def test_why_lines_stay_short(shop: Twin, case: Case) -> None:
    shop.stock(make.policy("A", terms=[make.terms("", *case.terms)]))
    refused = shop.reservation(make.reserve("r", case.lines, case.where))
    assert (refused.code, refused.shortages) == (case.code, case.short)
    seen = shop.ask(make.preview(case.lines, case.where))
    assert isinstance(seen, PreviewOutcome)
    assert (seen.code, seen.shortages) == ("insufficient_stock", case.short)


def test_a_warehouse_that_has_only_what_is_paused_has_nothing(shop: Twin) -> None:
    shop.send(*make.stocked("A@CAN*3"))
    shop.stock(make.policy("A", terms=[make.terms("taobao", pause_below=9)]))
    where = make.route("CAN", "SHA", basis="{}")
    seen = shop.ask(make.preview("A*1 B*1", where, allow_partial=True, channel="taobao"))
    assert isinstance(seen, PreviewOutcome)
    assert [view.verdict for view in seen.warehouses] == ["n", "u"]
    shop.send(make.reserve("r", "A*1 B*1", where, allow_partial=True, channel="taobao"))
    assert getattr(shop.last_event().details, "verdicts", "") == "nu"


def test_what_is_sold_ahead_is_split_and_takes_places(shop: Twin) -> None:
    shop.send(make.move("e", "expect", "A", 1, at_ms=FRIDAY))
    shop.stock(make.policy("A", ahead=20))
    windows = {"SHA": (Shift(2**50, TODAY, 9),), "PEK": (Shift(2**50, TODAY, 9),)}
    where = BOTH._replace(windows=make.route(windows=windows).windows)
    assert shop.codes(make.preview("A*12", where), make.reserve("r", "A*12", where)) == ["found", "held"]
    record = shop.record("r")
    assert record.preorders == (Preorder("A", "SHA", 3, FRIDAY), Preorder("A", "PEK", 9, FRIDAY))
    assert record.dispatches == (Dispatch("SHA", TODAY), Dispatch("PEK", TODAY))


def test_what_is_taken_again_has_its_dates_and_places_anew(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=20))
    where = make.route("PEK", basis="{}", windows={"PEK": (Shift(2**50, TODAY, 1),)})
    shop.send(make.reserve("r", "A*4", where, ttl_ms=1_000))
    shop.advance(1_000)
    shop.send(make.reserve("r2", "A*4", make.route("PEK")), make.confirm("r", where))
    record = shop.record("r")
    assert (record.preorders, record.dispatches) == ((Preorder("A", "PEK", 4, FRIDAY),), (Dispatch("PEK", TODAY),))
    assert shop.last_event().details == ("{}", "u", 0)


# What moves is sold already.


def test_what_moves_is_past_every_threshold_and_no_longer_ahead(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=20))
    shop.send(make.reserve("r", "A*4", make.route("PEK")), *make.stocked("A@SHA*2"))
    shop.stock(make.policy("A", terms=[make.terms("", 50, 60, 1, 40)]))
    assert shop.ask(make.reallocate("r", make.route("SHA"))).code == "reallocated"
    assert shop.record("r").preorders == ()


def test_nothing_moves_to_what_is_on_its_way(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=20))
    shop.send(make.reserve("r", "A*2", make.route("SHA")))
    outcome = shop.reservation(make.reallocate("r", make.route("PEK")))
    assert (outcome.code, outcome.shortages) == ("insufficient_stock", [Shortage("A", 2, 0, "not_enough")])


@pytest.mark.parametrize(("picked", "ahead"), [(1, 3), (2, 2)])
def test_a_short_pick_leaves_fewer_that_wait(shop: Twin, picked: int, ahead: int) -> None:
    shop.stock(make.policy("A", ahead=20))
    shop.send(make.reserve("r", "A*4", make.route("PEK")))
    assert shop.ask(make.short_pick("p", "r", "A", picked, "PEK")).code == "moved"
    assert shop.record("r").preorders == (Preorder("A", "PEK", ahead, MONDAY),)


def test_of_what_waits_only_what_has_not_left_still_does(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=20))
    shop.send(make.reserve("r", "A*4", make.route("PEK")), make.confirm("r"))
    shop.send(make.move("a", "arrive", "A", 3, "PEK"), make.scan("s", "r", "A", 2, "PEK"))
    assert shop.ask(make.short_pick("p", "r", "A", 1, "PEK")).code == "moved"
    assert shop.record("r").preorders == (Preorder("A", "PEK", 1, MONDAY),)
    assert shop.ask(make.reallocate("r", make.route("SHA"))).code == "reallocated"
    assert shop.record("r").preorders == ()
