"""What was sold ahead does not count against the bound of preorders.

Seen by: no more is sold than is for sale.
"""

from tests.faults.planting import change_lua

FAULTS = "kill-api,reset-redis"


def plant() -> None:
    change_lua("lib/budget", "left = left - stock.preordered(record, level)", "left = left - 0")
