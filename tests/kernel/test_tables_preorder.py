"""What is on its way, with dates, and what is sold ahead of it."""

import msgspec
import pytest

from inventory_service.domain.events import MovementDetails
from inventory_service.domain.outcomes import Shortage
from inventory_service.domain.reservation import Preorder
from inventory_service.domain.stock import ARRIVALS_MAX, UNSET, Arrival, Stock
from tests.kernel import make
from tests.kernel.driver import START_MS
from tests.kernel.twin import Twin

MONDAY, FRIDAY = START_MS + 86_400_000, START_MS + 5 * 86_400_000
BOTH = make.route("SHA", "PEK")


@pytest.fixture
def shop(twin: Twin) -> Twin:
    """One of A on the shelf; three come on Monday, four on Friday."""
    twin.send(*make.stocked("A@SHA*1"), make.move("e1", "expect", "A", 4, at_ms=FRIDAY))
    twin.send(make.move("e2", "expect", "A", 3, at_ms=MONDAY))
    return twin


def lots(twin: Twin, warehouse: str = "SHA") -> list[tuple[int, int]]:
    return [(lot.expected_ms, lot.quantity) for lot in twin.model.level("A", warehouse).arrivals]


def deficit(twin: Twin) -> tuple[int, int]:
    """(deficit, preordered)"""
    stock = twin.model.stock["A"]
    return sum(level.deficit(stock.preorder_limit) for level in stock.levels), stock.preordered


def test_lots_are_kept_by_date(shop: Twin) -> None:
    shop.send(make.move("e3", "expect", "A", 2, at_ms=MONDAY), make.move("e4", "expect", "A", 9))
    assert lots(shop) == [(MONDAY, 5), (FRIDAY, 4)]
    assert shop.counters("A") == (1, 0, 0, 0, 18)
    details = shop.last_event().details
    assert isinstance(details, MovementDetails)
    assert details.arrivals == (Arrival(MONDAY, 5), Arrival(FRIDAY, 4))


@pytest.mark.parametrize(
    ("kind", "quantity", "at_ms", "left"),
    [
        ("arrive", 4, 0, [(FRIDAY, 3)]),
        ("arrive", 3, FRIDAY, [(MONDAY, 3), (FRIDAY, 1)]),
        ("arrive", 9, 0, []),
        ("cancel_expected", 2, 0, [(MONDAY, 3), (FRIDAY, 4)]),
        ("cancel_expected", 4, 0, [(MONDAY, 3), (FRIDAY, 2)]),
        ("cancel_expected", 3, MONDAY, [(FRIDAY, 4)]),
    ],
)
def test_what_comes_and_what_does_not(
    shop: Twin, kind: str, quantity: int, at_ms: int, left: list[tuple[int, int]]
) -> None:
    """Two more are on their way without a date."""
    shop.send(make.move("e3", "expect", "A", 2))
    assert shop.codes(make.move("m", kind, "A", quantity, at_ms=at_ms)) == ["applied"]
    assert lots(shop) == left
    assert shop.counters("A") == (1 + (quantity if kind == "arrive" else 0), 0, 0, 0, 9 - quantity)


@pytest.mark.parametrize("kind", ["arrive", "cancel_expected"])
def test_a_lot_has_only_what_it_has(shop: Twin, kind: str) -> None:
    assert shop.codes(make.move("m1", kind, "A", 4, at_ms=MONDAY), make.move("m2", kind, "A", 1, at_ms=MONDAY + 1)) == [
        "not_enough",
        "not_enough",
    ]
    assert shop.codes(make.move("m3", kind, "A", 8)) == ["not_enough"]


def test_only_so_many_lots(twin: Twin) -> None:
    twin.send(*(make.move(f"e{day}", "expect", "A", 1, at_ms=START_MS + day) for day in range(ARRIVALS_MAX)))
    assert twin.codes(make.move("m1", "expect", "A", 1, at_ms=MONDAY)) == ["too_many_arrivals"]
    assert twin.codes(make.move("m2", "expect", "A", 1, at_ms=START_MS + 7)) == ["applied"]


def test_nothing_is_sold_ahead_unless_it_is_switched_on(shop: Twin) -> None:
    outcome = shop.reservation(make.reserve("r1", "A*2"))
    assert outcome.shortages == [Shortage("A", 2, 1, "not_enough")]


def test_ahead_with_the_date_of_the_lot_that_covers_it(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=6))
    assert shop.codes(*(make.reserve(f"r{number}", "A*2") for number in range(1, 5))) == ["held"] * 3 + [
        "insufficient_stock"
    ]
    assert [shop.record(f"r{number}").preorders for number in (1, 2, 3)] == [
        (Preorder("A", "SHA", 2, MONDAY),),
        (Preorder("A", "SHA", 2, MONDAY),),
        (Preorder("A", "SHA", 2, FRIDAY),),
    ]
    assert deficit(shop) == (0, 5)
    shop.send(make.release("r1"))
    assert deficit(shop) == (0, 3)
    assert shop.codes(make.reserve("r5", "A*2")) == ["held"]


def test_the_shelf_is_sold_first_and_without_a_date(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=6))
    shop.send(make.reserve("r1", "A*1"))
    assert shop.record("r1").preorders == ()
    assert deficit(shop) == (0, 0)


def test_the_bound_is_for_all_warehouses(shop: Twin) -> None:
    shop.send(make.move("e3", "expect", "A", 5, "PEK", at_ms=FRIDAY))
    shop.stock(make.policy("A", ahead=4))
    assert shop.codes(
        make.reserve("r1", "A*3", make.route("PEK")), make.reserve("r2", "A*2"), make.reserve("r3", "A*1")
    ) == ["held", "insufficient_stock", "held"]
    assert shop.record("r3").preorders == ()
    assert deficit(shop) == (0, 3)


def test_zero_sells_no_more_but_keeps_what_was_sold(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=6))
    shop.send(make.reserve("r1", "A*3"))
    shop.stock(make.policy("A", ahead=0))
    assert deficit(shop) == (0, 2)
    assert shop.codes(make.reserve("r2", "A*1")) == ["insufficient_stock"]
    shop.stock(make.policy("A", ahead=UNSET))
    assert deficit(shop) == (2, 0)


def test_goods_that_arrive_are_for_those_who_wait(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=6))
    shop.send(make.reserve("r1", "A*4"), make.confirm("r1"), make.move("a1", "arrive", "A", 3))
    assert (shop.counters("A"), deficit(shop)) == ((4, 0, 4, 0, 4), (0, 0))
    assert shop.codes(make.reserve("r2", "A*1")) == ["held"]
    assert shop.record("r2").preorders == (Preorder("A", "SHA", 1, FRIDAY),)


def test_what_was_sold_is_not_taken_back(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=6))
    shop.send(make.reserve("r1", "A*6"))
    take_back = make.move("c1", "cancel_expected", "A", 3, at_ms=MONDAY)
    assert shop.codes(take_back) == ["would_break_commitments"]
    assert shop.codes(make.move("c2", "cancel_expected", "A", 3, at_ms=MONDAY, force=True)) == ["applied"]
    assert deficit(shop) == (1, 4)


def test_withheld_stock_stays_with_what_is_on_its_way(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=100, terms=[make.terms(withheld=3)]))
    assert shop.codes(make.reserve("r1", "A*6"), make.reserve("r2", "A*5")) == ["insufficient_stock", "held"]


def test_what_is_withheld_where_nothing_comes_is_not_sold_ahead(shop: Twin) -> None:
    shop.send(*make.stocked("A@PEK*5"))
    shop.stock(make.policy("A", ahead=100, terms=[make.terms(withheld=6)]))
    assert shop.codes(make.reserve("r1", "A*5", make.route("PEK", "SHA"))) == ["held"]
    assert shop.record("r1").preorders == (Preorder("A", "SHA", 5, FRIDAY),)


def test_a_paused_channel_sells_nothing_ahead_either(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=100, terms=[make.terms("taobao", pause_below=1), make.terms(withheld=1)]))
    refused = shop.reservation(make.reserve("r1", "A*1", channel="taobao"))
    assert refused.shortages == [Shortage("A", 1, 0, "paused")]
    assert shop.reservation(make.reserve("r2", "A*1", channel="shop")).code == "held"


def test_what_expired_is_taken_again_with_another_date(shop: Twin) -> None:
    shop.stock(make.policy("A", ahead=6))
    shop.send(make.reserve("r1", "A*2", ttl_ms=1_000))
    shop.advance(1_000)
    shop.send(make.reserve("r2", "A*4"), make.confirm("r1", make.route("SHA")))
    assert shop.record("r1").preorders == (Preorder("A", "SHA", 2, FRIDAY),)


def test_records_of_before_are_completed(twin: Twin) -> None:
    """A record that ends with its levels, and levels that end with their count."""
    kernel = twin.kernel
    twin.send(*make.stocked("A@SHA*5"))
    stock = twin.model.stock["A"]
    levels = [tuple(level)[:9] for level in stock.levels]
    kernel.client.hset(kernel.stock_key, "A", msgspec.msgpack.encode((*stock[:4], levels)))
    assert msgspec.msgpack.decode(kernel.client.hget(kernel.stock_key, "A"), type=Stock) == stock
    assert twin.codes(
        make.move("e1", "expect", "A", 4, at_ms=FRIDAY),
        make.policy("A", ahead=7),
        make.reserve("r1", "A*7"),
        make.look("A"),
    ) == ["applied", "applied", "held", "found"]


@pytest.mark.parametrize("paid", [False, True])
def test_what_is_given_back_ships_on_no_date(shop: Twin, paid: bool) -> None:
    """A reservation of which only goods on the shelf were left told the date of those that were given back."""
    policy = make.policy("A", ahead=9)
    shop.send(policy, make.receive("B", 5), make.reserve("r1", "A*3 B*1"), *([make.confirm("r1")] if paid else []))
    assert shop.record("r1").preorders == (Preorder("A", "SHA", 3, MONDAY),)
    shop.send(make.release("r1", "A*1", release_id="one"))
    assert shop.record("r1").preorders == (Preorder("A", "SHA", 2, MONDAY),)
    shop.send(make.release("r1", "A*2", release_id="rest"))
    assert shop.record("r1").preorders == ()
