"""Where the numbers are kept, and how Prometheus reads them.

With `PROMETHEUS_MULTIPROC_DIR` set (by the supervisor, before this module is imported) every process writes its
numbers to files there and any of them answers for all. `PROMETHEUS_PROCESS_NAME` names the files instead of the
process id: a restarted process goes on with its predecessor's counters, and begins its gauges anew.
"""

import os
import struct
from contextlib import suppress

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from inventory_service.telemetry.processes import MULTIPROCESS_DIR, process_name

EXPOSITION_TYPE = CONTENT_TYPE_LATEST

_NAME = process_name()

if os.environ.get(MULTIPROCESS_DIR) and _NAME:
    # Decided when a metric is made, hence before the first one.
    mark_process_dead(_NAME)  # type: ignore[no-untyped-call]
    values.ValueClass = values.MultiProcessValue(lambda: _NAME)  # type: ignore[no-untyped-call]

# From half a millisecond to the contract's bounds.
SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)

BEGUN_FILES_TRIES = 10


def exposition() -> bytes:
    """All metrics as Prometheus reads them, of all processes where there are several."""
    if not os.environ.get(MULTIPROCESS_DIR):
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    # A process that starts has made its files a moment before it writes their first bytes.
    for _ in range(BEGUN_FILES_TRIES):
        with suppress(struct.error):
            return generate_latest(registry)
    return generate_latest(registry)
