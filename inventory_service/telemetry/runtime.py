"""What a process tells of itself."""

import platform
import time
from importlib.metadata import version

from prometheus_client import Gauge

from inventory_service.telemetry.processes import process_name

_build = Gauge(
    "inventory_build_info", "1; the labels tell what runs.", ("version", "python"), multiprocess_mode="livemax"
)
_started = Gauge(
    "inventory_process_start_timestamp_seconds",
    "When a process started; one that changes often keeps dying.",
    ("process",),
    multiprocess_mode="livemax",
)
_connections = Gauge(
    "inventory_postgres_connections",
    "Connections that the pools have open: in_use or idle.",
    ("state",),
    multiprocess_mode="livesum",
)
_connections_limit = Gauge(
    "inventory_postgres_connections_limit", "Connections that the pools may open.", multiprocess_mode="livesum"
)
_delay = Gauge(
    "inventory_event_loop_delay_seconds",
    "How late a timer of one second rang last: time that a process spent without listening to anybody.",
    multiprocess_mode="livemax",
)


def tell_start(role: str) -> None:
    """What runs, and since when. `role` names a process that has no place under a supervisor."""
    _build.labels(version("inventory-service"), platform.python_version()).set(1)
    _started.labels(process_name() or role).set(time.time())


def tell_pool(in_use: int, idle: int, limit: int) -> None:
    _connections.labels("in_use").set(in_use)
    _connections.labels("idle").set(idle)
    _connections_limit.set(limit)


def tell_delay(seconds: float) -> None:
    _delay.set(seconds)
