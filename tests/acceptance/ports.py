"""A port for a server that may be ended and started again."""

import secrets
import socket
from contextlib import suppress

# Below those that outgoing connections get (from 32768): one of theirs that took it while its server was down would
# keep it from the next one for as long as it lives.
PORTS = range(20_000, 32_000)
TRIED_MAX = 20


def free_port() -> int:
    """On loopback, and free at the moment."""
    for _ in range(TRIED_MAX):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", secrets.choice(PORTS)))
            return int(probe.getsockname()[1])
    raise AssertionError(f"{TRIED_MAX} of {PORTS} are taken")
