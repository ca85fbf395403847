"""What the steady load concludes from callers' notes and the ledger."""

from collections import Counter

from loadtests.bench.steady.crowd import CONFIRM, RESERVE, SCAN, SHORT
from loadtests.bench.steady.ledger import EXPIRED, Books, lost, percentile

PAID = RESERVE | CONFIRM


def test_each_acknowledged_step_that_the_ledger_lacks_is_lost() -> None:
    told = bytearray([PAID | SCAN, PAID | SCAN, PAID, RESERVE])
    assert lost(told, Books(bytearray([PAID | SCAN, RESERVE, PAID, 0]))) == 3


def test_what_was_not_acknowledged_is_not_missed() -> None:
    assert lost(bytearray([0, RESERVE]), Books(bytearray([RESERVE, PAID]))) == 0


def test_a_short_hold_has_to_expire() -> None:
    told = bytearray([RESERVE | SHORT, RESERVE | SHORT, RESERVE | SHORT])
    assert lost(told, Books(bytearray([RESERVE | EXPIRED, RESERVE, 0]))) == 3


def test_percentiles_are_values_that_were_seen() -> None:
    counts = Counter({10: 989, 500: 10, -3: 1})
    assert [percentile(counts, share) for share in (0.0001, 0.5, 0.99, 0.991, 1.0)] == [-3, 10, 10, 500, 500]
    assert percentile(Counter(), 0.99) == 0
