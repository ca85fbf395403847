"""Reserve: every row of the contract, against the kernel and its model."""

import pytest

from inventory_service.domain.commands import Route
from inventory_service.domain.outcomes import Shortage
from inventory_service.domain.reservation import Operation, Reservation
from tests.kernel.make import (
    TTL_MS,
    again,
    confirm,
    extend,
    policy,
    read,
    receive,
    release,
    reserve,
    route,
    scan,
    stocked,
)
from tests.kernel.twin import Twin

SHA, SHA_PEK, ALL = route("SHA"), route("SHA", "PEK"), route("SHA", "PEK", "CAN")


def allocated(twin: Twin, reservation_id: str) -> dict[str, str]:
    """`{"A": "SHA*2 PEK*1"}`"""
    return {
        line.sku: " ".join(f"{warehouse}*{quantity}" for warehouse, quantity, _ in line.allocations)
        for line in twin.record(reservation_id).lines
    }


ALLOCATIONS = [
    # one warehouse can: the best ranked of those wins
    ("A@SHA*5", "A*2", SHA, {"A": "SHA*2"}),
    ("A@SHA*2", "A*2", SHA, {"A": "SHA*2"}),
    ("A@SHA*5 A@PEK*9", "A*5", SHA_PEK, {"A": "SHA*5"}),
    ("A@SHA*1 A@PEK*5", "A*2", SHA_PEK, {"A": "PEK*2"}),
    ("A@SHA*5 A@PEK*5", "A*2", route("PEK", "SHA"), {"A": "PEK*2"}),
    ("A@SHA*9 B@SHA*1 A@PEK*2 B@PEK*2", "A*2 B*2", SHA_PEK, {"A": "PEK*2", "B": "PEK*2"}),
    ("A@SHA*3 B@SHA*1 A@CAN*2 B@CAN*2", "A*2 B*2", ALL, {"A": "CAN*2", "B": "CAN*2"}),
    ("A@SHA*5", "A*2", route("NIX", "SHA"), {"A": "SHA*2"}),
    # several must: the fewest that can, of those the best ranked, and each line from the best ranked first
    ("A@SHA*1 A@PEK*1", "A*2", SHA_PEK, {"A": "SHA*1 PEK*1"}),
    ("A@SHA*1 A@PEK*1 A@CAN*1", "A*3", ALL, {"A": "SHA*1 PEK*1 CAN*1"}),
    ("A@SHA*1 A@PEK*3 A@CAN*2", "A*5", ALL, {"A": "PEK*3 CAN*2"}),
    ("A@SHA*1 A@PEK*3 A@CAN*3", "A*7", ALL, {"A": "SHA*1 PEK*3 CAN*3"}),
    ("A@SHA*2 B@PEK*2", "A*2 B*2", SHA_PEK, {"A": "SHA*2", "B": "PEK*2"}),
    ("A@SHA*2 B@PEK*3", "A*2 B*3", SHA_PEK, {"A": "SHA*2", "B": "PEK*3"}),
    ("A@SHA*9 A@PEK*1 B@PEK*2", "A*3 B*2", SHA_PEK, {"A": "SHA*3", "B": "PEK*2"}),
    ("A@SHA*2 A@PEK*1 B@PEK*2", "A*3 B*2", SHA_PEK, {"A": "SHA*2 PEK*1", "B": "PEK*2"}),
    # the bound on splits is kept where it suffices
    ("A@SHA*1 A@PEK*1", "A*2", route("SHA", "PEK", max_splits=2), {"A": "SHA*1 PEK*1"}),
    ("A@SHA*1 A@PEK*5", "A*2", route("SHA", "PEK", max_splits=1), {"A": "PEK*2"}),
    # the most available first, ties to the order given
    ("A@SHA*3 A@PEK*5", "A*2", route("SHA", "PEK", balance=True), {"A": "PEK*2"}),
    ("A@SHA*5 A@PEK*5", "A*2", route("SHA", "PEK", balance=True), {"A": "SHA*2"}),
    ("A@SHA*3 A@PEK*5 A@CAN*5", "A*2", route("SHA", "CAN", "PEK", balance=True), {"A": "CAN*2"}),
    ("A@SHA*2 B@SHA*9 A@PEK*5 B@PEK*2", "A B", route("PEK", "SHA", balance=True), {"A": "SHA*1", "B": "SHA*1"}),
    ("A@SHA*3 A@PEK*5 C@SHA*9", "A*2", route("SHA", "PEK", balance=True), {"A": "PEK*2"}),  # other SKUs do not count
]


@pytest.mark.parametrize(("stock", "lines", "where", "expected"), ALLOCATIONS)
def test_allocation(twin: Twin, stock: str, lines: str, where: Route, expected: dict[str, str]) -> None:
    twin.send(*stocked(stock))

    outcome = twin.reservation(reserve("r", lines, where))

    assert outcome.code == "held"
    assert allocated(twin, "r") == expected


SHORTAGES = [
    ("A@SHA*1", "A*2", SHA, [("A", 2, 1, "not_enough")]),
    ("A@SHA*1 B@SHA*9", "A*2 B*2", SHA, [("A", 2, 1, "not_enough")]),
    ("A@SHA*1 B@SHA*1", "A*2 B*2", SHA, [("A", 2, 1, "not_enough"), ("B", 2, 1, "not_enough")]),
    ("A@SHA*1 A@PEK*1", "A*3", SHA_PEK, [("A", 3, 2, "not_enough")]),
    ("A@SHA*1 A@CAN*9", "A*2", route("SHA", out_of_area="CAN"), [("A", 2, 1, "not_enough")]),
    ("A@SHA*1 A@CAN*9", "A*2", route("PEK", out_of_area="CAN SHA"), [("A", 2, 0, "not_served")]),
    ("A@SHA*1 A@CAN*1", "A*2", route("PEK", out_of_area="CAN"), [("A", 2, 0, "not_served")]),
    ("A@SHA*1 A@CAN*1", "A*2", route(out_of_area="CAN"), [("A", 2, 0, "not_served")]),
    ("A@SHA*1", "A*2", route("PEK", out_of_area="CAN"), [("A", 2, 0, "not_enough")]),
    ("A@SHA*1", "A*2", route(), [("A", 2, 0, "not_enough")]),
    ("A@SHA*1 A@PEK*1", "A*2", route("SHA", "PEK", max_splits=1), [("A", 2, 2, "max_splits")]),
    ("A@SHA*1 A@PEK*1", "A*3", route("SHA", "PEK", max_splits=1), [("A", 3, 2, "not_enough")]),
    (
        "A@SHA*1 A@PEK*1 A@CAN*1",
        "A*3",
        route("SHA", "PEK", "CAN", max_splits=2),
        [("A", 3, 3, "max_splits")],
    ),
    ("A@SHA*2 B@PEK*2", "A*2 B*2", route("SHA", "PEK", max_splits=1), [("B", 2, 2, "max_splits")]),
    (
        "A@SHA*2 B@PEK*2",
        "A*2 B*2 C",
        route("SHA", "PEK", max_splits=1),
        [("B", 2, 2, "max_splits"), ("C", 1, 0, "not_enough")],
    ),
]


@pytest.mark.parametrize(("stock", "lines", "where", "expected"), SHORTAGES)
def test_shortage(twin: Twin, stock: str, lines: str, where: Route, expected: list[tuple[str, int, int, str]]) -> None:
    twin.send(*stocked(stock), *stocked("C@GONE*1"))

    outcome = twin.reservation(reserve("r", lines, where))

    assert outcome.code == "insufficient_stock"
    assert outcome.shortages == [Shortage(*row) for row in expected]
    assert outcome.reservation is None
    assert twin.reservation(read("r")).code == "absent"


def test_only_what_is_free_is_promised(twin: Twin) -> None:
    twin.send(receive("A", 10), policy("A", safety_stock=2), reserve("held", "A*3"), reserve("paid", "A*1"))
    twin.send(confirm("paid"))

    assert twin.reservation(reserve("r", "A*5")).shortages == [Shortage("A", 5, 4, "not_enough")]
    assert twin.reservation(reserve("r", "A*4")).code == "held"
    assert twin.counters("A") == (10, 7, 1, 0, 0)


@pytest.mark.parametrize(
    ("default", "own", "free"),
    [(3, None, 7), (3, 0, 10), (0, 4, 6), (3, 20, 0)],
    ids=["default", "own of zero", "own", "more than there is"],
)
def test_safety_stock_is_the_warehouses_own_or_the_default(
    twin: Twin, default: int, own: int | None, free: int
) -> None:
    twin.send(receive("A", 10), policy("A", safety_stock=default))
    if own is not None:
        twin.send(policy("A", safety_stock=own, warehouse="SHA"))

    assert twin.reservation(reserve("r", "A*11")).shortages == [Shortage("A", 11, free, "not_enough")]


def test_a_deficit_in_one_warehouse_takes_nothing_from_another(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*2"), reserve("r0", "A*5", SHA))
    twin.send(confirm("r0"), scan("s1", "r0", "A", 9))

    assert twin.counters("A") == (-4, 0, 0, 0, 0)
    assert twin.reservation(reserve("r", "A*3", SHA_PEK)).shortages == [Shortage("A", 3, 2, "not_enough")]


PARTIAL = [
    ("A@SHA*1", "A*3", SHA, {"A": (3, 1, "SHA*1")}),
    ("A@SHA*1 A@PEK*1", "A*3", SHA_PEK, {"A": (3, 2, "SHA*1 PEK*1")}),
    ("A@SHA*1 B@PEK*1", "A*2 B", SHA, {"A": (2, 1, "SHA*1"), "B": (1, 0, "")}),
    ("A@SHA*1 A@PEK*2", "A*3", route("SHA", "PEK", max_splits=1), {"A": (3, 2, "PEK*2")}),
    ("A@SHA*3 B@SHA*3", "A*3 B*3", SHA, {"A": (3, 3, "SHA*3"), "B": (3, 3, "SHA*3")}),
]


@pytest.mark.parametrize(("stock", "lines", "where", "expected"), PARTIAL)
def test_allow_partial_holds_what_there_is(
    twin: Twin, stock: str, lines: str, where: Route, expected: dict[str, tuple[int, int, str]]
) -> None:
    twin.send(*stocked(stock))

    outcome = twin.reservation(reserve("r", lines, where, allow_partial=True))

    assert outcome.code == "held"
    assert outcome.shortages == []
    got = {line.sku: (line.requested, line.quantity) for line in twin.record("r").lines}
    assert got == {sku: (requested, quantity) for sku, (requested, quantity, _) in expected.items()}
    assert allocated(twin, "r") == {sku: places for sku, (_, _, places) in expected.items()}


def test_allow_partial_with_nothing_at_all_is_short(twin: Twin) -> None:
    twin.send(*stocked("A@PEK*1 B@CAN*1"))

    outcome = twin.reservation(reserve("r", "A B", route("SHA", out_of_area="CAN"), allow_partial=True))

    assert outcome.code == "insufficient_stock"
    assert outcome.shortages == [Shortage("A", 1, 0, "not_enough"), Shortage("B", 1, 0, "not_served")]


def test_the_record(twin: Twin) -> None:
    twin.send(receive("A", 5))
    now_ms = twin.advance(1_000)
    command = reserve("r", "A*2", ttl_ms=5_000, attributes='{"channel":"官网"}')

    record = twin.reservation(command).reservation

    assert record is not None
    assert record._replace(lines=[]) == Reservation(
        version=1,
        status="held",
        created_ms=now_ms,
        deadline_ms=now_ms + 5_000,
        armed_ms=now_ms,
        confirmed_ms=0,
        ended_ms=0,
        changed_seq=2,
        fingerprint=command.fingerprint,
        client="shop",
        lines=[],
        operations=[Operation(command.op_id, "held")],
        attributes='{"channel":"官网"}',
    )
    assert twin.kernel.deadlines() == {"r": now_ms + 5_000}


# Refusals in order of precedence: each row would also deserve every code below it.

SAME, OTHER = "A*2", "A*3"


def test_idempotency_is_judged_first(twin: Twin) -> None:
    twin.send(receive("A", 2))
    first = reserve("r", SAME)
    assert twin.ask(first).code == "held"
    twin.set_meta(backlog_limit=0)  # now every new hold is refused, and there is nothing left to hold

    assert twin.ask(first).code == "held"  # its own repeat after a lost reply
    assert twin.ask(again(first)).code == "replayed"
    assert twin.ask(reserve("r", "NOPE*9")).code == "idempotency_mismatch"
    assert twin.ask(reserve("new", "NOPE A*9")).code == "unknown_sku"
    assert twin.ask(reserve("new", "A*9")).code == "overloaded"
    twin.set_meta(backlog_limit=1_000)
    assert twin.ask(reserve("new", "A*9")).code == "insufficient_stock"
    assert len(twin.model.events) == 2


@pytest.mark.parametrize(("lines", "index"), [("X A", 0), ("A X", 1), ("A B X Y", 2)])
def test_unknown_sku_names_its_line(twin: Twin, lines: str, index: int) -> None:
    twin.send(*stocked("A@SHA*1 B@SHA*1"))

    outcome = twin.reservation(reserve("r", lines, allow_partial=True))

    assert (outcome.code, outcome.line) == ("unknown_sku", index)
    assert twin.counters("A") == (1, 0, 0, 0, 0)


def test_a_refusal_is_not_remembered(twin: Twin) -> None:
    command = reserve("r", "A*2")
    assert twin.codes(command, receive("A", 1), command, receive("A", 1), command) == [
        "unknown_sku",
        "applied",
        "insufficient_stock",
        "applied",
        "held",
    ]


def test_the_same_id_twice_in_one_batch(twin: Twin) -> None:
    twin.send(receive("A", 9))
    command = reserve("r", "A*2")

    assert twin.codes(command, again(command), command, reserve("r", "A*3")) == [
        "held",
        "replayed",
        "held",
        "idempotency_mismatch",
    ]
    assert twin.counters("A") == (9, 2, 0, 0, 0)


def test_a_replay_shows_the_reservation_as_it_is_now(twin: Twin) -> None:
    twin.send(receive("A", 9))
    command = reserve("r", "A*2")
    twin.send(command, release("r"))

    outcome = twin.reservation(again(command))

    assert outcome.code == "replayed"
    assert outcome.reservation is not None
    assert outcome.reservation.status == "released"
    twin.advance(TTL_MS)
    assert twin.reservation(again(command)).code == "replayed"


def test_a_replay_of_one_that_is_due_shows_it_expired(twin: Twin) -> None:
    twin.send(receive("A", 9))
    command = reserve("r", "A*2")
    twin.send(command)
    twin.advance(TTL_MS)

    outcome = twin.reservation(again(command))

    assert outcome.code == "replayed"
    assert outcome.reservation is not None
    assert outcome.reservation.status == "expired"


def test_one_that_left_is_remembered(twin: Twin) -> None:
    twin.send(receive("A", 9))
    command = reserve("r", SAME)
    twin.send(command, release("r"))
    twin.evict("r")

    assert twin.codes(again(command), command, reserve("r", OTHER), read("r")) == [
        "remembered",
        "remembered",
        "idempotency_mismatch",
        "absent",
    ]


def test_an_expired_hold_frees_its_stock_for_the_next_in_the_same_batch(twin: Twin) -> None:
    twin.send(receive("A", 2), reserve("r1", "A*2", ttl_ms=1_000))
    assert twin.ask(reserve("r2", "A")).code == "insufficient_stock"
    twin.advance(1_000)

    assert twin.ask(reserve("r2", "A*2")).code == "held"


def test_one_batch_sells_the_last_unit_once(twin: Twin) -> None:
    twin.send(receive("A", 1))
    batch = [reserve(f"r{number}", "A") for number in range(5)]

    assert twin.codes(*batch) == ["held", *["insufficient_stock"] * 4]


def test_what_a_batch_makes_it_can_use(twin: Twin) -> None:
    assert twin.codes(
        reserve("r", "A"),
        receive("A", 1),
        reserve("r", "A"),
        extend("r", 5_000),
        confirm("r"),
        scan("s", "r", "A"),
        read("r"),
    ) == ["unknown_sku", "applied", "held", "extended", "confirmed", "applied", "found"]
    assert twin.record("r").status == "shipped"
