"""Open units move: reallocate, short picks; and previews that move nothing."""

import pytest

from inventory_service.domain.commands import CLOSED, UNBOUNDED, Route, Shift
from inventory_service.domain.reservation import Dispatch
from tests.kernel.driver import START_MS
from tests.kernel.make import (
    TTL_MS,
    again,
    confirm,
    policy,
    preview,
    read,
    reallocate,
    release,
    reserve,
    route,
    scan,
    short_pick,
    stocked,
)
from tests.kernel.twin import Twin

TODAY = START_MS // 86_400_000
SHA, CAN, SHA_PEK, PEK_CAN = route("SHA"), route("CAN"), route("SHA", "PEK"), route("PEK", "CAN")
ALL = route("SHA", "PEK", "CAN")


def day(capacity: int = UNBOUNDED, at: int = TODAY) -> tuple[Shift]:
    return (Shift(2**50, at, capacity),)


def stands(twin: Twin, reservation_id: str = "r") -> str:
    """`"A: SHA*2 PEK*1/1, B: SHA*1"`: behind the stroke what has left."""
    return ", ".join(
        f"{line.sku}: "
        + " ".join(
            f"{each.warehouse}*{each.quantity}" + f"/{each.shipped}" * (each.shipped > 0) for each in line.allocations
        )
        for line in twin.record(reservation_id).lines
    )


REALLOCATIONS = [
    ("A@SHA*5 A@PEK*5", "A*2", SHA, PEK_CAN, "A: PEK*2", [("A", "SHA", "PEK", 2)]),
    ("A@SHA*5 A@PEK A@CAN*5", "A*2", SHA, PEK_CAN, "A: CAN*2", [("A", "SHA", "CAN", 2)]),
    ("A@SHA*5 A@PEK A@CAN", "A*2", SHA, PEK_CAN, "A: PEK*1 CAN*1", [("A", "SHA", "PEK", 1), ("A", "SHA", "CAN", 1)]),
    # what stands well stays, and what comes to it adds up
    ("A@SHA*2 A@PEK*4 A@CAN", "A*5", SHA_PEK, PEK_CAN, "A: PEK*4 CAN*1",
     [("A", "SHA", "PEK", 1), ("A", "SHA", "CAN", 1)]),
    ("A@SHA*2 A@PEK*2 A@CAN*9", "A*4", SHA_PEK, PEK_CAN, "A: PEK*2 CAN*2", [("A", "SHA", "CAN", 2)]),
    ("A@SHA B@SHA A@PEK*9 B@CAN*9", "A B", SHA, PEK_CAN, "A: PEK*1, B: CAN*1",
     [("A", "SHA", "PEK", 1), ("B", "SHA", "CAN", 1)]),
    # from two to one
    ("A@SHA A@PEK A@CAN*2", "A*2", SHA_PEK, CAN, "A: CAN*2", [("A", "SHA", "CAN", 1), ("A", "PEK", "CAN", 1)]),
]  # fmt: skip


@pytest.mark.parametrize("paid", [False, True])
@pytest.mark.parametrize(("stock", "lines", "at", "to", "expected", "moved"), REALLOCATIONS)
def test_open_units_go_where_the_route_leads(
    twin: Twin,
    stock: str,
    lines: str,
    at: Route,
    to: Route,
    expected: str,
    moved: list[tuple[str, str, str, int]],
    paid: bool,
) -> None:
    twin.send(*stocked(stock), reserve("r", lines, at), *([confirm("r")] if paid else []))
    before = twin.record("r")

    outcome = twin.reservation(reallocate("r", to))

    assert (outcome.code, stands(twin)) == ("reallocated", expected)
    after = twin.record("r")
    assert (after.status, after.deadline_ms, after.created_ms) == (before.status, before.deadline_ms, before.created_ms)
    assert twin.last_event().type == "reallocate"
    assert twin.last_event().details == (moved, "", "", 0)


def test_nothing_moves_where_not_everything_can(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 B@SHA*5 A@PEK*9 B@PEK*1"), reserve("r", "A*2 B*2"))

    outcome = twin.reservation(reallocate("r", PEK_CAN))

    assert (outcome.code, outcome.shortages) == ("insufficient_stock", [("B", 2, 1, "not_enough")])
    assert stands(twin) == "A: SHA*2, B: SHA*2"
    assert twin.last_event().type == "reserve"


def test_what_has_left_stays_where_it_left(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A*3"), confirm("r"), scan("s", "r", "A"))

    twin.send(reallocate("r", PEK_CAN))

    assert stands(twin) == "A: SHA*1/1 PEK*2"
    assert twin.record("r").status == "part_shipped"
    twin.send(scan("s2", "r", "A", 2, "PEK"))
    assert twin.record("r").status == "shipped"


@pytest.mark.parametrize(
    ("ending", "code"),
    [("release", "reservation_released"), ("expire", "reservation_expired"), ("ship", "reservation_shipped")],
)
def test_what_is_closed_stays(twin: Twin, ending: str, code: str) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A"))
    if ending == "expire":
        twin.advance(TTL_MS)
    else:
        twin.send(*([release("r")] if ending == "release" else [scan("s", "r", "A")]))

    assert twin.ask(reallocate("r", PEK_CAN)).code == code
    assert twin.ask(short_pick("p", "r", "A")).code == code


def test_a_repeat_moves_nothing(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A"))
    command = reallocate("r", PEK_CAN)

    assert twin.codes(command, command, again(command), reallocate("r", PEK_CAN)) == [
        *("reallocated", "reallocated", "replayed", "replayed")
    ]
    assert [event.type for event in twin.model.events].count("reallocate") == 1
    assert twin.ask(reallocate("nobody", PEK_CAN)).code == "absent"


def test_a_deadline_holds_where_the_units_went(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A*2"), reallocate("r", PEK_CAN))
    twin.advance(TTL_MS)

    assert twin.ask(confirm("r")).code == "reservation_expired"
    assert twin.counters("A", "PEK") == (5, 0, 0, 0, 0)


# Daily capacity.


def test_a_place_moves_with_the_units(twin: Twin) -> None:
    windows = {"SHA": day(1), "PEK": day(1, TODAY + 1)}
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A*2", route("SHA", windows=windows)))

    twin.send(reallocate("r", route("PEK", windows=windows)))

    assert twin.record("r").dispatches == (Dispatch("PEK", TODAY + 1),)
    assert twin.kernel.stored().places == {("PEK", TODAY + 1): 1}


def test_who_has_a_place_needs_no_other(twin: Twin) -> None:
    windows = {"PEK": day(1)}
    twin.send(*stocked("A@SHA*1 A@PEK*9"), reserve("r", "A*10", route("SHA", "PEK", windows=windows)))
    twin.send(release("r", "A*2", "rel-1"))
    assert stands(twin) == "A: SHA*1 PEK*7"

    assert twin.ask(reserve("r2", "A", route("PEK", windows=windows))).code == "insufficient_stock"
    assert twin.ask(reallocate("r", route("PEK", windows=windows))).code == "reallocated"
    assert stands(twin) == "A: PEK*8"
    assert twin.kernel.stored().places == {("PEK", TODAY): 1}


@pytest.mark.parametrize(("shift", "reason"), [(day(0), "capacity"), (day(at=CLOSED), "closed")])
def test_nobody_moves_to_one_that_does_not_dispatch(twin: Twin, shift: tuple[Shift], reason: str) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A*2"))

    outcome = twin.reservation(reallocate("r", route("PEK", windows={"PEK": shift})))

    assert outcome.shortages == [("A", 2, 0, reason)]


# Short picks.


def test_a_short_pick_takes_its_units_elsewhere(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A*3"), confirm("r"))

    assert twin.ask(short_pick("p", "r", "A", 2)) == ("moved", [], "")

    assert stands(twin) == "A: SHA*1 PEK*2"
    assert twin.counters("A", "SHA") == (3, 0, 1, 0, 0)
    assert twin.counters("A", "PEK") == (5, 0, 2, 0, 0)
    assert twin.last_event().type == "short_pick"


def test_a_short_pick_of_what_nobody_else_has_stays_and_is_told(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*1"), reserve("r", "A*5"))

    assert twin.ask(short_pick("p", "r", "A", 2)) == ("not_moved", [("A", 2, 1, "not_enough")], "")

    assert stands(twin) == "A: SHA*5"
    assert twin.counters("A", "SHA") == (3, 5, 0, 0, 0), "the shelf is the truth: a deficit of 2"


def test_the_warehouse_itself_is_no_elsewhere(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*50"), reserve("r", "A*2"))

    assert twin.ask(short_pick("p", "r", "A", 1, where=ALL)).code == "not_moved"
    assert twin.ask(short_pick("p2", "r", "A", 1, where=route("PEK", "SHA", stores=1))).code == "not_moved"
    assert twin.counters("A") == (48, 2, 0, 0, 0)


def test_a_short_pick_counts_once(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A*3"))
    command = short_pick("p", "r", "A")

    assert twin.codes(command, command) == ["moved", "duplicate"]
    assert twin.ask(short_pick("p", "r", "A", 2)).code == "short_pick_id_reused"
    twin.send(release("r"))
    record = twin.evict("r")
    assert twin.codes(command, short_pick("p", "r", "A", carried=record)) == ["duplicate", "duplicate"]
    assert twin.codes(short_pick("q", "r", "A"), short_pick("q", "r", "A", carried=record)) == [
        *("absent", "reservation_released")
    ]
    assert twin.counters("A") == (4, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("sku", "quantity", "warehouse"), [("A", 4, "SHA"), ("A", 1, "PEK"), ("B", 1, "SHA"), ("NOPE", 1, "SHA")]
)
def test_a_short_pick_of_more_than_stands_open_there(twin: Twin, sku: str, quantity: int, warehouse: str) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*5 B@SHA*5"), reserve("r", "A*3"))

    assert twin.ask(short_pick("p", "r", sku, quantity, warehouse)).code == "exceeds_open"
    assert twin.last_event().type == "reserve"


def test_a_short_pick_takes_a_place(twin: Twin) -> None:
    windows = {"SHA": day(1), "PEK": day(1)}
    where = route("SHA", "PEK", windows=windows, basis="{}")
    twin.send(*stocked("A@SHA*5 A@PEK*5"), reserve("r", "A*2", where), reserve("r2", "A", route("SHA")))

    twin.send(short_pick("p", "r", "A", where=where), short_pick("p2", "r2", "A", where=where))

    assert twin.record("r").dispatches == (Dispatch("SHA", TODAY), Dispatch("PEK", TODAY))
    assert twin.kernel.stored().places == {("SHA", TODAY): 1, ("PEK", TODAY): 1}
    assert stands(twin, "r2") == "A: SHA*1", "PEK has no place left"
    assert [event.details[-2] for event in twin.model.events[-2:] if event.details] == ["u", "f"]


# Previews.

SHORT = [("A", 3, 2, "not_enough")]
PREVIEWS = [
    ("A@SHA*5 A@PEK*9", "A*2", ALL, False, ("found", [["SHA*2"]], [], "ucn", [[5], [9], [0]])),
    ("A@SHA*1 A@PEK*1", "A*2", ALL, False, ("found", [["SHA*1", "PEK*1"]], [], "uun", [[1], [1], [0]])),
    ("A@SHA*1 A@PEK*1", "A*3", ALL, False, ("insufficient_stock", [[]], SHORT, "ppn", [[1], [1], [0]])),
    ("A@SHA*1 A@PEK*1", "A*3", ALL, True, ("found", [["SHA*1", "PEK*1"]], SHORT, "uun", [[1], [1], [0]])),
    ("A@SHA*5 B@SHA*5", "A B", route("SHA", windows={"SHA": day(0)}), True,
     ("insufficient_stock", [[], []], [("A", 1, 0, "capacity"), ("B", 1, 0, "capacity")], "f", [[5, 5]])),
    ("A@SHA*5", "A NOPE", ALL, False, ("unknown_sku", [], [], "", [])),
]  # fmt: skip


@pytest.mark.parametrize(("stock", "lines", "where", "partial", "expected"), PREVIEWS)
def test_a_preview_tells_what_a_hold_would_get(
    twin: Twin, stock: str, lines: str, where: Route, partial: bool, expected: tuple[object, ...]
) -> None:
    twin.send(*stocked(stock), policy("A", 0))
    before = twin.kernel.stored()

    outcome = twin.ask(preview(lines, where, allow_partial=partial))

    told = [[f"{each.warehouse}*{each.quantity}" for each in line] for line in outcome.allocations]  # type: ignore[union-attr]
    verdicts = "".join(view.verdict for view in outcome.warehouses)  # type: ignore[union-attr]
    available = [view.available for view in outcome.warehouses]  # type: ignore[union-attr]
    assert (outcome.code, told, outcome.shortages, verdicts, available) == expected  # type: ignore[union-attr]
    assert twin.kernel.stored() == before
    if outcome.code == "found":
        assert twin.ask(reserve("r", lines, where, allow_partial=partial)).code == "held"
        assert [[f"{w}*{n}" for w, n, _ in line.allocations] for line in twin.record("r").lines] == told


def test_a_preview_sees_what_stood_before_it_in_the_batch(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*2"))

    assert twin.codes(preview("A*2"), reserve("r", "A*2"), preview("A*2"), release("r"), preview("A*2"), read("r")) == [
        *("found", "held", "insufficient_stock", "released", "found", "found")
    ]
