"""The stream keeps its last 50 entries, whether or not the ledger has those before.

Seen by: the ledger catches up with everything that was acknowledged.
"""

from tests.faults.planting import change_lua

FAULTS = "refuse-postgres,kill-postgres,kill-worker,stop-worker"


def plant() -> None:
    change_lua("lib/log", '"XADD", events_key, log.position', '"XADD", events_key, "MAXLEN", "50", log.position')
