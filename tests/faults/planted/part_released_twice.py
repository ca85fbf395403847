"""The id of a partial release is not remembered.

Seen by: an acknowledged id that is sent again changes nothing.
"""

from tests.faults.planting import change_lua

FAULTS = "kill-api,black-hole-redis,half-open-redis"


def plant() -> None:
    change_lua("commands/release", "    remembered.add(digest, fingerprint)\n", "")
