"""How many new holds a client or a customer may make: counted in the kernel, beside its model."""

import pytest

from inventory_service.domain.commands import HoldLimit
from inventory_service.domain.outcomes import ReservationOutcome
from tests.kernel.driver import MINUTE_MS, START_MS, Kernel
from tests.kernel.make import again, confirm, extend, receive, release, reserve, route, scan
from tests.kernel.twin import Twin

CUSTOMER = HoldLimit("c-77", 3, MINUTE_MS)  # a hold comes back every 20 s
CLIENT = HoldLimit("shop", 5, 1_000)
LIMITED = "rate_limited"


@pytest.fixture(autouse=True)
def stock(twin: Twin) -> None:
    twin.send(receive("A", 1_000))


def holds(twin: Twin, number: int, *limits: HoldLimit, named: str = "r") -> list[str]:
    """The codes of so many new holds in one batch."""
    return twin.codes(*(reserve(f"{named}{index}", "A", limits=limits) for index in range(number)))


@pytest.mark.parametrize("limit", [CUSTOMER, CLIENT, HoldLimit("x", 7, 1_000), HoldLimit("y", 1, MINUTE_MS)], ids=repr)
def test_as_many_at_once_as_in_a_whole_period(twin: Twin, limit: HoldLimit) -> None:
    assert holds(twin, limit.holds + 2, limit) == ["held"] * limit.holds + [LIMITED] * 2


def test_the_refusal_says_when_to_come_again_to_the_millisecond(twin: Twin) -> None:
    holds(twin, 3, CUSTOMER)
    twin.advance(500)

    assert twin.reservation(reserve("late", "A", limits=[CUSTOMER])) == ReservationOutcome(
        LIMITED, None, [], -1, 19_500
    )
    twin.advance(19_499)
    assert twin.reservation(reserve("late", "A", limits=[CUSTOMER])).retry_after_ms == 1
    twin.advance(1)
    assert holds(twin, 2, CUSTOMER, named="late") == ["held", LIMITED]


def test_an_allowance_fills_up_and_no_further(twin: Twin) -> None:
    holds(twin, 3, CUSTOMER)
    twin.advance(100 * MINUTE_MS)
    assert holds(twin, 4, CUSTOMER, named="later") == ["held"] * 3 + [LIMITED]


@pytest.mark.parametrize("start_ms", [0, 1, 30_000, MINUTE_MS - 1])
@pytest.mark.parametrize("pause_ms", [20_000, 40_000, MINUTE_MS])
def test_it_is_counted_across_the_slots_of_the_ring(twin: Twin, start_ms: int, pause_ms: int) -> None:
    twin.advance(start_ms)
    holds(twin, 3, CUSTOMER)
    for round_ in range(8):
        twin.advance(pause_ms)
        free = pause_ms // 20_000
        assert holds(twin, free + 1, CUSTOMER, named=f"{round_}-") == ["held"] * free + [LIMITED]


def test_both_must_allow_and_the_longer_wait_is_told(twin: Twin) -> None:
    holds(twin, 3, CUSTOMER)
    assert twin.reservation(reserve("a", "A", limits=[CLIENT, CUSTOMER])).retry_after_ms == 20_000
    assert holds(twin, 6, CLIENT, named="b") == ["held"] * 5 + [LIMITED]
    assert twin.reservation(reserve("c", "A", limits=[CLIENT, HoldLimit("other", 1, MINUTE_MS)])).retry_after_ms == 200


def test_what_one_limit_refuses_the_other_does_not_count(twin: Twin) -> None:
    holds(twin, 3, CUSTOMER)
    assert holds(twin, 9, CLIENT, CUSTOMER, named="refused") == [LIMITED] * 9
    assert holds(twin, 5, CLIENT, named="b") == ["held"] * 5


def test_only_what_was_granted_counts(twin: Twin) -> None:
    """A refused command leaves no trace, and a repeat is answered as it was."""
    first = reserve("r", "A", limits=[CUSTOMER])
    twin.send(first)
    assert twin.codes(first, again(first), again(first)) == ["held", "replayed", "replayed"]
    assert (
        twin.codes(*(reserve(f"big{index}", "A*2000", limits=[CUSTOMER]) for index in range(9)))
        == ["insufficient_stock"] * 9
    )
    assert twin.codes(reserve("no-sku", "B", limits=[CUSTOMER])) == ["unknown_sku"]
    assert holds(twin, 3, CUSTOMER, named="more") == ["held", "held", LIMITED]
    assert twin.codes(first, again(first)) == ["held", "replayed"]


def test_a_used_up_allowance_is_told_before_a_shortage(twin: Twin) -> None:
    holds(twin, 3, CUSTOMER)
    assert twin.codes(reserve("r9", "A*2000", limits=[CUSTOMER]), reserve("r9", "B", limits=[CUSTOMER])) == [
        LIMITED,
        "unknown_sku",
    ]


def test_nothing_that_ends_a_hold_is_ever_limited(twin: Twin) -> None:
    holds(twin, 4, CUSTOMER)
    assert twin.codes(extend("r0"), confirm("r0"), scan("s", "r0", "A"), release("r1")) == [
        "extended",
        "confirmed",
        "applied",
        "released",
    ]
    twin.advance(1_000_000)
    holds(twin, 3, CUSTOMER, named="more")
    assert twin.codes(confirm("r2", route("SHA"))) == ["reacquired"]


def test_cells_do_not_share(twin: Twin) -> None:
    assert holds(twin, 3, CUSTOMER) == ["held"] * 3
    assert holds(twin, 3, CUSTOMER._replace(cell="c-78"), named="other") == ["held"] * 3


def test_the_ticks_drop_what_is_whole_again(twin: Twin, kernel: Kernel) -> None:
    """A cell lives two minutes at most: however many customers come, the hash does not grow beyond theirs."""
    for minute in range(7):
        holds(twin, 1, HoldLimit(f"customer-{minute}", 3, MINUTE_MS), named=f"{minute}-")
        kernel.call([])
        assert sum(kernel.client.hlen(key) for key in kernel.limit_keys) <= 2
        twin.advance(MINUTE_MS)


def test_without_limits_no_cell_is_touched(twin: Twin, kernel: Kernel) -> None:
    holds(twin, 3)
    assert not any(kernel.client.exists(key) for key in kernel.limit_keys)


@pytest.mark.parametrize(("ahead_ms", "code"), [(MINUTE_MS, LIMITED), (MINUTE_MS + 1, "held")])
def test_a_clock_that_was_put_back_bars_nobody(kernel: Kernel, ahead_ms: int, code: str) -> None:
    """What is further ahead than a period cannot have been written by the clock as it is now."""
    kernel.open()
    kernel.call([receive("A", 9)])
    for key in kernel.limit_keys:
        kernel.client.hset(key, CUSTOMER.cell, str((START_MS + ahead_ms) * 1000))
    (outcome,) = kernel.call([reserve("r", "A", limits=[CUSTOMER])]).outcomes
    assert outcome is not None
    assert outcome.code == code
