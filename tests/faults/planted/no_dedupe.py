"""A repeat is executed again: remembered ids and existing records are not looked at.

Seen by: an acknowledged id that is sent again changes nothing.
"""

from tests.faults.planting import change_lua

FAULTS = "lose-reply-redis,kill-api"


def plant() -> None:
    change_lua("commands/reserve", "    if record then", "    if false then")
    change_lua("lib/remembered", "    if not known then", "    if true then")
