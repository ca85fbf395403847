"""A warehouse whose day is full goes on taking orders.

Seen by: no warehouse sends more orders on a day than it can.
"""

from tests.faults.planting import change_lua

FAULTS = "kill-api,reset-redis"


def plant() -> None:
    change_lua("lib/capacity", 'return "f"', "return nil")
