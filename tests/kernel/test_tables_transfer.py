"""Transfers between warehouses: two ends, one atomic step each, exactly once."""

import pytest

from inventory_service.domain.events import TransferDetails
from inventory_service.domain.transfer import RECEIPTS_MAX
from tests.kernel import make
from tests.kernel.driver import START_MS
from tests.kernel.twin import Twin

MONDAY = START_MS + 86_400_000


@pytest.fixture
def shop(twin: Twin) -> Twin:
    """Ten of A and five of B in SHA."""
    twin.send(*make.stocked("A@SHA*10 B@SHA*5"))
    return twin


def ends(twin: Twin) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(on_hand, unavailable, incoming) of A at both ends."""
    there = [twin.counters("A", warehouse) for warehouse in ("SHA", "PEK")]
    return (there[0][0], there[0][3], there[0][4]), (there[1][0], there[1][3], there[1][4])


def test_a_draft_moves_nothing(shop: Twin) -> None:
    assert shop.codes(make.transfer("t1", "A*4 B*1")) == ["applied"]
    assert ends(shop) == ((10, 0, 0), (0, 0, 0))
    assert shop.model.stock["A"].changed_seq < shop.model.seq


def test_sent_and_received(shop: Twin) -> None:
    shop.send(make.transfer("t1", "A*4 B*1", at_ms=MONDAY), make.ship("t1"))
    assert ends(shop) == ((6, 0, 0), (0, 0, 4))
    assert [tuple(lot) for lot in shop.model.level("A", "PEK").arrivals] == [(MONDAY, 4)]
    shop.send(make.receive_transfer("t1", "r1", "A*3", damaged=1))
    assert ends(shop) == ((6, 0, 0), (3, 1, 1))
    done = shop.transfer(make.receive_transfer("t1", "r2", "A*1 B*1")).transfer
    assert done
    assert done.state == "received"
    assert ends(shop) == ((6, 0, 0), (4, 1, 0))
    assert shop.model.level("A", "PEK").arrivals == ()
    assert shop.model.transfers == {}


def test_at_once_and_only_a_part_of_the_plan(shop: Twin) -> None:
    shop.send(make.transfer("t1", "A*4", ships=True), make.transfer("t2", "A*4 B*2"), make.ship("t2", "A*3"))
    assert ends(shop) == ((3, 0, 0), (0, 0, 7))
    assert [line.shipped for line in shop.model.transfers["t2"].lines] == [3, 0]


def test_every_step_once(shop: Twin) -> None:
    opened, sent = make.transfer("t1", "A*4"), make.ship("t1")
    got = make.receive_transfer("t1", "r1", "A*2")
    assert shop.codes(opened, opened, sent, sent, got, got) == ["applied", "replayed"] * 3
    assert ends(shop) == ((6, 0, 0), (2, 0, 2))
    assert shop.codes(
        make.transfer("t1", "A*5"),
        make.ship("t1", "A*3"),
        make.receive_transfer("t1", "r1", "A*1"),
        make.ship("t1", "A*4"),
    ) == ["idempotency_mismatch", "transfer_state", "idempotency_mismatch", "replayed"]


def test_an_ended_one_leaves_and_its_id_is_remembered(shop: Twin) -> None:
    shop.send(make.transfer("t1", "A*1", ships=True), make.receive_transfer("t1", "r1", "A*1"))
    assert shop.codes(
        make.transfer("t1", "A*1", ships=True),
        make.transfer("t1", "A*1"),
        make.ship("t1"),
        make.receive_transfer("t1", "r1", "A*1"),
        make.cancel("t1"),
        make.cancel("t2"),
    ) == ["remembered", "idempotency_mismatch", "remembered", "remembered", "remembered", "absent"]


def test_what_is_missing_is_lost_when_it_is_closed(shop: Twin) -> None:
    shop.send(make.transfer("t1", "A*4 B*2", at_ms=MONDAY, ships=True))
    done = shop.transfer(make.receive_transfer("t1", "r1", "A*3", close=True)).transfer
    assert done
    assert [(line.received, line.lost, line.discrepancy) for line in done.lines] == [(3, 1, -1), (0, 2, -2)]
    assert ends(shop) == ((6, 0, 0), (3, 0, 0))
    details = shop.last_event().details
    assert isinstance(details, TransferDetails)
    assert [(row.arrivals, row.in_transit) for row in details.on_the_way] == [((), 0), ((), 0)]


def test_more_than_was_sent_is_on_the_shelf_all_the_same(shop: Twin) -> None:
    shop.send(make.transfer("t1", "A*4 B*1", ships=True))
    shop.send(make.receive_transfer("t1", "r1", "A*6"))
    assert ends(shop) == ((6, 0, 0), (6, 0, 0))
    assert [line.discrepancy for line in shop.model.transfers["t1"].lines] == [2, 0]


def test_promises_stay_unless_it_is_forced(shop: Twin) -> None:
    shop.send(make.reserve("r1", "A*8"))
    refused = shop.transfer(make.transfer("t1", "A*3", ships=True))
    assert (refused.code, refused.line) == ("would_break_commitments", 0)
    shop.send(make.transfer("t1", "A*2 B*6"))
    assert shop.transfer(make.ship("t1")).line == 1
    assert shop.codes(make.ship("t1", "A*3", force=True)) == ["applied"]
    assert ends(shop)[0] == (7, 0, 0)


def test_other_movements_leave_alone_what_a_transfer_brings(shop: Twin) -> None:
    shop.send(make.transfer("t1", "A*4", at_ms=MONDAY, ships=True), make.move("e1", "expect", "A", 2, "PEK"))
    assert shop.codes(make.move("m1", "arrive", "A", 3, "PEK"), make.move("m2", "cancel_expected", "A", 3, "PEK")) == [
        "not_enough",
        "not_enough",
    ]
    assert shop.codes(make.move("m3", "arrive", "A", 2, "PEK")) == ["applied"]
    assert [tuple(lot) for lot in shop.model.level("A", "PEK").arrivals] == [(MONDAY, 2)]
    shop.send(make.receive_transfer("t1", "r1", "A*4"))
    assert ends(shop)[1] == (6, 0, 0)


def test_lots_never_hold_more_than_is_coming(shop: Twin) -> None:
    """What was expected on Friday came early, and was booked off the transfer's lot as the earliest."""
    friday = MONDAY + 4 * 86_400_000
    shop.send(make.transfer("t1", "A*4", at_ms=MONDAY, ships=True))
    shop.send(make.move("e1", "expect", "A", 2, "PEK", at_ms=friday), make.move("m1", "arrive", "A", 2, "PEK"))
    shop.send(make.receive_transfer("t1", "r1", "A*4"))
    assert (ends(shop)[1], shop.model.level("A", "PEK").arrivals) == ((6, 0, 0), ())


def test_what_a_transfer_brings_is_sold_ahead(shop: Twin) -> None:
    shop.send(make.transfer("t1", "A*4", at_ms=MONDAY, ships=True), make.policy("A", ahead=9))
    assert shop.codes(make.reserve("r1", "A*3", make.route("PEK", not_selling="SHA"))) == ["held"]
    assert shop.record("r1").preorders[0].ship_by_ms == MONDAY
    shop.send(make.receive_transfer("t1", "x1", "A*2", close=True))
    stock = shop.model.stock["A"]
    assert sum(level.deficit(stock.preorder_limit) for level in stock.levels) == 1


def test_only_a_draft_is_cancelled(shop: Twin) -> None:
    shop.send(make.transfer("t1", "A*1"), make.transfer("t2", "A*1", ships=True))
    assert shop.codes(make.cancel("t1"), make.cancel("t2"), make.cancel("t3")) == [
        "applied",
        "transfer_state",
        "absent",
    ]
    assert shop.codes(make.receive_transfer("t1", "r1", "A*1"), make.transfer("t4", "C*1")) == [
        "remembered",
        "unknown_sku",
    ]
    shop.send(make.transfer("t5", "A*1"))
    assert shop.codes(make.receive_transfer("t5", "r1", "A*1"), make.ship("t5", "B*1")) == [
        "transfer_state", "unknown_sku"
    ]  # fmt: skip


def test_only_so_many_receipts(shop: Twin) -> None:
    """More than was sent of A, while B is still on its way."""
    shop.send(make.transfer("t1", "A*1 B*1", ships=True))
    receipts = [make.receive_transfer("t1", f"r{number}", "A*1") for number in range(RECEIPTS_MAX)]
    assert shop.codes(*receipts) == ["applied"] * RECEIPTS_MAX
    assert shop.codes(make.receive_transfer("t1", "one-more", "A*1"), receipts[7]) == ["out_of_range", "replayed"]
    # One more ends it: nobody could, and what is missing was on its way for ever.
    assert shop.codes(make.receive_transfer("t1", "last", "A*1", close=True)) == ["applied"]
