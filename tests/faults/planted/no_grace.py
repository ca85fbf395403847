"""After an outage holds expire at once that fell due meanwhile, before their customers could come back.

Seen by: nothing that was held before an outage expires within 60 s of the opening.
"""

from tests.faults.planting import change_lua

FAULTS = "kill-redis"


def plant() -> None:
    change_lua(
        "lib/deadline", "return math.max(record[DEADLINE], clock.opened_ms + GRACE_MS)", "return record[DEADLINE]"
    )
