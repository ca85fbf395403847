"""An extended hold loses its place in the sorted set of deadlines, as a confirmed one does: it never expires.

Seen by: deadlines are those of what is held.
"""

from tests.faults.planting import change_lua

FAULTS = "kill-api,reset-redis"


def plant() -> None:
    change_lua("commands/extend", "deadline.arm(id, record[DEADLINE])", "deadline.disarm(id)")
