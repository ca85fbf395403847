"""Times and sizes that several parts agree on.

A process's drain time is also how long the supervisor waits for it; the pools are also what `doctor` counts.
"""

API_DRAIN_MAX_S = 16.0  # a list call is answered within 15 s
HUB_END_MAX_S = 5.0  # it gives up what is under way
WORKER_DRAIN_MAX_S = 20.0  # what Postgres did not get by then waits in the stream

# Connections to Postgres of one process.
API_POOL_SIZE_MAX = 8
WORKER_POOL_SIZE_MAX = 4
NOTICE_POOL_SIZE_MAX = 1  # the worker's; whoever sends a notice holds none meanwhile
WORKER_TURN_CONNECTIONS = 1  # holds the worker's lock
HUB_POOL_SIZE_MAX = 8
HUB_TURN_CONNECTIONS = 1

DAY_MS = 24 * 60 * 60 * 1000
