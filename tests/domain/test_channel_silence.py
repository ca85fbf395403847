"""When a shop has fallen silent."""

from inventory_service.domain.channel_silence import (
    DAY_MS,
    DAYS_MIN,
    HOUR_MS,
    MINUTE_MS,
    FewOrders,
    few_orders,
    is_unheard,
)

HOUR = 490_000 * HOUR_MS
NOW = HOUR + HOUR_MS + 5 * MINUTE_MS


def habit(orders: int, days: int = 28) -> dict[int, int]:
    return {HOUR - day * DAY_MS: orders for day in range(1, days + 1)}


def judged(orders: dict[int, int], began_ms: int = 0, now_ms: int = NOW) -> FewOrders | None:
    return few_orders(orders, began_ms, now_ms)


def test_ten_minutes_are_allowed_and_not_one_more() -> None:
    assert not is_unheard(0, 1000, 1000 + 10 * MINUTE_MS)
    assert is_unheard(0, 1000, 1001 + 10 * MINUTE_MS)
    assert not is_unheard(1000, 0, 1000 + 10 * MINUTE_MS)
    assert is_unheard(1000, 0, 1001 + 10 * MINUTE_MS)


def test_below_thirty_percent_of_the_median_is_few() -> None:
    assert judged(habit(100) | {HOUR: 29}) == FewOrders(HOUR, 29, 100)
    assert judged(habit(100) | {HOUR: 30}) is None
    assert judged(habit(100)) == FewOrders(HOUR, 0, 100)


def test_one_festival_does_not_make_a_habit() -> None:
    assert judged(habit(100) | {HOUR - DAY_MS: 100_000, HOUR - 2 * DAY_MS: 0, HOUR: 31}) is None


def test_other_hours_say_nothing() -> None:
    assert judged({hour_ms + HOUR_MS: orders for hour_ms, orders in habit(100).items()}) is None


def test_a_small_shop_has_quiet_hours() -> None:
    assert judged(habit(9)) is None
    assert judged(habit(10)) is not None


def test_a_new_shop_has_no_habits_yet() -> None:
    assert judged(habit(100), HOUR - (DAYS_MIN - 1) * DAY_MS) is None
    assert judged(habit(100), HOUR - DAYS_MIN * DAY_MS) == FewOrders(HOUR, 0, 100)


def test_days_without_an_order_count_as_none() -> None:
    assert judged(habit(100, days=13)) is None


def test_an_hour_is_judged_once_it_is_over_and_its_last_orders_are_in() -> None:
    assert judged(habit(100), now_ms=NOW - 1) is None
    assert judged(habit(100), now_ms=NOW) is not None
    assert judged(habit(100), now_ms=NOW + HOUR_MS - 1) is not None
