"""Counts and percentiles of a run, alone and laid together."""

from inventory_service.loadtest.series import Outcome, Series, Tally


def test_percentiles_are_of_nearest_rank() -> None:
    tally = Tally()
    for elapsed_ms in range(1, 101):
        tally.record(Outcome.DONE, float(elapsed_ms))
    assert [tally.percentile_ms(percent) for percent in (0, 50, 99, 100)] == [1, 50, 99, 100]
    assert Tally().percentile_ms(99) == 0


def test_two_processes_add_up() -> None:
    one, two = Series(), Series()
    one.record("a", Outcome.DONE, 5, 1000.9)
    two.record("a", Outcome.REFUSED, 15, 1000.1)
    two.record("b", Outcome.FAILED, 1234.5, 1001.0)
    one.add(two)
    assert one.seconds["1000"].outcomes == {"done": 1, "refused": 1}
    assert one.routes["a"].requests == 2
    total = one.total
    assert (total.requests, total.number(Outcome.FAILED), total.slowest_ms) == (3, 1, 1234.5)
    assert total.percentile_ms(100) == 1230  # three digits are kept
