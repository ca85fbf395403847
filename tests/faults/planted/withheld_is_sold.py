"""Stock that is withheld over all warehouses is sold.

Seen by: no more is sold than is for sale.
"""

from tests.faults.planting import change_lua

FAULTS = "kill-api,reset-redis"


def plant() -> None:
    change_lua("lib/budget", "sum = sum + (applies(threshold, channel) and threshold[WITHHELD] or 0)", "sum = sum")
