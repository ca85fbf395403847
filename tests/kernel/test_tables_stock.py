"""Every movement type with its refusals, policies and stock reads."""

import pytest

from inventory_service.domain.events import MovementDetails, PolicyDetails
from inventory_service.domain.outcomes import MovementOutcome, StockOutcome
from inventory_service.domain.stock import UNSET, Level, Stock
from tests.kernel.make import confirm, look, move, policy, receive, reserve, scan, stocked
from tests.kernel.twin import Twin

Counters = tuple[int, int, int, int, int]  # on_hand, held, committed, unavailable, incoming
MAX = 1_000_000_000


def prepare(twin: Twin, on_hand: int, unavailable: int = 0, incoming: int = 0, promised: int = 0) -> None:
    """One level of A in SHA with these counters."""
    if on_hand:
        twin.send(receive("A", on_hand))
    if promised:
        twin.send(reserve("promise", f"A*{promised}"))
    if unavailable:
        twin.send(move("prep-1", "quarantine", "A", unavailable))
    if incoming:
        twin.send(move("prep-2", "expect", "A", incoming))


@pytest.mark.parametrize(
    ("kind", "quantity", "after"),
    [
        ("receive", 5, (15, 0, 0, 4, 3)),
        ("adjust", 5, (15, 0, 0, 4, 3)),
        ("adjust", -5, (5, 0, 0, 4, 3)),
        ("adjust", -6, (4, 0, 0, 4, 3)),
        ("count", 12, (12, 0, 0, 4, 3)),
        ("count", 10, (10, 0, 0, 4, 3)),
        ("count", 4, (4, 0, 0, 4, 3)),
        ("quarantine", 6, (10, 0, 0, 10, 3)),
        ("restore", 4, (10, 0, 0, 0, 3)),
        ("write_off", 4, (6, 0, 0, 0, 3)),
        ("return", 2, (12, 0, 0, 6, 3)),
        ("expect", 7, (10, 0, 0, 4, 10)),
        ("arrive", 3, (13, 0, 0, 4, 0)),
    ],
)
def test_the_effect_of_a_movement(twin: Twin, kind: str, quantity: int, after: Counters) -> None:
    prepare(twin, on_hand=10, unavailable=4, incoming=3)
    now_ms = twin.advance(10)
    command = move("m", kind, "A", quantity)

    outcome = twin.movement(command)

    assert outcome.code == "applied"
    assert outcome.stock == twin.model.stock["A"]
    assert twin.counters("A") == after
    assert twin.model.level("A", "SHA").counted_ms == (now_ms if kind == "count" else 0)
    event = twin.last_event()
    assert (event.type, event.client, event.op_id, event.subject) == (kind, "desk", "m", "m")
    assert len(event.changes) == 1
    assert event.details == MovementDetails(command.digest, command.fingerprint, quantity, "because", "po-1", False)


@pytest.mark.parametrize(
    ("kind", "quantity"), [("receive", 3), ("adjust", 3), ("count", 3), ("count", 0), ("return", 3), ("expect", 3)]
)
def test_a_sku_comes_to_exist_with_its_first_movement(twin: Twin, kind: str, quantity: int) -> None:
    assert twin.codes(look("A"), move("m", kind, "A", quantity), look("A")) == ["unknown_sku", "applied", "found"]
    assert twin.model.stock["A"]._replace(levels=[]) == Stock(1, 1, 0, 0, [])


@pytest.mark.parametrize(("kind", "quantity"), [("adjust", -1), ("quarantine", 1), ("restore", 1), ("arrive", 1)])
def test_a_sku_does_not_come_to_exist_by_a_refusal(twin: Twin, kind: str, quantity: int) -> None:
    outcome = twin.movement(move("m", kind, "A", quantity))

    assert outcome.code in {"would_break_commitments", "not_enough"}
    assert outcome.stock is None
    assert twin.codes(look("A"), reserve("r", "A")) == ["unknown_sku"] * 2


@pytest.mark.parametrize(
    ("kind", "quantity", "code"),
    [
        ("adjust", -3, "applied"),
        ("adjust", -4, "would_break_commitments"),
        ("count", 7, "applied"),
        ("count", 6, "would_break_commitments"),
        ("quarantine", 3, "applied"),
        ("quarantine", 4, "would_break_commitments"),
        ("restore", 3, "not_enough"),
        ("restore", 2, "applied"),
        ("write_off", 3, "not_enough"),
        ("write_off", 2, "applied"),
        ("arrive", 1, "not_enough"),
    ],
)
def test_what_is_promised_stays(twin: Twin, kind: str, quantity: int, code: str) -> None:
    prepare(twin, on_hand=10, unavailable=2, promised=5)
    before = twin.counters("A")

    outcome = twin.movement(move("m", kind, "A", quantity))

    assert outcome.code == code
    assert outcome.stock == twin.model.stock["A"]
    assert (twin.counters("A") == before) == (code != "applied")


@pytest.mark.parametrize(
    ("kind", "quantity", "code", "after"),
    [
        ("adjust", -9, "applied", (1, 5, 0, 2, 0)),
        ("adjust", -12, "applied", (-2, 5, 0, 2, 0)),
        ("count", 0, "applied", (0, 5, 0, 2, 0)),
        ("quarantine", 8, "applied", (10, 5, 0, 10, 0)),
        ("restore", 3, "not_enough", (10, 5, 0, 2, 0)),
        ("write_off", 3, "not_enough", (10, 5, 0, 2, 0)),
        ("arrive", 1, "not_enough", (10, 5, 0, 2, 0)),
    ],
)
def test_force_breaks_promises_but_makes_no_counter_negative(
    twin: Twin, kind: str, quantity: int, code: str, after: Counters
) -> None:
    prepare(twin, on_hand=10, unavailable=2, promised=5)

    assert twin.ask(move("m", kind, "A", quantity, force=True)).code == code
    assert twin.counters("A") == after
    if code == "applied":
        details = twin.last_event().details
        assert isinstance(details, MovementDetails)
        assert details.forced


def test_forced_is_only_told_where_it_was_needed(twin: Twin) -> None:
    prepare(twin, on_hand=10, promised=5)
    twin.send(move("m", "adjust", "A", -5, force=True))

    details = twin.last_event().details
    assert isinstance(details, MovementDetails)
    assert not details.forced


def test_a_deficit_may_shrink_but_not_grow(twin: Twin) -> None:
    prepare(twin, on_hand=10, promised=5)
    twin.send(move("m0", "count", "A", 2, force=True))

    assert (
        twin.codes(
            move("m1", "receive", "A", 1),
            move("m2", "count", "A", 3),
            move("m3", "adjust", "A", 1),
            move("m4", "adjust", "A", -1),
            move("m5", "return", "A", 1),
            move("m6", "quarantine", "A", 1),
            move("m7", "expect", "A", 9),
            move("m8", "write_off", "A", 1),
        )
        == ["applied", "applied", "applied", "would_break_commitments", "applied", "would_break_commitments"]
        + ["applied"] * 2
    )


# Counts.


@pytest.mark.parametrize(
    ("expected", "code"),
    [(None, "applied"), (10, "applied"), (9, "stale_count"), (0, "stale_count"), (11, "stale_count")],
)
def test_a_stale_count_is_refused(twin: Twin, expected: int | None, code: str) -> None:
    prepare(twin, on_hand=10)

    assert twin.ask(move("m", "count", "A", 7, expected=expected)).code == code
    assert twin.counters("A")[0] == (7 if code == "applied" else 10)


def test_a_count_of_what_was_never_seen_expects_zero(twin: Twin) -> None:
    assert twin.codes(move("m", "count", "A", 7, expected=1), move("m", "count", "A", 7, expected=0)) == [
        "stale_count",
        "applied",
    ]


def test_force_does_not_help_a_stale_count(twin: Twin) -> None:
    prepare(twin, on_hand=10)

    assert twin.ask(move("m", "count", "A", 7, expected=9, force=True)).code == "stale_count"


# Limits.


@pytest.mark.parametrize(
    ("kind", "quantity", "code"),
    [
        ("receive", 1, "out_of_range"),
        ("adjust", 1, "out_of_range"),
        ("adjust", -1, "applied"),
        ("return", 1, "out_of_range"),
        ("expect", 1, "applied"),
        ("count", MAX, "applied"),
        ("count", MAX + 1, "out_of_range"),
        ("count", 0, "applied"),
    ],
)
def test_on_hand_has_a_limit(twin: Twin, kind: str, quantity: int, code: str) -> None:
    twin.send(move("m0", "count", "A", MAX))

    assert twin.ask(move("m", kind, "A", quantity)).code == code


def test_the_other_counters_have_a_limit(twin: Twin) -> None:
    twin.send(move("m0", "count", "A", MAX), move("m1", "expect", "A", MAX), move("m2", "quarantine", "A", MAX))

    assert twin.codes(
        move("m3", "expect", "A", 1),
        move("m4", "quarantine", "A", 1, force=True),
        move("m5", "restore", "A", 1),
        move("m6", "quarantine", "A", 1),
    ) == ["out_of_range", "out_of_range", "applied", "applied"]


def test_on_hand_has_a_lower_limit_even_by_force(twin: Twin) -> None:
    assert twin.codes(
        move("m1", "adjust", "A", -MAX, force=True),
        move("m2", "adjust", "A", -1, force=True),
        move("m3", "adjust", "A", -1),
    ) == ["applied", "out_of_range", "out_of_range"]


# Idempotency.


def test_a_movement_is_applied_once_per_movement_id(twin: Twin) -> None:
    first = move("m", "receive", "A", 5)

    assert twin.codes(first, first, move("m", "receive", "A", 6), first) == [
        "applied",
        "duplicate",
        "movement_id_reused",
        "duplicate",
    ]
    assert twin.codes(first, move("m", "receive", "B", 5), move("m", "receive", "A", 5, client="other")) == [
        "duplicate",
        "movement_id_reused",
        "applied",
    ]
    assert twin.counters("A") == (10, 0, 0, 0, 0)


def test_a_duplicate_shows_the_stock_as_it_is_now(twin: Twin) -> None:
    first = move("m", "receive", "A", 5)
    twin.send(first, receive("A", 1))

    assert twin.movement(first) == MovementOutcome("duplicate", twin.model.stock["A"])


def test_a_duplicate_is_not_judged_again(twin: Twin) -> None:
    prepare(twin, on_hand=10)
    first = move("m", "adjust", "A", -10)
    counted = move("c", "count", "A", 3, expected=0)

    assert twin.codes(first, first, counted, counted) == ["applied", "duplicate", "applied", "duplicate"]


def test_a_refused_movement_is_judged_afresh(twin: Twin) -> None:
    prepare(twin, on_hand=1)
    command = move("m", "adjust", "A", -2)

    assert twin.codes(command, receive("A", 1), command, command) == [
        "would_break_commitments",
        "applied",
        "applied",
        "duplicate",
    ]


def test_movements_keep_warehouses_apart(twin: Twin) -> None:
    twin.send(*stocked("A@SHA*5 A@PEK*7 B@SHA*9"), move("m", "adjust", "A", -7, "PEK"))

    assert twin.counters("A", "SHA")[0] == 5
    assert twin.counters("A", "PEK")[0] == 0
    assert twin.counters("B", "SHA")[0] == 9


# Policy and reading.


def test_policy_needs_a_known_sku(twin: Twin) -> None:
    assert twin.codes(policy("A", 5), policy("A", 5, warehouse="SHA")) == ["unknown_sku"] * 2
    assert twin.stock(policy("A", 5)).stock is None


def test_policy_sets_the_default_or_one_warehouse(twin: Twin) -> None:
    twin.send(receive("A", 9))

    assert twin.stock(policy("A", safety_stock=2, warn_below=20)).code == "applied"
    assert twin.last_event().details == PolicyDetails("A", "", 2, 20)
    twin.send(policy("A", safety_stock=5, warehouse="SHA"))
    assert twin.last_event().details == PolicyDetails("A", "SHA", 5, UNSET)
    twin.send(policy("A", warn_below=7, warehouse="SHA"), policy("A", safety_stock=0))

    stock = twin.model.stock["A"]
    assert (stock.safety_stock, stock.warn_below) == (0, 20)
    assert (stock.levels[0].safety_stock, stock.levels[0].warn_below) == (5, 7)
    event = twin.last_event()
    assert (event.type, event.client, event.subject, event.changes) == ("policy", "desk", "A", [])
    assert stock.changed_seq == event.seq == 5


def test_policy_makes_the_warehouse_it_names(twin: Twin) -> None:
    twin.send(receive("A", 9))

    outcome = twin.stock(policy("A", warn_below=3, warehouse="PEK"))

    assert outcome.stock is not None
    assert Level("PEK", 0, 0, 0, 0, 0, UNSET, 3, 0) in outcome.stock.levels


def test_safety_stock_above_the_shelf_breaks_no_promise(twin: Twin) -> None:
    twin.send(receive("A", 2), reserve("r", "A*2"), policy("A", safety_stock=50))

    assert twin.codes(confirm("r"), scan("s", "r", "A", 2), reserve("r2", "A")) == [
        "confirmed",
        "applied",
        "insufficient_stock",
    ]


def test_reading_changes_nothing(twin: Twin) -> None:
    twin.send(receive("A", 9))

    assert twin.stock(look("A")) == StockOutcome("found", twin.model.stock["A"])
    assert twin.stock(look("B")) == StockOutcome("unknown_sku", None)
    assert len(twin.kernel.entries()) == 1
