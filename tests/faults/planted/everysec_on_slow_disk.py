"""Redis syncs once a second, on a disk that is slow, and the service claims `disk` all the same: it was told to.

Seen by: each acknowledged call has its event.
"""

import os

FAULTS = "kill-on-slow-disk"
SETTINGS = {"appendfsync": "everysec"}


def plant() -> None:
    os.environ["INVENTORY_REDIS_DURABILITY"] = "asserted"
