"""A reserve looks at stock as it was before its batch: two of one batch see the same units.

Seen by: nothing was ever promised twice.
"""

from tests.faults.planting import change_lua

FAULTS = "kill-api,reset-redis"
_AS_IT_WAS = """
    for _, before in ipairs(stock.packed[sku] and cmsgpack.unpack(stock.packed[sku])[STOCK_LEVELS] or {}) do
        level = before[WAREHOUSE] == warehouse and before or level
    end
    local safety_stock = level[SAFETY]
"""


def plant() -> None:
    change_lua("lib/stock", "\n    local safety_stock = level[SAFETY]\n", _AS_IT_WAS)
