"""Times that several parts agree on.

A process's drain time is also how long the supervisor waits for it.
"""

API_DRAIN_MAX_S = 16.0  # a list call is answered within 15 s
WORKER_DRAIN_MAX_S = 20.0  # what Postgres did not get by then waits in the stream

DAY_MS = 24 * 60 * 60 * 1000
