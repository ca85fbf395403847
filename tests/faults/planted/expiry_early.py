"""Holds expire half a second before their deadline.

Seen by: nothing expires before its deadline.
"""

from tests.faults.planting import change_lua

FAULTS = "kill-api,reset-redis"


def plant() -> None:
    change_lua("lib/deadline", "clock.now_ms >= deadline.of(record)", "clock.now_ms + 500 >= deadline.of(record)")
    change_lua("lib/deadline", '"-inf", integer(clock.now_ms)', '"-inf", integer(clock.now_ms + 500)')
