"""How a process knows its place: set by the supervisor in the environment of its children."""

import os

MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"
PROCESS_NAME = "PROMETHEUS_PROCESS_NAME"


def process_name() -> str:
    """worker, api-0, api-1, …; "" for one that was started by itself."""
    return os.environ.get(PROCESS_NAME, "")
