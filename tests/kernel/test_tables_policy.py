"""Thresholds: what is withheld over all warehouses and per channel, pauses, limits per order."""

import msgspec
import pytest

from inventory_service.domain.events import PolicyDetails
from inventory_service.domain.outcomes import Shortage
from inventory_service.domain.stock import CHANNELS_MAX, UNSET, Stock, Threshold
from tests.kernel import make
from tests.kernel.twin import Twin

BOTH = make.route("SHA", "PEK")


@pytest.fixture
def shop(twin: Twin) -> Twin:
    """Ten of A, in two warehouses."""
    twin.send(*make.stocked("A@SHA*6 A@PEK*4 B@SHA*5"))
    return twin


def short(twin: Twin, lines: str, channel: str = "", *, allow_partial: bool = False) -> list[Shortage]:
    command = make.reserve(make.new_op_id(), lines, BOTH, channel=channel, allow_partial=allow_partial)
    outcome = twin.reservation(command)
    assert outcome.code == "insufficient_stock"
    return outcome.shortages


def held(twin: Twin, lines: str, channel: str = "", *, allow_partial: bool = False) -> list[int]:
    """How much of each line."""
    command = make.reserve(make.new_op_id(), lines, BOTH, channel=channel, allow_partial=allow_partial)
    outcome = twin.reservation(command)
    assert outcome.code == "held", outcome
    assert outcome.reservation
    return [line.quantity for line in outcome.reservation.lines]


@pytest.mark.parametrize(
    ("channel", "left"), [("", 8), ("taobao", 5), ("jd", 8)], ids=["no channel", "its own too", "another channel"]
)
def test_withheld_stock_is_never_sold(shop: Twin, channel: str, left: int) -> None:
    shop.stock(make.policy("A", terms=[make.terms(withheld=2), make.terms("taobao", withheld=3)]))
    assert short(shop, f"A*{left + 1}", channel) == [Shortage("A", left + 1, left, "not_enough")]
    assert held(shop, f"A*{left}", channel) == [left]
    assert short(shop, "A*1", channel) == [Shortage("A", 1, 0, "not_enough")]


def test_what_does_not_sell_is_nothing_that_is_left(shop: Twin) -> None:
    shop.stock(make.policy("A", terms=[make.terms(withheld=2)]))
    apart = make.route("SHA", not_selling="PEK")
    assert shop.codes(make.reserve("r1", "A*5", apart), make.reserve("r2", "A*4", apart)) == [
        "insufficient_stock",
        "held",
    ]


def test_what_is_elsewhere_counts_as_left(shop: Twin) -> None:
    """Ten are left over all warehouses although the order may only be served from one."""
    shop.stock(make.policy("A", terms=[make.terms(withheld=4)]))
    assert shop.codes(make.reserve("r1", "A*6", make.route("SHA"))) == ["held"]


def test_a_channel_pauses_and_comes_back_by_itself(shop: Twin) -> None:
    shop.stock(make.policy("A", terms=[make.terms("taobao", pause_below=8)]))
    assert shop.codes(make.reserve("r1", "A*2", BOTH, channel="taobao")) == ["held"]
    assert held(shop, "A*1", "jd") == [1]
    assert short(shop, "A*1 B*6", "taobao") == [Shortage("A", 1, 0, "paused"), Shortage("B", 6, 5, "not_enough")]
    assert held(shop, "A*1 B*1", "taobao", allow_partial=True) == [0, 1]
    shop.send(make.release("r1"))
    assert held(shop, "A*1", "taobao") == [1]


def test_a_pause_of_all_channels_is_one_of_each(shop: Twin) -> None:
    shop.stock(make.policy("A", terms=[make.terms(pause_below=11), make.terms("taobao", 1)]))
    assert short(shop, "A*1", "taobao") == [Shortage("A", 1, 0, "paused")]


def test_two_orders_of_one_batch_see_each_other(shop: Twin) -> None:
    shop.stock(make.policy("A", terms=[make.terms(pause_below=8)]))
    batch = [make.reserve(f"r{number}", "A*2", BOTH) for number in range(3)]
    assert shop.codes(*batch) == ["held", "held", "insufficient_stock"]


def test_a_limit_per_order(shop: Twin) -> None:
    shop.stock(make.policy("A", terms=[make.terms(limit_below=10, limit_quantity=2)]))
    assert held(shop, "A*3") == [3]
    refused = shop.reservation(make.reserve("r", "A*3 B*1", BOTH))
    assert (refused.code, refused.line) == ("limit_exceeded", 0)
    assert refused.shortages == [Shortage("A", 3, 2, "limit")]
    assert held(shop, "A*2") == [2]
    assert held(shop, "A*3", allow_partial=True) == [2]


def test_a_limit_beside_something_that_is_not_there_is_a_shortage(shop: Twin) -> None:
    shop.stock(make.policy("A", terms=[make.terms(limit_below=11, limit_quantity=2)]))
    assert short(shop, "A*3 B*6") == [Shortage("A", 3, 2, "limit"), Shortage("B", 6, 5, "not_enough")]


def test_the_narrowest_limit_counts(shop: Twin) -> None:
    terms = [make.terms("", 0, 11, 3), make.terms("taobao", 0, 11, 1)]
    shop.stock(make.policy("A", terms=terms))
    assert shop.reservation(make.reserve("r1", "A*2", BOTH, channel="taobao")).shortages == [
        Shortage("A", 2, 1, "limit")
    ]
    assert held(shop, "A*3", "jd") == [3]


def test_what_expired_is_taken_again_past_the_limit_but_not_past_a_pause(shop: Twin) -> None:
    shop.send(make.reserve("r1", "A*3", BOTH, ttl_ms=1_000, channel="taobao"))
    shop.advance(1_000)
    shop.stock(make.policy("A", terms=[make.terms("taobao", 0, 11, 1, 9)]))
    again = make.extend("r1", 1_000, BOTH, channel="taobao")
    assert shop.reservation(again).code == "reacquired"
    shop.advance(1_000)
    shop.stock(make.policy("A", terms=[make.terms("taobao", limit_below=12, pause_below=11)]))
    refused = shop.reservation(make.confirm("r1", BOTH, channel="taobao"))
    assert (refused.code, refused.shortages) == ("insufficient_stock", [Shortage("A", 3, 0, "paused")])
    assert shop.reservation(make.confirm("r1", BOTH, channel="jd")).code == "reacquired"


def test_a_warning_is_kept_and_stops_no_sale(shop: Twin) -> None:
    shop.stock(make.policy("A", terms=[make.terms(warn_below=50), make.terms("taobao", warn_below=40)]))
    assert held(shop, "A*10", "taobao") == [10]
    shop.stock(make.policy("A", terms=[make.terms(pause_below=60), make.terms("taobao", warn_below=0)]))
    assert shop.last_event().details == PolicyDetails("A", "", 0, 0, UNSET, (Threshold("", 0, 0, 0, 60, 50),))
    shop.stock(make.policy("A", terms=[make.terms(pause_below=0, warn_below=0)]))
    assert shop.last_event().details == PolicyDetails("A", "", 0, 0)


def test_thresholds_of_before_the_warning_are_completed(shop: Twin) -> None:
    """They end with their pause."""
    shop.stock(make.policy("A", terms=[make.terms("", 1), make.terms("jd", 2), make.terms("taobao", 3, 9, 2)]))
    kernel, stock = shop.kernel, shop.model.stock["A"]
    before = [tuple(threshold)[:5] for threshold in stock.thresholds]
    kernel.client.hset(kernel.stock_key, "A", msgspec.msgpack.encode((*stock[:6], before)))
    assert msgspec.msgpack.decode(kernel.client.hget(kernel.stock_key, "A"), type=Stock) == stock
    shop.stock(make.policy("A", terms=[make.terms("", warn_below=4), make.terms("jd", 0)]))
    assert shop.model.stock["A"].thresholds == (Threshold("", 1, warn_below=4), Threshold("taobao", 3, 9, 2))


def test_a_policy_is_told_with_everything_it_now_says(shop: Twin) -> None:
    shop.stock(make.policy("A", 1, 5, terms=[make.terms("taobao", 3), make.terms("", 1)]))
    shop.stock(make.policy("A", terms=[make.terms("taobao", UNSET, 9, 2)], ahead=4))
    expected = (Threshold("", 1), Threshold("taobao", 3, 9, 2))
    assert shop.last_event().details == PolicyDetails("A", "", 1, 5, 4, expected)
    shop.stock(make.policy("A", terms=[make.terms("taobao", 0, 0, 0, 0), make.terms("", 0)], ahead=UNSET))
    assert shop.last_event().details == PolicyDetails("A", "", 1, 5, UNSET, ())
    shop.stock(make.policy("A", 7, warehouse="SHA"))
    assert shop.last_event().details == PolicyDetails("A", "SHA", 7, UNSET)


@pytest.mark.parametrize(
    ("before", "given"),
    [
        (make.terms("t"), make.terms("t", limit_below=5)),
        (make.terms("t", 0, 0, 0, 5), make.terms("t", 0, 5, 1)),
        (make.terms("t", 0, 5, 1), make.terms("t", pause_below=5)),
        (make.terms("t", 0, 5, 1), make.terms("t", limit_quantity=0)),
    ],
    ids=["no number", "limit at the pause", "pause at the limit", "the number taken away"],
)
def test_contradictory_thresholds_change_nothing(shop: Twin, before: Threshold, given: Threshold) -> None:
    shop.stock(make.policy("A", terms=[before]))
    seq = shop.model.seq
    assert shop.stock(make.policy("A", 3, terms=[make.terms("u", 1), given])).code == "contradictory"
    assert shop.model.seq == seq


def test_only_so_many_channels(shop: Twin) -> None:
    every = [make.terms(f"channel-{number:02}", 1) for number in range(CHANNELS_MAX)]
    assert shop.stock(make.policy("A", terms=every)).code == "applied"
    assert shop.stock(make.policy("A", terms=[make.terms("one-more", 1)])).code == "too_many_channels"
    assert shop.stock(make.policy("A", terms=[make.terms("channel-07", 0)])).code == "applied"
    assert shop.stock(make.policy("A", terms=[make.terms("one-more", 1)])).code == "applied"
