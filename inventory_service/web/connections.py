"""The open connections of one process: counted, bounded, and how an attack on them is met.

Nobody can hold the service by holding connections. Beyond the bound the caller that was not served for the longest time
gives way, so that idle sockets, and heads that trickle in, never keep a working caller out.
"""

import asyncio
import resource
from typing import Protocol

from inventory_service.telemetry import requests

FILES_BESIDE = 256  # of a process: stores, logs, listeners, and a margin for what is accepted in one go


class Caller(Protocol):
    """One connection."""

    @property
    def is_idle(self) -> bool:
        """Whether it is open and no request of it is at work or waits its turn."""

    def abort(self, reason: str) -> None:
        """End it at once, unread answers included."""


class OpenConnections:
    """Those of one process, the least recently served first; tells when there are none."""

    def __init__(self, connections_max: int) -> None:
        self._connections_max = connections_max
        self._callers: dict[Caller, None] = {}
        self._none = asyncio.Event()
        self._none.set()

    @property
    def count(self) -> int:
        return len(self._callers)

    def opened(self, caller: Caller) -> None:
        self._callers[caller] = None
        self._none.clear()
        requests.connections.inc()
        if self.count > self._connections_max:
            # The newcomer is idle too: when all others are at work, it is the one that goes.
            next(caller for caller in self._callers if caller.is_idle).abort("crowded")

    def served(self, caller: Caller) -> None:
        """An answer was sent: it goes to the end of the line."""
        if caller in self._callers:
            del self._callers[caller]
            self._callers[caller] = None

    def closed(self, caller: Caller) -> None:
        del self._callers[caller]
        if not self._callers:
            self._none.set()
        requests.connections.dec()

    async def wait_for_none(self) -> None:
        await self._none.wait()


def fitting(connections_max: int) -> int:
    """As many of so many connections as this process may have open; its soft limit is raised as far as it has to be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections_max + FILES_BESIDE
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections_max
    reachable = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
    return max(1, reachable - FILES_BESIDE)
