"""When a shop has fallen silent: its platform was not heard for ten minutes, or it sells far less than it used to."""

from collections.abc import Mapping
from statistics import median
from typing import NamedTuple

MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
UNHEARD_MS = 10 * MINUTE_MS
DAYS_MAX = 28
# The hour's last orders come with the poll behind it, which may have to be repeated.
SETTLED_MS = 5 * MINUTE_MS
SHARE_PERCENT = 30
# A shop with fewer days has no habits yet. Of an hour with a median of 10, chance alone takes 7 once in 350 such hours;
# of one with a median of 3, all of them once in 20.
DAYS_MIN = 7
MEDIAN_MIN = 10


class FewOrders(NamedTuple):
    """In the hour that begins at `hour_ms`; `usual`: the median of that hour of the days before."""

    hour_ms: int
    orders: int
    usual: float


def is_unheard(began_ms: int, succeeded_ms: int, now_ms: int) -> bool:
    """No poll went all the way for so long; before the first one, since it was to begin."""
    return now_ms - max(began_ms, succeeded_ms) > UNHEARD_MS


def few_orders(orders: Mapping[int, int], began_ms: int, now_ms: int) -> FewOrders | None:
    """The last hour that is over and settled, if it is one. `orders`: by the beginning of the hour, absent: none."""
    hour_ms = (now_ms - SETTLED_MS) // HOUR_MS * HOUR_MS - HOUR_MS
    days = [hour_ms - day * DAY_MS for day in range(1, DAYS_MAX + 1)]
    before = [orders.get(each, 0) for each in days if each >= began_ms]
    if len(before) < DAYS_MIN:
        return None
    usual, now = median(before), orders.get(hour_ms, 0)
    if usual < MEDIAN_MIN or now * 100 >= usual * SHARE_PERCENT:
        return None
    return FewOrders(hour_ms, now, usual)
