"""An order that moves to another warehouse is still promised from the one it left.

Seen by: held and committed are what the callers' answers add up to.
"""

from tests.faults.planting import change_lua

FAULTS = "kill-while-warehouse-fails,kill-api"


def plant() -> None:
    change_lua("lib/moving", "promise(line, part[1], -part[2], is_held)", "promise(line, part[1], 0, is_held)")
